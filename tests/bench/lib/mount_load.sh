# shellcheck shell=bash
# What programs do on the filesystems of mounts.sh, and how long they take. Needs measure.sh.

readonly SCRATCH=/dev/shm

copy() {
  cp "$1" "$SCRATCH/varve-bench-copy"
  rm "$SCRATCH/varve-bench-copy"
}

# uri FILE: peers keep the header of a database in WAL mode, which opens on their mounts only so.
uri() { echo "file:$1?immutable=1"; }

# lookups_script FILE: 1,000 random look-ups by an index, the same in every run.
lookups_script() {
  local most
  most=$(sqlite3 "$(uri "$1")" 'SELECT max(id) FROM orders')
  awk -v most="$most" 'BEGIN { srand(7); for (i = 0; i < 1000; ++i)
    printf "SELECT count(*), sum(price) FROM items WHERE order_id = %d;\n", 1 + int(rand() * most) }'
}

lookups() { sqlite3 "$(uri "$1")" <"$WORK/lookups.sql"; }
scan() { sqlite3 "$(uri "$1")" 'SELECT count(body), sum(length(body)) FROM events; SELECT sum(length(note)) FROM customers;
  SELECT sum(length(address)) FROM orders; SELECT sum(price) FROM items'; }
integrity() { sqlite3 "$(uri "$1")" 'PRAGMA integrity_check'; }
first_page() { dd if="$1" of=/dev/null bs=4096 count=1 status=none; }
read_whole() { cat "$1" >/dev/null; }

# timed KEY COMMAND...: as wall, but writes nothing first, so that what is cold stays so.
timed() {
  local key=$1 begin end
  shift
  begin=$EPOCHREALTIME
  "$@" >>"$LOG" 2>&1
  end=$EPOCHREALTIME
  record "$key" "$(calc "$end - $begin")"
}

# cold_and_warm SYSTEM WHAT: on a fresh mount, then once more. The programs themselves are warm.
cold_and_warm() {
  local file
  cold "$1"
  file=$("$1_file")
  first_page /dev/null
  sqlite3 :memory: 'SELECT 1' >>"$LOG"
  timed "$1.$2.cold" "$2" "$file"
  timed "$1.$2.warm" "$2" "$file"
}

# later_copies: varve's first and last snapshot, cold.
other_copies() {
  cold varve
  timed varve.copy.first copy "$(varve_file_of 0)"
  cold varve
  timed varve.copy.last copy "$(varve_file_of $((STATES - 1)))"
}

readers() {
  local state
  for ((state = 0; state < $1; ++state)); do read_whole "$(varve_file_of $((state * STATES / $1)))" & done
  wait
}

eight_readers() {
  cold varve
  timed varve.readers.one readers 1
  cold varve
  timed varve.readers.eight readers 8
}

# memory KEY POINT: resident KiB of the process now, and at most so far.
memory() {
  local status
  status=/proc/$(process_of "$2")/status
  record "$1.now" "$(awk '/^VmRSS/ { print $2 }' "$status")"
  record "$1.peak" "$(awk '/^VmHWM/ { print $2 }' "$status")"
}

many_snapshots() {
  local point=$WORK/mnt-many
  mkdir -p "$point"
  drop_caches
  timed many.ready "$VARVE" -r "$WORK/many" mount "$point"
  memory many.idle "$point"
  timed many.ls ls "$point"
  timed many.long ls -l "$point"
  memory many.listed "$point"
  fusermount3 -u "$point"
  while mountpoint -q "$point"; do sleep 0.01; done
}

measure_mounts() {
  local round system
  lookups_script "$(native_file)" >"$WORK/lookups.sql"
  for ((round = 1; round <= ROUNDS; ++round)); do
    progress "round $round of $ROUNDS"
    for system in native passthrough varve ${PEERS[@]+"${PEERS[@]}"}; do
      cold_and_warm "$system" first_page
      cold_and_warm "$system" lookups
      cold_and_warm "$system" read_whole
      cold_and_warm "$system" copy
      cold_and_warm "$system" scan
      if [[ $system != borg64k && $system != restic ]]; then cold_and_warm "$system" integrity; fi
      [[ $system == varve ]] && memory varve.loaded "$(mount_point varve)"
      leave_mount "$system"
    done
    other_copies
    eight_readers
    memory varve.readers "$(mount_point varve)"
    leave_mount varve
    many_snapshots
  done
}
