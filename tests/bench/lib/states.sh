# shellcheck shell=bash
# The scenarios: a database moves from state to state, and every tool takes each state in turn. Needs
# what measure.sh and setup.sh set, and $TOOLS (an array).

# home TOOL: where the tool keeps its repository of the main workload.
home() { echo "$WORK/$1"; }

# state_time STATE: hourly, from 2026 on.
state_time() { date -u -d "@$((1767225600 + 3600 * $1))" +%FT%TZ; }

# advance DB STATE PERCENT KEY: moves the database on, and records what truly changed.
advance() {
  local file=$1 state=$2 percent=$3 key=$4 changed
  cp --reflink=auto "$file" "$file.before"
  "$WORKLOAD" advance "$file" --percent "$percent" --state "$state"
  changed=$("$WORKLOAD" changed "$file.before" "$file")
  rm "$file.before"
  record "$key.pages" "$(jq '100 * .changed_pages / .pages' <<<"$changed")"
  record "$key.extents" "$(jq '100 * .changed_extents / .extents' <<<"$changed")"
  warm "$file"
}

# first_state DB ROUNDS: fresh repositories in every round; the last round's stay.
first_state() {
  local file=$1 rounds=$2 round tool
  record zstd.size "$(zstd -3 -q -c "$file" | wc -c)"
  warm "$file"
  for ((round = 1; round <= rounds; ++round)); do
    progress "first ingest, round $round of $rounds"
    wall zstd.first zstd -3 -T2 -q -f "$file" -o "$WORK/shop.zst"
    for tool in "${TOOLS[@]}"; do
      rm -rf "$(home "$tool")"
      "${tool}_init" "$(home "$tool")" >>"$LOG" 2>&1
      wall "$tool.first" "${tool}_ingest" "$(home "$tool")" "$file" 0
    done
  done
  rm "$WORK/shop.zst"
  for tool in "${TOOLS[@]}"; do record_size "$tool.size_first" "$(home "$tool")/repo"; done
}

# later_states DB STATES: all states after the first.
later_states() {
  local file=$1 states=$2 state tool
  for ((state = 1; state < states; ++state)); do
    progress "state $((state + 1)) of $states"
    advance "$file" "$state" 2 truth
    wall openssl.later openssl dgst -sha256 "$file"
    for tool in "${TOOLS[@]}"; do wall "$tool.later" "${tool}_ingest" "$(home "$tool")" "$file" "$state"; done
  done
  for tool in "${TOOLS[@]}"; do record_size "$tool.size_all" "$(home "$tool")/repo"; done
}

# check_all ROUNDS
check_all() {
  local round tool
  for tool in "${TOOLS[@]}"; do
    for ((round = 1; round <= $1; ++round)); do
      progress "check by $tool, round $round of $1"
      wall "$tool.check" "${tool}_check" "$(home "$tool")"
    done
  done
}

# thin_all ROUNDS: forgets the first, third, fifth ... snapshot, in a copy of the repository each time.
thin_all() {
  local round tool names half
  for tool in "${TOOLS[@]}"; do
    names=$("${tool}_names" "$(home "$tool")")
    mapfile -t half < <(awk 'NR % 2 == 1' <<<"$names")
    for ((round = 1; round <= $1; ++round)); do
      progress "forget every other by $tool, round $round of $1"
      cp -a --reflink=auto "$(home "$tool")" "$WORK/thin"
      wall "$tool.thin" "${tool}_thin" "$WORK/thin" "${half[@]}"
      record_size "$tool.size_thin.$round" "$WORK/thin/repo"
      rm -rf "$WORK/thin"
    done
  done
}

# unchanged_state DB STATE ROUNDS: varve alone, on a database that it has.
unchanged_state() {
  local file=$1 state=$2 rounds=$3 round
  for ((round = 0; round < rounds; ++round)); do
    wall varve.unchanged varve_ingest "$(home varve)" "$file" "$((state + round))"
  done
}

# long_history MIB STATES: varve alone, many states of a smaller database.
long_history() {
  local mebibytes=$1 states=$2 state file=$WORK/long.db
  local repository=$WORK/varve-long
  "$WORKLOAD" create "$file" --mib "$mebibytes"
  varve_init "$repository" >>"$LOG" 2>&1
  for ((state = 0; state < states; ++state)); do
    ((state % 20 == 0)) && progress "long history, state $((state + 1)) of $states"
    ((state > 0)) && advance "$file" "$state" 1 long_truth
    varve_ingest "$repository" "$file" "$state" >>"$LOG" 2>&1
    ((state > 0)) && continue
    record_size varve.long_first "$repository/repo"
    varve_stats "$repository" "$SAMPLES/stats_first.json"
  done
  record_size varve.long_all "$repository/repo"
  varve_stats "$repository" "$SAMPLES/stats_all.json"
}
