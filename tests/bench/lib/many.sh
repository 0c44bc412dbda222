# shellcheck shell=bash
# Many small databases that change a little: the files, and the scenario. Needs what measure.sh and
# setup.sh set.

MANY_FILES=50

many_rows() { echo $(((100000 + ($1 * 4900000) / (MANY_FILES - 1)) / 165)); } # 0.1 to 5 MB
many_name() { printf 'app-%02d.db' "$1"; }

# many_note ROW FILE STATE: an SQL expression, some words and some hexadecimal noise.
many_note() {
  local row=$1 file=$2 state=$3
  echo "printf('%016x %08x %s order %d of customer %d'," \
    "($row * 2654435761 + $file * 7919 + $state * 40503) % 9007199254740993," \
    "($row * 69069 + $state) % 4294967291," \
    "substr('the quick brown fox jumps over the lazy dog and runs away from the hounds that follow it'," \
    "1 + $row % 40, 44), $row * 7 + $state, $row % 977) || printf('%016x%016x%016x'," \
    "($row * 6364136223846793 + $file * 104729 + $state) % 9007199254740881," \
    "($row * 3202034522624059 + $file * 15485863 + $state) % 9007199254740847," \
    "($row * 4354685564936845 + $file * 32452843 + $state) % 9007199254740761)"
}

# many_create DIRECTORY
many_create() {
  local file
  mkdir "$1"
  for ((file = 0; file < MANY_FILES; ++file)); do
    echo ".open $1/$(many_name "$file")"
    echo "PRAGMA synchronous = OFF; CREATE TABLE items(id INTEGER PRIMARY KEY, quantity INTEGER, note TEXT);"
    echo "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $(many_rows "$file"))"
    echo "INSERT INTO items SELECT i, i * 7919 % 1000, $(many_note i "$file" 0) FROM n;"
  done | sqlite3
}

# many_advance DIRECTORY STATE: one row in 48 of the databases; with the page that counts changes, 96 pages.
many_advance() {
  local file row
  RANDOM=$2
  for ((file = 0; file < MANY_FILES; ++file)); do
    (((file + $2) % 25 == 0)) && continue
    row=$(((RANDOM * 32768 + RANDOM) % $(many_rows "$file") + 1))
    echo ".open $1/$(many_name "$file")"
    echo "PRAGMA synchronous = OFF;"
    echo "UPDATE items SET quantity = quantity + 1, note = $(many_note id "$file" "$2") WHERE id = $row;"
  done | sqlite3
}

# many_changed BEFORE AFTER: pages that differ, over all files.
many_changed() {
  local file
  for ((file = 0; file < MANY_FILES; ++file)); do
    "$WORKLOAD" changed "$1/$(many_name "$file")" "$2/$(many_name "$file")"
  done | jq -s 'map(.changed_pages) | add'
}

# The tools, each behind TOOL_init HOME and TOOL_take HOME DIRECTORY.
many_varve() { "$VARVE" -r "$1/repo" ingest --quiet --verify none "${@:2}"; }
varve_files_init() { varve_init "$1"; }
varve_files_take() { many_varve "$1" "$2"/*.db; }
varve_folder_init() { varve_init "$1"; }
varve_folder_take() { many_varve "$1" "$2"; }
many_borg_init() { borg_init "$1"; }
many_borg_take() {
  in_borg "$1" create --chunker-params fixed,4096 --compression zstd,3 "::state-$(date +%s%N)" "$2"
}
many_restic_init() { restic_init "$1"; }
many_restic_take() { in_restic "$1" backup "$2"; }

many_title() {
  case $1 in
    varve_files) echo "varve, 50 paths" ;;
    varve_folder) echo "varve, one folder" ;;
    many_borg) echo "borg, fixed 4 KiB, zstd 3" ;;
    many_restic) echo restic ;;
  esac
}

# many_states DIRECTORY STATES: every tool takes the first state and then each in turn.
many_states() {
  local directory=$1 states=$2 state tool
  for tool in "${TOOLS[@]}"; do
    "${tool}_init" "$WORK/$tool" >>"$LOG" 2>&1
    "${tool}_take" "$WORK/$tool" "$directory" >>"$LOG" 2>&1
    record_size "$tool.first" "$WORK/$tool/repo"
  done
  for ((state = 1; state <= states; ++state)); do
    ((state % 20 == 1)) && progress "state $state of $states"
    cp -r "$directory" "$directory.before"
    many_advance "$directory" "$state"
    record truth "$(many_changed "$directory.before" "$directory")"
    rm -r "$directory.before"
    for tool in "${TOOLS[@]}"; do wall "$tool.later" "${tool}_take" "$WORK/$tool" "$directory"; done
  done
  for tool in "${TOOLS[@]}"; do record_size "$tool.all" "$WORK/$tool/repo"; done
}

# many_added TOOL: bytes a state, the larger of both ways to measure.
many_added() {
  local kind
  for kind in apparent allocated; do
    calc "($(cat "$SAMPLES/$1.all.$kind") - $(cat "$SAMPLES/$1.first.$kind")) / $STATES"
    echo
  done | sort -g | tail -n 1
}

many_row() {
  local added seconds mark_bytes="" mark_time=""
  added=$(calc "$(many_added "$1") / 1000")
  seconds=$(median "$1.later")
  if [[ $1 == varve_* ]]; then
    mark_bytes="at most 60: $(at_most "$added" 60)"
    mark_time="at most 0.2: $(at_most "$seconds" 0.2)"
  fi
  row "$(many_title "$1")" "$(megabytes "$(size "$1.first")")" "$(show %.1f "$added")" "$mark_bytes" \
    "$(show %.3f "$seconds")" "$mark_time"
}

many_report() {
  local tool
  row tool "after the first, MB" "added by a state, kB" "mark, kB" "a later state, s" "mark, s"
  row --- ---: ---: --- ---: ---
  for tool in "${TOOLS[@]}"; do many_row "$tool"; done
}
