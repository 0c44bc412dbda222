#!/bin/bash
# Installs what is missing, builds varve with its tests and runs them all, real mounts included.
# The last lines are ctest's summary.
#
#   tests/run.sh                                   plain, in build-tests/
#   tests/run.sh --sanitize address,undefined      in build-tests-address-undefined/
#   tests/run.sh --sanitize thread                 in build-tests-thread/
#   tests/run.sh -R Chunker                        what follows goes to ctest
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sanitize=""
if [[ ${1:-} == --sanitize ]]; then
  sanitize=${2:?--sanitize wants address,undefined or thread}
  shift 2
fi
build=$root/build-tests${sanitize:+-${sanitize//,/-}}

"$root/packaging/install-packages.sh" "$root/packaging/apt-packages.txt"

say() { printf '== %s\n' "$*"; }
# Quiet where all is well, everything where not.
quietly() {
  local log=$build/run.log
  "$@" > "$log" 2>&1 < /dev/null || {
    grep -v '^\[[0-9]*/[0-9]*\] [BL]' "$log" || true  # ninja's list of what went well
    say "failed: $*"
    exit 1
  }
}

mkdir -p "$build"
options=(-DBUILD_TESTING=ON "-DVARVE_SANITIZE=$sanitize")
if [[ -n $sanitize ]]; then  # -O3 with sanitizers takes four times as long to compile
  options+=(-DCMAKE_BUILD_TYPE=Sanitize -DCMAKE_CXX_FLAGS_SANITIZE=-O1)
else
  options+=(-DCMAKE_BUILD_TYPE=Release)
fi
if command -v ccache > /dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
say "building ${sanitize:+with $sanitize }in $build"
quietly cmake -S "$root" -B "$build" -G Ninja "${options[@]}"
quietly cmake --build "$build" -j 2

say "testing"
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
cd "$build"
exec ctest --output-on-failure --no-tests=error -j 2 "$@" < /dev/null
