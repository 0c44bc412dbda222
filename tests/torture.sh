#!/bin/bash
# The long torture: everything under tests/torture, with chance's seed printed, for a bounded time.
#
#   tests/torture.sh [--minutes N] [--seed S] [--fuzz-seconds N]
#                    [--sanitize address,undefined|thread]
#
# The time is 20 minutes unless said; what is built before does not count, and the last round may
# end a few minutes later. Once each: the short run of all that is here, and the suites hostile,
# clock and old. Then the fuzz targets (tests/fuzz): a third of the time shared by them, at most
# ten minutes each, or --fuzz-seconds for each. The rest is rounds, at least one: each takes
# another part of the cases, and 100 of them take all (tests/torture/chance.h), with a crowd at
# work on a repository of 1 GiB.
#
# It ends with the first thing that does not hold, and says how to repeat it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
minutes=20 seed=$RANDOM$RANDOM fuzz_seconds="" sanitize=""
refuse() { echo "torture.sh: $*" >&2; exit 2; }
while (($# > 0)); do
  case $1 in
    --minutes | --seed | --fuzz-seconds)
      [[ ${2:-} =~ ^[0-9]{1,10}$ ]] || refuse "$1 wants a number"
      ;;
    --sanitize) (($# > 1)) || refuse "$1 wants a value" ;;
    *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
  case $1 in
    --minutes) minutes=$((10#$2)) ;;
    --seed) seed=$((10#$2)) ;;
    --fuzz-seconds) fuzz_seconds=$((10#$2)) ;;
    --sanitize) sanitize=$2 ;;
  esac
  shift 2
done

targets=("$root"/tests/fuzz/corpus/*)
if [[ -z $fuzz_seconds ]]; then
  fuzz_seconds=$((minutes * 20 / ${#targets[@]}))
  ((fuzz_seconds <= 600)) || fuzz_seconds=600
fi
all_fuzz_seconds=$((fuzz_seconds * ${#targets[@]}))
((all_fuzz_seconds <= minutes * 60)) || refuse "${#targets[@]} fuzz targets of $fuzz_seconds s" \
  "take $(((all_fuzz_seconds + 59) / 60)) minutes: --minutes $minutes is too little"

run_tests() { "$root/tests/run.sh" ${sanitize:+--sanitize "$sanitize"} "$@"; }
failed() {
  echo "== failed: $*"
  exit 1
}

run_tests -N -Q  # builds
((all_fuzz_seconds == 0)) || "$root/tests/fuzz/run.sh" --seconds 0  # likewise
build=$root/build-tests${sanitize:+-${sanitize//,/-}}
echo "== seed $seed"
export VARVE_TORTURE_SEED=$seed
left=$((minutes * 60))

began=$SECONDS
suites='FaultTest|FaultLayerTest|UnseenCallsTest|PowerLossTest|ByteFlipTest|ChanceTest'
suites+='|FlipReaderTest|ParityFlipTest|CrowdTest|FullDisk'
run_tests -R "$suites" ||
  failed "VARVE_TORTURE_SEED=$seed tests/run.sh ${sanitize:+--sanitize $sanitize }-R '$suites'"
for suite in hostile clock old; do
  "$build/varve_${suite}_tests" --gtest_brief=1 || failed "$build/varve_${suite}_tests"
done
left=$((left - (SECONDS - began)))

if ((all_fuzz_seconds > 0)); then
  "$root/tests/fuzz/run.sh" --seconds $all_fuzz_seconds --seed "$seed" ||
    failed "tests/fuzz/run.sh --seconds $all_fuzz_seconds --seed $seed"
  left=$((left - all_fuzz_seconds))
fi

end=$((SECONDS + left)) round=0
while ((round == 0 || SECONDS < end)); do
  part=$((round % 100))/100
  echo "== round $round, seed $seed, part $part"
  setting=("VARVE_TORTURE_SEED=$seed" "VARVE_TORTURE_PART=$part"
    VARVE_TORTURE_CROWD_SECONDS=60 VARVE_TORTURE_CROWD_MIB=1024)
  limit=$((end > SECONDS ? end - SECONDS + 600 : 600))  # one that hangs must not hang all
  env "${setting[@]}" timeout --foreground $limit "$build/varve_torture_tests" --gtest_brief=1 ||
    failed "${setting[*]} $build/varve_torture_tests"
  round=$((round + 1))
done
echo "== $round rounds in $minutes minutes, nothing found"
