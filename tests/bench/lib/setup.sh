# shellcheck shell=bash
# What a benchmark needs before it starts: programs, and a directory to work in. Needs $ROOT (the
# checkout).

# install_packages FILE: installs what of the list is missing; the list has one Debian package a line.
install_packages() {
  local package missing=()
  while read -r package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <"$1"
  ((${#missing[@]} == 0)) && return
  echo "installing ${missing[*]}" >&2
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >&2
}

# find_programs: sets VARVE, WORKLOAD and MANY, each from the environment or from a Release build.
find_programs() {
  VARVE=${VARVE:-$ROOT/build/varve}
  WORKLOAD=${WORKLOAD:-$ROOT/build/varve-workload}
  MANY=${MANY:-$ROOT/build/varve-many-snapshots}
  [[ -x $VARVE && -x $WORKLOAD && -x $MANY ]] && return
  echo "building varve, varve-workload and varve-many-snapshots in $ROOT/build" >&2
  cmake -S "$ROOT" -B "$ROOT/build" -DCMAKE_BUILD_TYPE=Release >&2
  cmake --build "$ROOT/build" --parallel "$(nproc)" --target varve varve-workload varve-many-snapshots >&2
}

# open_work [DIRECTORY]: sets WORK, SAMPLES and LOG. A directory that is named must be new or empty, and
# stays; one that is not named is a temporary one, and goes when the script ends.
open_work() {
  if [[ -n ${1:-} ]]; then
    WORK=$1
    mkdir -p "$WORK"
    [[ -z $(ls -A "$WORK") ]] || { echo "$WORK is not empty" >&2; exit 2; }
    trap 'leave $?' EXIT
  else
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/varve-bench.XXXXXX")
    trap 'leave $?; rm -rf "$WORK"' EXIT
  fi
  begin_records
}

# reopen_work DIRECTORY: sets the same, in a directory that an earlier run left; its samples go.
reopen_work() {
  WORK=$1
  trap 'leave $?' EXIT
  rm -rf "$WORK/samples"
  begin_records
}

begin_records() {
  SAMPLES=$WORK/samples
  LOG=$WORK/log
  mkdir "$SAMPLES"
  : >"$LOG"
}

# leave STATUS: shows what the tools said last, where one of them failed.
leave() {
  (($1 == 0)) && return
  echo "the benchmark ended with status $1; the tools' last words:" >&2
  tail -n 20 "$LOG" >&2
}

# progress WORDS...
progress() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }
