#!/bin/bash
# Makes the frozen repository of the present format: tests/data/format-N, and beside it the SHA-256 of
# every file in it. Once for each format version; what is there is never made anew. Wants root, for
# a host name of its own.
#
#   tests/old/make_repository.sh BUILD_FOLDER VERSION
set -euo pipefail

usage="usage: make_repository.sh BUILD_FOLDER VERSION"
varve=$(realpath "${1:?$usage}")/varve
version=${2:?$usage}
data=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")/data
target=$data/format-$version
[[ ! -e $target ]] || { echo "make_repository.sh: $target is there already" >&2; exit 1; }
if [[ ${VARVE_IN_UTS:-} != yes ]]; then
  VARVE_IN_UTS=yes exec unshare --uts "$0" "$@"
fi
hostname archive
export LC_ALL=C TZ=UTC

work=/tmp/varve-format-$version  # its path stands in the records
rm -rf "$work" && mkdir -p "$work/www/sub" && cd "$work"
trap 'rm -rf "$work"' EXIT
export VARVE_REPO=$work/repo

# --- three states of a database, a folder and a stream ---------------------------------------
sqlite3 history.db "
  CREATE TABLE visits(id INTEGER PRIMARY KEY, page TEXT, note TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO visits SELECT i, 'page ' || (i % 37), hex(i * 2654435761) FROM n;"
printf '<p>one</p>\n' > www/index.html
printf 'plain\n' > www/sub/page.txt
: > www/empty
truncate -s 200000 www/sparse
printf 'end' >> www/sparse
ln -s sub/page.txt www/link
stream() { seq 1 "$1" | sed 's/$/ lines of a log/'; }

states=0
declare -A sums=()
take() {
  states=$((states + 1))
  find www history.db -exec touch -h -d "2026-11-2$states 01:00" {} +
  stream $((9000 + states)) > log
  stream $((9000 + states)) | "$varve" ingest --quiet --verify full --tag frozen \
    --time "2026-11-2${states}T02:00:00" history.db www --as www - --as log
  local name=2026-11-2${states}T02-00-00Z
  (find history.db log www -type f -printf '%p\n' | LC_ALL=C sort | xargs -d '\n' sha256sum) |
    sed "s|^\([0-9a-f]*\)  |\1  $name/|" >> "$work/sums"
}

"$varve" init --quiet "$VARVE_REPO"
take
sqlite3 history.db "UPDATE visits SET note='changed' WHERE id % 700 = 0"
printf '<p>two</p>\n' > www/index.html
take
sqlite3 history.db "UPDATE visits SET note='again' WHERE id % 900 = 0"
rm www/sub/page.txt www/link
take
"$varve" check --quiet --read-data

# --- what is kept: no caches, no locks, no reserve --------------------------------------------
mkdir -p "$target"
sqlite3 "$VARVE_REPO/catalog.db" 'PRAGMA wal_checkpoint(TRUNCATE)' > /dev/null
for part in config packs snapshots attestations catalog.db; do
  cp -r "$VARVE_REPO/$part" "$target/"
done
cp "$work/sums" "$data/format-$version.sha256"
du -sh "$target"
