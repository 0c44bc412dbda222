#!/usr/bin/env bash
# Measures the mount as programs see it: beside the native filesystem, libfuse's passthrough_ll and the mounts
# of restic and borg, on the same file in the same run, cold and warm. Prints what it found as Markdown. No
# clock makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup peers varve states report mounts mount_load mount_report; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: mount.sh [option]...
  --quick         a smoke run on a small database; its numbers say nothing of the marks
  --mib N         size of the database (1024)
  --states N      its snapshots; the middle one is measured (24)
  --many N        snapshots in the repository of many (10000)
  --rounds N      repetitions, each with a fresh mount (3)
  --peers LIST    which of: restic borg64k (both; "" for none)
  --work DIR      work in this new directory and keep it (a temporary one under $TMPDIR, about 20 GB)
  --reuse DIR     measure again in what --work left
  --out FILE      write the report here too
The environment may name other programs: VARVE, WORKLOAD (varve-workload), MANY (varve-many-snapshots).
END
}

MIB=1024 STATES=24 MANY_SNAPSHOTS=10000 ROUNDS=3
PEERS=(restic borg64k)
quick="" reuse=""
directory="" out=/dev/null
OPTIONS+=([--mib]=MIB [--states]=STATES [--many]=MANY_SNAPSHOTS [--rounds]=ROUNDS [--peers]=PEERS
  [--reuse]=reuse)
quick() { quick=yes MIB=64 STATES=6 MANY_SNAPSHOTS=500 ROUNDS=1; }
read_options "$@"
# shellcheck disable=SC2034  # the parts read it
TOOLS=(varve ${PEERS[@]+"${PEERS[@]}"})

prepare() {
  local file=$WORK/shop.db middle=$((STATES / 2))
  progress "creating $MIB MiB and its $STATES states"
  "$WORKLOAD" create "$file" --mib "$MIB"
  first_state "$file" 1
  later_states "$file" "$STATES"
  mkdir "$WORK/native"
  "$VARVE" -r "$(home varve)/repo" restore "$(state_time "$middle"):shop.db" "$WORK/native/shop.db" >>"$LOG"
  progress "a repository of $MANY_SNAPSHOTS snapshots"
  "$MANY" "$WORK/many" "$MANY_SNAPSHOTS" >>"$LOG"
}

report() {
  echo "# The mount"
  echo
  [[ -z $quick ]] || echo "A smoke run on a small database: the marks do not apply."
  report_machine
  echo "- SQLite, $MIB MiB, snapshot $((STATES / 2 + 1)) of $STATES; medians of $ROUNDS rounds, each with a fresh mount;" \
    "cold: the kernel's caches dropped; ratios are medians of the ratios of pairs"
  echo
  report_mount_marks
  echo
  report_mounts
}

install_packages "$ROOT/packaging/apt-packages-bench.txt"
find_programs
if [[ -n $reuse ]]; then
  reopen_work "$reuse"
else
  open_work "$directory"
  prepare
fi
build_passthrough
measure_mounts
report | tee "$out"
