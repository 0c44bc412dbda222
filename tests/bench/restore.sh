#!/usr/bin/env bash
# Measures how fast things come back: a restored SQLite database beside `cp`, its verification beside
# `PRAGMA integrity_check`, the difference of two snapshots, and a restored PostgreSQL database beside
# `pg_restore -j`, all in the same run. Prints what it found as Markdown. No clock makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup peers varve states report postgres; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: restore.sh [option]...
  --quick         a smoke run on small databases; its numbers say nothing of the marks
  --mib N         size of the SQLite database (1024)
  --states N      its snapshots; the last one is restored (4)
  --scale N       size of the PostgreSQL database, 100 is about 1 GB of dump (100)
  --rounds N      repetitions (3)
  --work DIR      work in this new directory and keep it (a temporary one under $TMPDIR, about 10 GB)
  --out FILE      write the report here too
The environment may name other programs: VARVE, WORKLOAD (varve-workload).
END
}

MIB=1024 STATES=4 SCALE=100 ROUNDS=3
# shellcheck disable=SC2034  # the parts read it
TOOLS=(varve)
quick=""
directory="" out=/dev/null
OPTIONS+=([--mib]=MIB [--states]=STATES [--scale]=SCALE [--rounds]=ROUNDS)
quick() { quick=yes MIB=32 STATES=3 SCALE=1 ROUNDS=1; }
read_options "$@"

varve() { "$VARVE" -r "$(home varve)/repo" "$@"; }

# Both end when the copy is durable.
copy_native() { cp "$1" "$2" && sync "$2"; }

measure_sqlite() {
  local file=$WORK/shop.db round
  progress "creating $MIB MiB and its $STATES states"
  "$WORKLOAD" create "$file" --mib "$MIB"
  varve_init "$(home varve)" >>"$LOG"
  varve_ingest "$(home varve)" "$file" 0 >>"$LOG"
  later_states "$file" "$STATES"
  mkdir "$WORK/out"
  for ((round = 1; round <= ROUNDS; ++round)); do
    progress "restore, round $round of $ROUNDS"
    warm "$file"
    wall native.copy copy_native "$file" "$WORK/out/native.db"
    wall varve.restore varve restore latest:shop.db:shop.db "$WORK/out/varve.db"
    wall varve.over varve restore latest:shop.db:shop.db "$WORK/out/native.db" --yes --no-safety --verify none
    wall varve.safe varve restore latest:shop.db:shop.db "$WORK/out/native.db" --yes
    rm "$WORK"/out/*
  done
}

measure_verification() {
  local file=$WORK/shop.db round
  for ((round = 1; round <= ROUNDS; ++round)); do
    progress "verification, round $round of $ROUNDS"
    warm "$file"
    wall native.check sqlite3 "$file" "PRAGMA integrity_check"
    wall varve.verify varve verify latest:shop.db --level full
  done
}

measure_difference() {
  local round
  for ((round = 1; round <= ROUNDS; ++round)); do
    wall varve.diff varve diff "$(state_time $((STATES - 2)))" "$(state_time $((STATES - 1)))"
  done
}

# What a person types who has plain files.
restore_native() { createdb native && pg_restore -j "$(nproc)" -d native "$WORK/dump"; }

measure_postgres() {
  local target="host=$PGHOST user=postgres dbname=restored" round
  progress "creating the PostgreSQL database"
  createdb shop
  psql -q -v ON_ERROR_STOP=1 -v scale="$SCALE" -d shop -f "$ROOT/tests/bench/dumps/shop.sql" >>"$LOG" 2>&1
  pg_dump -Fd -Z0 -f "$WORK/dump" shop
  varve ingest "host=$PGHOST user=postgres dbname=shop" --verify none >>"$LOG"
  for ((round = 1; round <= ROUNDS; ++round)); do
    progress "PostgreSQL, round $round of $ROUNDS"
    wall native.database restore_native
    wall varve.database varve restore latest:shop.pgdump "$target"
    dropdb native
    dropdb restored
  done
}

# report_speed WHAT KEY OTHER LIMIT
report_speed() {
  local ratio
  ratio=$(median_ratio "$3" "$2")
  row "$1 (median of $(count "$2"))" "${4:+at least $4 of its speed}" "$(show %.2f "$(median "$2")") s" \
    "$(show %.2f "$(median "$3")") s" "$(show %.2f "$ratio")" "${4:+$(at_least "$ratio" "$4")}"
}

report_difference() {
  row "\`varve diff\` of two snapshots, 2 % of the pages (median of $(count varve.diff))" "1 s and the rows printed" \
    "$(show %.2f "$(median varve.diff)") s" "" "" "$(at_most "$(median varve.diff)" 1)"
}

report() {
  echo "# Restoring"
  echo
  [[ -z $quick ]] || echo "A smoke run on small databases: the marks do not apply."
  machine
  echo "- $(varve_version), $(pg_restore --version), SQLite $(sqlite3 --version | cut -d' ' -f1)"
  echo "- SQLite, $MIB MiB, snapshot $STATES of $STATES; medians of the ratios of pairs"
  echo
  row what mark varve "measured against" ratio "reached?"
  row --- --- --- --- --- ---
  report_speed "restore of a SQLite database, against \`cp\`, both with fsync" varve.restore native.copy 0.8
  report_speed "the same over a database, checked by its bytes alone" varve.over native.copy ""
  report_speed "the same with safety snapshot, integrity_check and row counts" varve.safe native.copy ""
  report_wall "verification, against \`PRAGMA integrity_check\` on the native file" varve.verify native.check 1.2
  report_difference
  report_wall "restore of a PostgreSQL database, rows counted, against \`pg_restore -j\` from plain files" \
    varve.database native.database 1.1
}

install_packages "$ROOT/packaging/apt-packages-bench.txt"
find_programs
open_work "$directory"
start_postgres "$WORK/server"
trap 'leave $?; stop_postgres; [[ -n $directory ]] || rm -rf "$WORK"' EXIT
measure_sqlite
measure_verification
measure_difference
measure_postgres
report | tee "$out"
