#!/bin/bash
# The long torture: everything under tests/torture, with chance's seed printed, for a bounded time.
#
#   tests/torture.sh [--minutes N] [--seed S] [--sanitize address,undefined|thread]
#
# Rounds go on until the time is over (20 minutes unless said); each takes another part of the
# cases, and 100 of them take all (tests/torture/chance.h), with a crowd at work on a repository of
# 1 GiB. A third of the time, and at most ten minutes for each target, goes to the fuzz targets before
# that (tests/fuzz). It ends with the first thing that does not hold, and says how to repeat it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
minutes=20 seed=$RANDOM$RANDOM sanitize=""
while (($# > 0)); do
  case $1 in
    --minutes | --seed | --sanitize) (($# > 1)) || { echo "torture.sh: $1 wants a value" >&2; exit 2; } ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
  case $1 in
    --minutes) minutes=$2 ;;
    --seed) seed=$2 ;;
    --sanitize) sanitize=$2 ;;
  esac
  shift 2
done

# Builds, and runs the short version of it.
"$root/tests/run.sh" ${sanitize:+--sanitize "$sanitize"} -R 'FaultTest|FaultLayerTest|UnseenCallsTest|PowerLossTest|ByteFlipTest|ChanceTest|FlipReaderTest|ParityFlipTest|CrowdTest|FullDisk'
tests=$root/build-tests${sanitize:+-${sanitize//,/-}}/varve_torture_tests

end=$((SECONDS + minutes * 60)) round=0

"$root/tests/fuzz/run.sh" --seconds $((minutes * 20)) --seed "$seed" || {
  echo "== failed: tests/fuzz/run.sh --seconds $((minutes * 20)) --seed $seed"
  exit 1
}

while ((SECONDS < end)); do
  part=$round/100
  round=$((round + 1))
  echo "== round $round, seed $seed, part $part"
  VARVE_TORTURE_SEED=$seed VARVE_TORTURE_PART=$part VARVE_TORTURE_CROWD_SECONDS=60 VARVE_TORTURE_CROWD_MIB=1024 \
    timeout --foreground $((end - SECONDS + 600)) "$tests" --gtest_brief=1 || {
    echo "== failed: VARVE_TORTURE_SEED=$seed VARVE_TORTURE_PART=$part VARVE_TORTURE_CROWD_SECONDS=60" \
      "VARVE_TORTURE_CROWD_MIB=1024 $tests"
    exit 1
  }
done
echo "== $round rounds in $minutes minutes, nothing found"
