# shellcheck shell=bash
# The peers, each behind the same five functions; TOOL_home is a directory with the repository in repo/ and
# the tool's own caches beside it, so that both can be copied together.
#
#   TOOL_init HOME              TOOL_ingest HOME FILE STATE     TOOL_check HOME (reads all data)
#   TOOL_names HOME             TOOL_thin HOME NAME...          (forgets these, and frees their space)

in_restic() {
  local home=$1
  shift
  RESTIC_PASSWORD=bench restic --quiet --repo "$home/repo" --cache-dir "$home/cache" "$@"
}

restic_init() {
  mkdir -p "$1"
  in_restic "$1" init --repository-version 2
}

restic_ingest() {
  local home=$1 file=$2 state=$3
  in_restic "$home" backup --time "$(TZ=UTC date -d "$(state_time "$state")" '+%F %T')" "$file"
}

restic_check() { in_restic "$1" check --read-data; }
restic_names() { in_restic "$1" snapshots --json | jq -r 'sort_by(.time)[].id'; }

restic_thin() {
  local home=$1
  shift
  in_restic "$home" forget --prune "$@"
}

restic_version() { restic version | cut -d' ' -f1,2; }

in_borg() {
  local home=$1
  shift
  BORG_BASE_DIR="$home/base" BORG_REPO="$home/repo" BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes \
    BORG_RELOCATED_REPO_ACCESS_IS_OK=yes borg "$@"
}

borg_init() {
  mkdir -p "$1/base"
  in_borg "$1" init --encryption none
}

# borg_ingest CHUNK HOME FILE STATE
borg_ingest() {
  local chunk=$1 home=$2 file=$3 state=$4
  in_borg "$home" create --chunker-params "fixed,$chunk" --compression zstd,3 "::$(printf 'state-%03d' "$state")" "$file"
}

borg_check() { in_borg "$1" check --verify-data; }
borg_names() { in_borg "$1" list --short; }

borg_thin() {
  local home=$1
  shift
  in_borg "$home" delete :: "$@"
  in_borg "$home" compact
}

borg_version() { borg --version; }

borg64k_init() { borg_init "$@"; }
borg64k_ingest() { borg_ingest 65536 "$@"; }
borg64k_check() { borg_check "$@"; }
borg64k_names() { borg_names "$@"; }
borg64k_thin() { borg_thin "$@"; }

borg4k_init() { borg_init "$@"; }
borg4k_ingest() { borg_ingest 4096 "$@"; }
borg4k_check() { borg_check "$@"; }
borg4k_names() { borg_names "$@"; }
borg4k_thin() { borg_thin "$@"; }

# title_of TOOL: its name in a report.
title_of() {
  case $1 in
    borg64k) echo "borg, fixed 64 KiB, zstd 3" ;;
    borg4k) echo "borg, fixed 4 KiB, zstd 3" ;;
    *) echo "$1" ;;
  esac
}
