#!/bin/bash
# Runs the fuzz targets as programs of libFuzzer, built by clang under address and undefined.
#
#   tests/fuzz/run.sh [--seconds N] [--seed S] [TARGET...]
#
# N seconds (16 x 60 unless said) are shared by the targets, at most ten minutes each; 0 only builds
# them. It begins with corpus/, keeps what it learns in build-fuzz/corpus/, and ends with the first
# finding: an input under build-fuzz/found/, to be mended and then kept in corpus/.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
seconds=960 seed=0 targets=()
while (($# > 0)); do
  case $1 in
    --seconds | --seed)
      (($# > 1)) || { echo "run.sh: $1 wants a value" >&2; exit 2; }
      [[ $1 == --seconds ]] && seconds=$2 || seed=$2
      shift 2
      ;;
    -*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
cd "$root/tests/fuzz"
((${#targets[@]} > 0)) || targets=(corpus/*)
targets=("${targets[@]#corpus/}")
each=$((seconds / ${#targets[@]}))
((each > 600)) && each=600
((each > 0 || seconds == 0)) || each=1

"$root/packaging/install-packages.sh" "$root/packaging/apt-packages-fuzz.txt"
build=$root/build-fuzz
options=(-DVARVE_FUZZ=ON -DBUILD_TESTING=ON -DCMAKE_CXX_COMPILER=clang++-14
  -DCMAKE_BUILD_TYPE=Sanitize -DCMAKE_CXX_FLAGS_SANITIZE=-O1)
if command -v ccache > /dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
mkdir -p "$build"
{
  cmake -S "$root" -B "$build" -G Ninja "${options[@]}" &&
    cmake --build "$build" -j 2 --target $(printf 'varve-fuzz-%s\n' "${targets[@]//_/-}")
} > "$build/run.log" 2>&1 || { tail -n 40 "$build/run.log" && echo "== failed: $build/run.log"; exit 1; }
((each > 0)) || exit 0

# A decoder of somebody else's (liblzma) may take a gigabyte for a dictionary, and says when it is
# more; ours take what they can count on.
limits_of() {
  [[ $1 == archive ]] && echo -rss_limit_mb=1500 -malloc_limit_mb=1200 ||
    echo -rss_limit_mb=512 -malloc_limit_mb=256
}

# The sanitizer keeps what was freed for a while: little, or that alone would be too much memory.
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=1
for target in "${targets[@]}"; do
  learnt=$build/corpus/$target found=$build/found/$target
  mkdir -p "$learnt" "$found"
  log=$build/found/$target.log
  # shellcheck disable=SC2046
  "$build/varve-fuzz-${target//_/-}" -max_total_time="$each" -seed="$seed" -timeout=10 \
    -max_len=12288 $(limits_of "$target") -artifact_prefix="$found/" -print_final_stats=1 \
    "$learnt" "corpus/$target" > "$log" 2>&1 || {
    grep -E 'ERROR|SUMMARY|runtime error|^fuzz: |Test unit written' "$log" || tail -n 20 "$log"
    echo "== found by $target: $log"
    exit 1
  }
  printf '== %s: %s inputs in %s s, nothing found\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: //p' "$log")" "$each"
done
