#!/bin/bash
# clang-format over everything, clang-tidy over all sources but the tests'; any finding fails.
#
#   tests/lint.sh BUILD [FILE.cc...]    BUILD has a compile_commands.json; default: store, fs, tools
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packaging/install-packages.sh packaging/apt-packages-lint.txt
build=${1:?usage: tests/lint.sh BUILD [FILE.cc...]}
shift
limit=2400  # seconds for clang-tidy over everything: a run that hangs must not hang CI

mapfile -t all < <(find store fs tools tests -name '*.h' -o -name '*.cc' | sort)
echo "== clang-format, ${#all[@]} files"
clang-format --dry-run -Werror "${all[@]}"

sources=("$@")
if [[ ${#sources[@]} -eq 0 ]]; then
  # Only what this build compiles: the compile commands say how. The tests' macros take clang-tidy
  # four times as long as all the rest.
  mapfile -t sources < <(grep -o '"file": "[^"]*"' "$build/compile_commands.json" |
    cut -d'"' -f4 | grep -E "^$PWD/(store|fs|tools)/" | sort -u)
fi
echo "== clang-tidy, ${#sources[@]} files"
chatter=$(mktemp)  # "4711 warnings generated" for each file, and what went wrong
trap 'rm -f "$chatter"' EXIT
printf '%s\0' "${sources[@]}" |
  timeout "$limit" xargs -0 -n 1 -P 2 clang-tidy -quiet -p "$build" 2> "$chatter" || {
    grep -v ' generated\.$' "$chatter" >&2
    exit 1
  }
