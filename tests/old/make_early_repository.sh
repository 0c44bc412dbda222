#!/bin/bash
# Makes a frozen repository whose records are of an earlier form of format 1: tests/data/early-N, and
# beside it the SHA-256 of every file in it. By a varve of that time, so with what that one could do:
#
#   early-1   VARVESN1, VARVEAT1    built from af03c3a^
#
#   tests/old/make_early_repository.sh BUILD_FOLDER N
set -euo pipefail

usage="usage: make_early_repository.sh BUILD_FOLDER N"
varve=$(realpath "${1:?$usage}")/varve
form=${2:?$usage}
data=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")/data
target=$data/early-$form
[[ ! -e $target ]] || { echo "make_early_repository.sh: $target is there already" >&2; exit 1; }
if [[ ${VARVE_IN_UTS:-} != yes ]]; then
  VARVE_IN_UTS=yes exec unshare --uts "$0" "$@"
fi
hostname archive
export LC_ALL=C TZ=UTC

work=/tmp/varve-early-$form  # its path stands in the records
rm -rf "$work" && mkdir -p "$work" && cd "$work"
trap 'rm -rf "$work"' EXIT
export VARVE_REPO=$work/repo

for name in history shop; do
  sqlite3 $name.db "
    CREATE TABLE visits(id INTEGER PRIMARY KEY, page TEXT, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
      INSERT INTO visits SELECT i, '$name ' || (i % 37), hex(i * 2654435761) FROM n;"
done
"$varve" init "$VARVE_REPO" > /dev/null
for state in 1 2 3; do
  sqlite3 history.db "UPDATE visits SET note='state $state' WHERE id % 500 = $state"
  sqlite3 shop.db "UPDATE visits SET note='state $state' WHERE id % 700 = $state"
  "$varve" ingest --tag frozen --time "2026-11-2${state}T02:00:00" history.db shop.db > /dev/null
  sha256sum history.db shop.db | sed "s|  |  2026-11-2${state}T02-00-00Z/|" >> sums
done
"$varve" check --read-data > /dev/null

mkdir -p "$target"
sqlite3 "$VARVE_REPO/catalog.db" 'PRAGMA wal_checkpoint(TRUNCATE)' > /dev/null
for part in config packs snapshots attestations catalog.db; do
  cp -r "$VARVE_REPO/$part" "$target/"
done
cp sums "$target.sha256"
du -sh "$target"
