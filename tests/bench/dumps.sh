#!/usr/bin/env bash
# Measures nightly dumps of a PostgreSQL database: what ten of them take in varve, restic, borg and
# as `pg_dump | gzip`, and how long each takes beside `pg_dump -Fd -Z0` alone. All tools get the same
# nights in the same run. Prints Markdown tables. The server is the script's own, on a unix socket,
# as the user postgres. No clock makes it fail.
#
#   tests/bench/dumps.sh [-k DIRECTORY] [SCALE] [NIGHTS]    default: 100 (900 MB of dump), 10
#
# -k keeps repositories, samples and the tools' output in DIRECTORY. Wants 4 GB there (else under
# $TMPDIR), 1 GB in /dev/shm, and some ten minutes.
set -euo pipefail
export LC_ALL=C

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/bench/lib/setup.sh
source "$ROOT/tests/bench/lib/setup.sh"
# shellcheck source=tests/bench/lib/measure.sh
source "$ROOT/tests/bench/lib/measure.sh"

keep=""
if [[ ${1:-} == -k ]]; then
  keep=${2:?-k wants a directory}
  shift 2
fi
SCALE=${1:-100}
NIGHTS=${2:-10}

install_packages "$ROOT/packaging/apt-packages.txt"
install_packages "$ROOT/packaging/apt-packages-bench.txt"
find_programs
open_work "$keep"

# ---- The server ----------------------------------------------------------------------------------
BIN=/usr/lib/postgresql/15/bin
SERVER=$(mktemp -d "${TMPDIR:-/tmp}/varve-bench-server.XXXXXX")
DUMP=/dev/shm/varve-bench-dump.$$
as_postgres() { (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); }
stop() {
  as_postgres "$BIN/pg_ctl" -D "$SERVER/data" -m immediate -w stop >>"$LOG" 2>&1 || true
  rm -rf "$SERVER" "$DUMP"
}
finish() {
  stop
  leave "$1"
  [[ -n $keep ]] || rm -rf "$WORK"
}
trap 'finish $?' EXIT
chown postgres "$SERVER" && chmod 711 "$SERVER"
as_postgres "$BIN/initdb" -D "$SERVER/data" -U postgres --no-sync -E UTF8 --locale=C -A trust >>"$LOG"
cat >>"$SERVER/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$SERVER'
fsync = off
autovacuum = off
shared_buffers = 512MB
max_wal_size = 4GB
END
as_postgres "$BIN/pg_ctl" -D "$SERVER/data" -l "$SERVER/log" -w start >>"$LOG"
export PGHOST=$SERVER PGUSER=postgres
run_sql() { psql -Xq -v ON_ERROR_STOP=1 -v scale="$SCALE" -d shop "$@" >>"$LOG"; }

