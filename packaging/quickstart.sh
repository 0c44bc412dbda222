#!/bin/bash
# varve from nothing: installs what is missing, builds, and backs up a live SQLite database while
# another process keeps writing to it. On Debian 12, as root, from a clone:
#
#   packaging/quickstart.sh
#
# Everything happens in a temporary folder that is gone afterwards; only build/ and the installed
# packages stay. Exit status 0 means that every step did what it should.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=""
writer=""
step="starting"

say() {
  step=$*
  printf '\n\033[1m== %s\033[0m\n' "$*"
}
# Shows a command as one would type it, then runs it.
run() {
  printf '\n$ %s\n' "$*"
  eval "$*"
}
fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

stop_writer() {
  [[ -n $writer ]] || return 0
  touch "$work/stop"
  wait "$writer" || true
  writer=""
}
clean_up() {
  local status=$?
  trap - EXIT INT TERM
  cd /
  if [[ -n $work ]]; then
    stop_writer
    if mountpoint -q "$work/mnt"; then fusermount3 -u -z "$work/mnt" || true; fi
    rm -rf "$work"
  fi
  [[ $status -eq 0 ]] || printf '\nquickstart: FAILED (status %d) at: %s\n' "$status" "$step" >&2
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "1. Install what is missing (packaging/apt-packages.txt)"
"$root/packaging/install-packages.sh" "$root/packaging/apt-packages.txt"
echo "all packages are there"
[[ -c /dev/fuse ]] || fail "there is no /dev/fuse, so nothing can be mounted here;" \
  "in a container, run it with --device /dev/fuse --cap-add SYS_ADMIN"

say "2. Build (the log is in build/quickstart.log)"
cd "$root"
mkdir -p build
printf '\n$ cmake -S . -B build -DBUILD_TESTING=OFF && cmake --build build\n'
{
  cmake -S . -B build -DBUILD_TESTING=OFF && cmake --build build -j "$(nproc)"
} > build/quickstart.log 2>&1 < /dev/null || {
  tail -n 40 build/quickstart.log >&2
  fail "the build failed; all of it is in build/quickstart.log"
}
export PATH="$root/build:$PATH"
run varve --version

work=$(mktemp -d -t varve-quickstart.XXXXXX)
cd "$work"

say "3. A database in use: WAL mode, and a process that goes on writing to it"
sqlite3 history.db > /dev/null << 'SQL'
PRAGMA journal_mode = WAL;
CREATE TABLE visits(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, url TEXT NOT NULL, title TEXT);
CREATE INDEX visits_at ON visits(at);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
INSERT INTO visits(at, url, title)
SELECT 1700000000 + i * 61,
       'https://example.org/' || hex(randomblob(8)) || '/page/' || i,
       'Page ' || i || ', read by ' || hex(randomblob(16))
FROM n;
SQL
# One long-lived connection: a WAL database that is never at rest.
while [[ ! -e $work/stop ]]; do
  echo "BEGIN;"
  echo "INSERT INTO visits(at, url, title) VALUES (unixepoch(), 'https://example.org/', 'new');"
  echo "UPDATE visits SET title = title || '.' WHERE id = 1 + abs(random()) % 150000;"
  echo "COMMIT;"
  sleep 0.005
done | sqlite3 -cmd '.timeout 10000' history.db &
writer=$!

visits() { sqlite3 -cmd '.timeout 10000' history.db 'SELECT count(*) FROM visits'; }
# A day passes: the writer adds a few hundred visits.
let_it_write() {
  local enough=$(($(visits) + 200))
  for ((i = 0; i < 600; i++)); do
    [[ $(visits) -lt $enough ]] || return 0
    kill -0 "$writer" 2> /dev/null || fail "the writer died"
    sleep 0.1
  done
  fail "the writer does not get on"
}
let_it_write
run ls -l history.db history.db-wal

say "4. A repository"
export VARVE_REPO=$work/repo
run varve init repo
echo
echo "(VARVE_REPO names it from here on, so that no command needs -r.)"

say "5. Three nights (--time gives a snapshot another date than now), while the writer goes on"
for days in 2 1; do
  run "varve ingest history.db --time $(date -u -d "$days days ago" +%F)T02:00"
  let_it_write
done
run varve ingest history.db
run varve list
echo
echo "Each snapshot is a full one. What it cost is the column for added bytes."

say "6. Mount them all"
mkdir mnt
run varve mount mnt
run ls -l mnt mnt/latest/
mapfile -t nights < <(find mnt -mindepth 1 -maxdepth 1 -type d -name '20*' -printf '%f\n' | sort)
[[ ${#nights[@]} -eq 3 ]] || fail "expected three snapshots in mnt, found ${#nights[@]}"

say "7. Ask two of the nights, in place: plain sqlite3, nothing is unpacked"
count="SELECT count(*) FROM visits"
run "sqlite3 mnt/${nights[0]}/history.db '$count'"
run "sqlite3 mnt/latest/history.db '$count'"
before=$(sqlite3 "mnt/${nights[0]}/history.db" "$count")
after=$(sqlite3 mnt/latest/history.db "$count")
[[ $before -lt $after ]] || fail "the two nights should differ: $before and $after visits"
[[ $(sqlite3 mnt/latest/history.db 'PRAGMA integrity_check') == ok ]] ||
  fail "the latest snapshot does not pass PRAGMA integrity_check"
run "sqlite3 history.db '$count'"
echo
echo "(The last count is the live database's: it has moved on.)"

say "8. Copy one night out: cp is a restore, and SHA256SUMS proves it"
run "cp -r mnt/${nights[0]} copy"
run "(cd copy && sha256sum -c SHA256SUMS)"
[[ $(sqlite3 copy/history.db "$count") -eq $before ]] || fail "the copy is not that night's"

say "9. Read back every byte that is stored"
run varve check --read-data
run varve stats

say "10. Unmount, and stop the writer"
run varve umount mnt
stop_writer
if mountpoint -q mnt; then fail "mnt is still mounted"; fi

say "Done: every step did what it should. The binary is build/varve; README.md goes on from here."
