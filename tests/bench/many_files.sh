#!/usr/bin/env bash
# Measures varve beside borg and restic on fifty small SQLite databases that change a little from snapshot to
# snapshot, all in the same run, and prints what it found as Markdown. No clock makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup peers varve report many; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: many_files.sh [option]...
  --states N      snapshots after the first (200)
  --tools LIST    which tools, of: varve_files varve_folder many_borg many_restic (all)
  --work DIR      work in this new directory and keep it (a temporary one under $TMPDIR, about 2 GB)
  --out FILE      write the report here too
The environment may name other programs: VARVE, WORKLOAD (varve-workload).
END
}

STATES=200
# shellcheck disable=SC2034  # the parts read it
TOOLS=(varve_files varve_folder many_borg many_restic)
directory="" out=/dev/null
OPTIONS+=([--states]=STATES [--tools]=TOOLS)
read_options "$@"

report() {
  echo "# Many small databases"
  echo
  machine
  echo "- $(varve_version), $(borg_version), $(restic_version)"
  echo "- $MANY_FILES SQLite databases, $(du -sh --apparent-size "$WORK/apps" | cut -f1) over all; $STATES states;" \
    "$(median truth) pages changed in a state ($(lowest truth) to $(highest truth))"
  echo "- sizes: by length or by allocated blocks, whichever is larger, of the whole repository; times: the median," \
    "verification off"
  echo
  many_report
}

install_packages "$ROOT/packaging/apt-packages-bench.txt"
find_programs
open_work "$directory"
many_create "$WORK/apps"
many_states "$WORK/apps" "$STATES"
report | tee "$out"
