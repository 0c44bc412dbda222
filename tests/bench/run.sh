#!/usr/bin/env bash
# Measures varve beside restic, borg, zstd and openssl on one deterministic SQLite database and its hourly
# states, all in the same run, and prints what it found as Markdown. No clock makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup peers varve states report; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: run.sh [option]...
  --quick         a smoke run on small databases; its numbers say nothing of the marks
  --mib N         size of the main database (1024)
  --states N      its states (24)
  --long-mib N    size of the database with the long history (143, which is 150 MB)
  --long-states N its states (200)
  --rounds N      repetitions of what does not happen once a state anyway (3)
  --tools LIST    which tools, of: varve restic borg64k borg4k (all)
  --work DIR      work in this new directory and keep it (a temporary one under $TMPDIR, about 25 GB)
  --out FILE      write the report here too
The environment may name other programs: VARVE, WORKLOAD (varve-workload).
END
}

MIB=1024 STATES=24 LONG_MIB=143 LONG_STATES=200 ROUNDS=3
# shellcheck disable=SC2034  # the parts read it
TOOLS=(varve restic borg64k borg4k)
quick=""
directory="" out=/dev/null
OPTIONS+=([--mib]=MIB [--states]=STATES [--long-mib]=LONG_MIB [--long-states]=LONG_STATES
  [--rounds]=ROUNDS [--tools]=TOOLS)
quick() { quick=yes MIB=64 STATES=6 LONG_MIB=24 LONG_STATES=20; }
read_options "$@"

with_varve() { [[ " ${TOOLS[*]} " == *" varve "* ]]; }

measure_all() {
  local file=$WORK/shop.db
  progress "creating $MIB MiB"
  "$WORKLOAD" create "$file" --mib "$MIB"
  first_state "$file" "$ROUNDS"
  later_states "$file" "$STATES"
  check_all "$ROUNDS"
  thin_all "$ROUNDS"
  if with_varve; then
    unchanged_state "$file" "$STATES" 5
    long_history "$LONG_MIB" "$LONG_STATES"
  fi
}

report() {
  echo "# Benchmark"
  echo
  [[ -z $quick ]] || echo "A smoke run on small databases: the marks do not apply."
  report_machine
  report_truth truth "SQLite, $MIB MiB, $STATES states"
  if with_varve; then report_truth long_truth "SQLite, $LONG_MIB MiB, $LONG_STATES states"; fi
  echo "- sizes: by length / by allocated blocks, and the larger of both decides; ratios of times are medians of the" \
    "ratios of pairs"
  echo
  if with_varve; then
    report_marks
    echo
  fi
  report_tools
}

install_packages "$ROOT/packaging/apt-packages-bench.txt"
find_programs
open_work "$directory"
measure_all
report | tee "$out"
