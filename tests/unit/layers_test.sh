#!/bin/bash
# Includes point downwards only: what a file of each layer may include of varve.
#
#   layers_test.sh ROOT
set -euo pipefail
cd "$1"

under_read='store/(core|transform|blob|catalog|snapshots)'
under_repository="$under_read|store/read"
under_operations="$under_repository|store/repository"
under_tools='store/[a-z]+|fs'
declare -A below=(
  [store/core]='store/core'
  [store/transform]='store/core|store/transform'
  [store/blob]='store/core|store/transform|store/blob'
  [store/catalog]='store/core|store/catalog'
  [store/snapshots]='store/core|store/transform|store/snapshots'
  [store/read]="$under_read|store/read"
  [store/repository]="$under_repository|store/repository"
  [store/ingest]="$under_operations|store/ingest"
  [store/restore]="$under_operations|store/restore"
  [store/gc]="$under_operations|store/gc"
  [store/check]="$under_operations|store/(gc|check)"
  [store/repair]="$under_operations|store/(gc|check|repair)"
  [fs]='store/[a-z]+|fs'
  [tools/process]="$under_tools|tools/process"
  [tools/sources]="$under_tools|tools/(process|sources)"
  [tools/config]="$under_tools|tools/(sources|config)"
  [tools/import]="$under_tools|tools/(sources|import)"
  [tools/compare]="$under_tools|tools/(sources|compare)"
  [tools/restore]="$under_tools|tools/(process|sources|restore)"
  [tools/drill]="$under_tools|tools/(process|sources|restore|drill)"
  [tools/cli]="$under_tools|tools/[a-z]+"
  [tools]='tools/cli'
)

mapfile -t includes < <(grep -rHoE --include='*.h' --include='*.cc' \
  '^#include "[^"]+"' store fs tools | sed -E 's/:#include "/ /; s/"$//')
[[ ${#includes[@]} -gt 100 ]] || { echo "only ${#includes[@]} includes found in $1" >&2; exit 1; }

wrong=0
for pair in "${includes[@]}"; do
  read -r file included <<< "$pair"
  layer=$(dirname "$file")
  allowed=${below[$layer]:-}
  if [[ ! $(dirname "$included") =~ ^(${allowed:-none})$ ]]; then
    echo "$file includes $included: ${allowed:+layer $layer may include $allowed only}" >&2
    [[ -n $allowed ]] || echo "  and $layer is no layer that this test knows" >&2
    wrong=1
  fi
done
exit $wrong
