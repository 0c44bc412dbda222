#!/usr/bin/env bash
# Measures what single operations of the store take in repositories of 1, 5 and 20 million chunks, and prints
# what it found as Markdown. The repositories are made by varve-scale: see there what of them is real. No clock
# makes it fail.
set -euo pipefail
export LC_ALL=C TZ=UTC

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
for part in options measure setup report; do
  # shellcheck source=/dev/null
  source "$ROOT/tests/bench/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: scale.sh [option]...
  --quick             a smoke run on small repositories; its numbers say nothing of the marks
  --snapshots LIST    how many snapshots, 200 chunks each ("5000 25000 100000")
  --rounds N          repetitions (5)
  --work DIR          work in this new directory and keep it (a temporary one under $TMPDIR, about 3 GB)
  --out FILE          write the report here too
The environment may name another program: SCALE (varve-scale).
END
}

SNAPSHOTS=(5000 25000 100000) ROUNDS=5
directory="" out=/dev/null quick=""
OPTIONS+=([--snapshots]=SNAPSHOTS [--rounds]=ROUNDS)
quick() { quick=yes SNAPSHOTS=(200 1000) ROUNDS=1; }
read_options "$@"

find_scale() {
  SCALE=${SCALE:-$ROOT/build/varve-scale}
  [[ -x $SCALE ]] && return
  cmake -S "$ROOT" -B "$ROOT/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=ON >&2
  cmake --build "$ROOT/build" --parallel "$(nproc)" --target varve-scale >&2
}

# What is asked of each: seconds, MiB. They hold at every size.
OPERATIONS=(open lookup latest commit list forget mark)
declare -A WHAT=(
  [open]="open" [lookup]="1,000 look-ups of chunks" [latest]="the last snapshot of a source"
  [commit]="an ingest of 256 KiB, all of it new" [list]="all snapshots" [forget]="one snapshot of a hundred forgotten"
  [mark]="gc's mark")
declare -A SECONDS_AT_MOST=([open]=0.05 [lookup]=0.5 [latest]=0.05 [commit]=0.5 [list]=5 [forget]=10 [mark]=60)
declare -A MIB_AT_MOST=([open]=32 [lookup]=64 [latest]=32 [commit]=128 [list]=256 [forget]=128 [mark]=1024)

# Made where nothing waits for a disk, as the making is not what is measured.
fill() {
  local making
  making=$(mktemp -d /dev/shm/varve-scale.XXXXXX)
  "$SCALE" fill "$making/repo" "$1"
  cp -r "$making/repo" "$WORK/$1"
  rm -r "$making"
  sync
}

measure() {
  local operation round seconds kibibytes
  for ((round = 0; round < ROUNDS; ++round)); do
    for operation in "${OPERATIONS[@]}"; do
      read -r seconds kibibytes < <("$SCALE" measure "$WORK/$1" "$operation" 2>>"$LOG")
      record "$operation.$1.seconds" "$seconds"
      record "$operation.$1.mib" "$(calc "$kibibytes / 1024")"
    done
  done
}

report() {
  local operation size most first last
  echo "# Scale"
  echo
  [[ -z $quick ]] || echo "A smoke run on small repositories: the marks do not apply."
  machine
  echo "- medians of $ROUNDS; seconds and peak memory of a process that does nothing else; files in the page cache"
  echo
  first=${SNAPSHOTS[0]} last=${SNAPSHOTS[-1]}
  row operation "at most" "${SNAPSHOTS[@]/%/ snapshots}" "last / first" "reached?"
  row --- --- "${SNAPSHOTS[@]/*/---}" --- ---
  row "the repository" "" "${SIZES[@]}" "$(show %.1f "$(calc "$last / $first")")" ""
  for operation in "${OPERATIONS[@]}"; do
    local cells=()
    for size in "${SNAPSHOTS[@]}"; do
      cells+=("$(show %.4f "$(median "$operation.$size.seconds")") s, $(show %.0f "$(highest "$operation.$size.mib")") MiB")
    done
    most="${SECONDS_AT_MOST[$operation]} s, ${MIB_AT_MOST[$operation]} MiB"
    row "${WHAT[$operation]}" "$most" "${cells[@]}" \
      "$(show %.1f "$(calc "$(median "$operation.$last.seconds") / $(median "$operation.$first.seconds")")")" \
      "$(at_most "$(median "$operation.$last.seconds")" "${SECONDS_AT_MOST[$operation]}"), $(at_most "$(highest "$operation.$last.mib")" "${MIB_AT_MOST[$operation]}")"
  done
}

find_scale
open_work "$directory"
SIZES=()
for snapshots in "${SNAPSHOTS[@]}"; do
  echo "making $snapshots snapshots" >&2
  fill "$snapshots"
  SIZES+=("$(calc "$snapshots * 200 / 1e6" | sed 's/\.\?0*$//') million chunks, $(du -sm "$WORK/$snapshots" | cut -f1) MiB")
  measure "$snapshots"
  rm -r "${WORK:?}/$snapshots"
done
report | tee "$out"
