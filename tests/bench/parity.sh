#!/usr/bin/env bash
# Measures what parity costs: the same states of a SQLite database into a repository without parity and
# one with it, in pairs, and prints what it found as Markdown. No clock makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup varve states report; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: parity.sh [option]...
  --mib N       size of the database in MiB (1024)
  --states N    states, 2 % of the pages changed in each (12)
  --rounds N    how often the first ingest and the check are measured (5)
  --parity P%   as init's (5%)
  --work DIR    work in this new directory and keep it (a temporary one under $TMPDIR, about 3 GB)
  --out FILE    write the report here too
The environment may name other programs: VARVE, WORKLOAD (varve-workload).
END
}

MIB=1024 STATES=12 ROUNDS=5 PARITY=5%
directory="" out=/dev/null
OPTIONS+=([--mib]=MIB [--states]=STATES [--rounds]=ROUNDS [--parity]=PARITY)
read_options "$@"

# What states.sh takes for a tool.
# shellcheck disable=SC2034  # it reads it
TOOLS=(varve parity)
parity_init() {
  mkdir -p "$1"
  "$VARVE" init "$1/repo" --parity "$PARITY"
}
# take TOOL HOME FILE STATE: an ingest, with the CPU time that it took.
take() {
  local tool=$1 home=$2 file=$3 state=$4 key=later
  ((state == 0)) && key=first
  /usr/bin/time --output "$WORK/cpu" --format '%U %S' \
    "$VARVE" -r "$home/repo" ingest "$file" --verify none --time "$(state_time "$state")"
  record "$tool.cpu_$key" "$(awk '{ print $1 + $2 }' "$WORK/cpu")"
}
varve_ingest() { take varve "$@"; }
parity_ingest() { take parity "$@"; }
parity_check() { "$VARVE" -r "$1/repo" check --read-data; }

row() { # row WHAT KEY: medians, and the median of the ratios of pairs
  echo "| $1 | $(show %.2f "$(median "varve.$2")") | $(show %.2f "$(median "parity.$2")")" \
    "| $(show %.3f "$(median_ratio "parity.$2" "varve.$2")") |"
}

size_row() { # size_row WHAT KEY: in MB
  local without with
  without=$(size "varve.$2") with=$(size "parity.$2")
  echo "| $1 | $(show %.1f "$(calc "$without / 1e6")") | $(show %.1f "$(calc "$with / 1e6")")" \
    "| $(show %.3f "$(calc "$with / $without")") |"
}

report() {
  echo "# What parity costs"
  echo
  machine
  echo "- $(varve_version); --parity $PARITY"
  echo "- SQLite, $MIB MiB, $STATES states; medians of $ROUNDS first ingests and checks, and of $((STATES - 1)) later" \
    "ingests, verification off; ratios are medians of the ratios of pairs"
  echo
  echo "| what | without | with parity | ratio |"
  echo "| --- | ---: | ---: | ---: |"
  row "first ingest, s" first
  row "first ingest, CPU s" cpu_first
  row "later ingest, s" later
  row "later ingest, CPU s" cpu_later
  row "\`check --read-data\`, s" check
  size_row "repository after the first state, MB" size_first
  size_row "repository after all, MB" size_all
}

find_programs
open_work "$directory"
"$WORKLOAD" create "$WORK/shop.db" --mib "$MIB"
first_state "$WORK/shop.db" "$ROUNDS"
later_states "$WORK/shop.db" "$STATES"
for ((round = 1; round <= ROUNDS; ++round)); do
  for tool in "${TOOLS[@]}"; do wall "$tool.check" "${tool}_check" "$(home "$tool")"; done
done
report | tee "$out"