# ---- The tools -----------------------------------------------------------------------------------
export RESTIC_REPOSITORY=$WORK/restic RESTIC_PASSWORD=bench RESTIC_CACHE_DIR=$WORK/restic-cache
export BORG_REPO=$WORK/borg BORG_BASE_DIR=$WORK BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
start_repositories() {
  "$VARVE" init "$WORK/varve"
  restic init
  borg init -e none
  mkdir "$WORK/gzip"
}
take_varve() { "$VARVE" -r "$WORK/varve" ingest postgresql:///shop --verify none --tag "night-$1"; }
take_dump() { pg_dump -Fd -Z0 -f "$DUMP" shop; }
take_restic() { restic backup --compression auto "$DUMP"; }
take_borg() { borg create --chunker-params buzhash,10,16,14,4095 --compression zstd,3 "::$1" "$DUMP"; }
take_gzip() { pg_dump shop | gzip >"$WORK/gzip/$1.sql.gz"; }

size_of() { record "$1.$2" "$(du -s -B1 "$WORK/$1" | cut -f1)"; }
dump_of_all() {  # everything of one night, with the state that it has then
  local night=$1
  rm -rf "$DUMP"
  wall "dump.$((night == 0 ? 0 : 1))" take_dump
  wall "varve.time.$((night == 0 ? 0 : 1))" take_varve "$night"
  wall "restic.time" take_restic
  wall "borg.time" take_borg "$night"
  wall "gzip.time" take_gzip "$night"
  local tool
  for tool in varve restic borg gzip; do size_of "$tool" "$((night == 0 ? 0 : 1))"; done
}

progress "making the database, scale $SCALE"
createdb shop
run_sql -f "$ROOT/tests/bench/dumps/shop.sql"
start_repositories >>"$LOG" 2>&1
for ((night = 0; night < NIGHTS; ++night)); do
  progress "night $night"
  ((night == 0)) || run_sql -v night="$night" -f "$ROOT/tests/bench/dumps/night.sql"
  dump_of_all "$night"
done
"$VARVE" -r "$WORK/varve" check --read-data >>"$LOG"

# ---- The tables ----------------------------------------------------------------------------------
mib() { awk -v bytes="$1" 'BEGIN { printf "%.1f", bytes / 1048576 }'; }
first() { head -n 1 "$SAMPLES/$1"; }
last() { tail -n 1 "$SAMPLES/$1"; }
growth() { calc "$(last "$1.1") / $(first "$1.0")"; }
reached() { awk "BEGIN { print ($1) ? \"yes\" : \"no\" }"; }

cat <<END
- $(date -u '+%Y-%m-%d %H:%M UTC'); $(nproc) cores; load at the end $(cut -d' ' -f1-3 /proc/loadavg)
- $("$VARVE" --version), $(restic version | cut -d' ' -f1-2), $(borg --version), $(pg_dump --version | cut -d' ' -f1-3)
- a dump of $(mib "$(du -s --apparent-size -B1 "$DUMP" | cut -f1)") MiB (numbers, text, jsonb, timestamps; six tables) on $NIGHTS nights; from one to the next 0.5 % of the rows updated and 0.5 % inserted

| what | mark | varve | measured against | ratio | reached? |
| --- | --- | --- | --- | --- | --- |
END
ratio=$(growth varve)
printf '| repository after %s nights against after the first | at most 1.15 | %s MiB | %s MiB | %s | %s |\n' \
  "$NIGHTS" "$(mib "$(last varve.1)")" "$(mib "$(first varve.0)")" "$(show %.3f "$ratio")" \
  "$(reached "$ratio <= 1.15")"
ratio=$(median_ratio varve.time.1 dump.1)
# shellcheck disable=SC2016  # the backquotes are Markdown's
printf '| ingest of a later dump, wall, against `pg_dump -Fd -Z0` to /dev/shm (median of %s pairs) | at most 1.15 | %s s | %s s | %s | %s |\n' \
  "$(count dump.1)" "$(show %.2f "$(median varve.time.1)")" "$(show %.2f "$(median dump.1)")" \
  "$(show %.2f "$ratio")" "$(reached "$ratio <= 1.15")"
ratio=$(median_ratio varve.time.0 dump.0)
printf '| the first ingest, which compresses everything, likewise | | %s s | %s s | %s | |\n\n' \
  "$(show %.2f "$(median varve.time.0)")" "$(show %.2f "$(median dump.0)")" "$(show %.2f "$ratio")"

cat <<END
| tool | after the first, MiB | after $NIGHTS nights, MiB | ratio | added a night, MiB | a night, s |
| --- | ---: | ---: | ---: | ---: | ---: |
END
row() {  # row TOOL WORDS SECONDS
  printf '| %s | %s | %s | %s | %s | %s |\n' "$2" "$(mib "$(first "$1.0")")" "$(mib "$(last "$1.1")")" \
    "$(show %.2f "$(growth "$1")")" \
    "$(mib "$(calc "($(last "$1.1") - $(first "$1.0")) / ($NIGHTS - 1)")")" "$(show %.1f "$3")"
}
row varve "varve, verification off" "$(median varve.time.1)"
dump=$(median dump.1)
row restic "pg_dump -Fd -Z0, restic" "$(calc "$dump + $(median restic.time)")"
row borg "pg_dump -Fd -Z0, borg with 16 KiB chunks, zstd 3" "$(calc "$dump + $(median borg.time)")"
row gzip "pg_dump \\| gzip" "$(median gzip.time)"
