# shellcheck shell=bash
# varve behind the same five functions as its peers (peers.sh). Needs $VARVE.

varve_init() {
  mkdir -p "$1"
  "$VARVE" init "$1/repo"
}

varve_ingest() {
  local home=$1 file=$2 state=$3
  with_peak varve.peak "$VARVE" -r "$home/repo" ingest "$file" --verify none --time "$(state_time "$state")" --json
}

varve_check() { "$VARVE" -r "$1/repo" check --read-data --json | tee "$SAMPLES/varve.check.json"; }

varve_names() { "$VARVE" -r "$1/repo" list --json | jq -r '.snapshots[].name'; }

varve_thin() {
  local home=$1
  shift
  "$VARVE" -r "$home/repo" forget "$@"
  "$VARVE" -r "$home/repo" gc
}

varve_version() { "$VARVE" --version | head -n 1; }

# varve_stats HOME FILE: keeps what varve says of its repository.
varve_stats() { "$VARVE" -r "$1/repo" stats --json >"$2"; }

# bookkeeping_per_chunk BEFORE AFTER: bytes that are not chunk data, for one chunk that came between two
# varve_stats.
bookkeeping_per_chunk() {
  jq -n --slurpfile before "$1" --slurpfile after "$2" '
    def bookkeeping: .chunks.header_bytes + .manifests.stored_bytes + .manifests.header_bytes
                     + .pack_overhead_bytes + .catalog_bytes;
    (($after[0] | bookkeeping) - ($before[0] | bookkeeping)) / ($after[0].chunks.count - $before[0].chunks.count)'
}

# data_per_chunk BEFORE AFTER: stored bytes of one such chunk.
data_per_chunk() {
  jq -n --slurpfile before "$1" --slurpfile after "$2" '
    ($after[0].chunks.stored_bytes - $before[0].chunks.stored_bytes) / ($after[0].chunks.count - $before[0].chunks.count)'
}
