#!/usr/bin/env bash
# Measures varve beside restic, borg and `pg_dump | gzip` on the nightly dumps of one PostgreSQL database, all in
# the same run, and prints what it found as Markdown. It starts a server of its own. No clock makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup peers varve states report postgres; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: dumps.sh [option]...
  --scale N       size of the database, 100 is about 1 GB of dump (100)
  --nights N      dumps (10)
  --tools LIST    which tools, of: varve restic borg16k gzip (all)
  --work DIR      work in this new directory and keep it (a temporary one under $TMPDIR, about 15 GB)
  --out FILE      write the report here too
The environment may name another program: VARVE.
END
}

SCALE=100 NIGHTS=10
# shellcheck disable=SC2034  # the parts read it
TOOLS=(varve restic borg16k gzip)
directory="" out=/dev/null
OPTIONS+=([--scale]=SCALE [--nights]=NIGHTS [--tools]=TOOLS)
read_options "$@"

# What pg_dump alone takes, into memory; the peers store what it made.
plain_dump() {
  rm -rf "$DUMP"
  pg_dump -Fd -Z0 -f "$DUMP" shop
}

# The peers' part of a dump, as the night's scripts do it.
borg16k_init() { borg_init "$1"; }
borg16k_store() {
  in_borg "$1" create --chunker-params buzhash,10,23,14,4095 --compression zstd,3 "::night-$2" "$DUMP"
}
restic_store() { in_restic "$1" backup "$DUMP"; }
gzip_init() { mkdir -p "$1/repo"; }
gzip_store() { pg_dump shop | gzip >"$1/repo/shop-$2.sql.gz"; }
varve_store() {
  with_peak varve.peak "$VARVE" -r "$1/repo" ingest "$SHOP" --verify none
}

one_night() {
  local night=$1 tool
  progress "night $night of $NIGHTS"
  ((night == 1)) || psql -q -v ON_ERROR_STOP=1 -v scale="$SCALE" -v night="$night" -d shop \
    -f "$ROOT/tests/bench/dumps/night.sql" >>"$LOG" 2>&1
  warm_database
  wall dump.time plain_dump
  record dump.bytes "$(du -sb "$DUMP" | cut -f1)"
  for tool in "${TOOLS[@]}"; do
    wall "$tool.night" "${tool}_store" "$(home "$tool")" "$night"
    ((night > 1)) || record_size "$tool.size_first" "$(home "$tool")/repo"
  done
  rm -rf "$DUMP"
}

title() {
  case $1 in
    borg16k) echo "borg, 16 KiB chunks, zstd 3" ;;
    gzip) echo "\`pg_dump \| gzip\`" ;;
    *) echo "$1" ;;
  esac
}

report() {
  local tool ratio
  echo "# Nightly dumps of PostgreSQL"
  echo
  machine
  echo "- $(varve_version), $(restic_version), $(borg_version), $(pg_dump --version)"
  echo "- $(megabytes "$(head -n 1 "$SAMPLES/dump.bytes")") MB of dump, $NIGHTS nights, 0.5 % of the rows updated and 0.5 %" \
    "inserted in each; verification off; medians of the ratios of pairs"
  echo
  row what mark varve "measured against" ratio "reached?"
  row --- --- --- --- --- ---
  ratio=$(growth varve.size_first varve.size_all)
  row "repository after $NIGHTS dumps against after the first" "at most 1.15" "$(sizes varve.size_all)" \
    "$(sizes varve.size_first)" "$(show %.3f "$ratio")" "$(at_most "$ratio" 1.15)"
  report_wall "ingest of a dump, wall, against \`pg_dump -Fd -Z0\` to /dev/shm" varve.night dump.time 1.15
  row "peak memory of an ingest" "256 MiB" "$(show %.1f "$(calc "$(highest varve.peak) / 1024")") MiB" "" "" \
    "$(at_most "$(calc "$(highest varve.peak) / 1024")" 256)"
  echo
  row tool "after the first, MB" "after $NIGHTS, MB" ratio "a night, s"
  row --- ---: ---: ---: ---:
  for tool in "${TOOLS[@]}"; do
    row "$(title "$tool")" "$(megabytes "$(size "$tool.size_first")")" "$(megabytes "$(size "$tool.size_all")")" \
      "$(show %.2f "$(growth "$tool.size_first" "$tool.size_all")")" "$(show %.2f "$(median "$tool.night")")"
  done
}

install_packages "$ROOT/packaging/apt-packages-bench.txt"
find_programs
open_work "$directory"
start_postgres "$WORK/server"
trap 'leave $?; stop_postgres; [[ -n $directory ]] || rm -rf "$WORK"' EXIT
SHOP="host=$PGHOST user=postgres dbname=shop"
DUMP=/dev/shm/varve-bench-dump-$$
progress "creating the database"
createdb shop
psql -q -v ON_ERROR_STOP=1 -v scale="$SCALE" -d shop -f "$ROOT/tests/bench/dumps/shop.sql" >>"$LOG" 2>&1
for tool in "${TOOLS[@]}"; do "${tool}_init" "$(home "$tool")" >>"$LOG" 2>&1; done
for ((night = 1; night <= NIGHTS; ++night)); do one_night "$night"; done
for tool in "${TOOLS[@]}"; do record_size "$tool.size_all" "$(home "$tool")/repo"; done
report | tee "$out"
