# shellcheck shell=bash
# The report of mount.sh, as Markdown on standard output. Needs report.sh.

milliseconds() { show '%.1f' "$(calc "$1 * 1000")"; }
speed() { show '%.2f' "$(calc "$(stat -c %s "$(native_file)") / 1e9 / $1")"; }
mebibytes() { show '%.1f' "$(calc "$1 / 1024")"; }

# mount_time WHAT KEY LIMIT_MS
mount_time() {
  local took
  took=$(median "$2")
  row "$1" "under $3 ms" "$(milliseconds "$took") ms" "" "" "$(at_most "$(calc "$took * 1000")" "$3")"
}

# against_native WHAT KEY LIMIT
against_native() {
  local ratio
  ratio=$(median_ratio "varve.$2" "native.$2")
  row "$1" "at most $3 of native" "$(show %.3f "$(median "varve.$2")") s" "$(show %.3f "$(median "native.$2")") s" \
    "$(show %.2f "$ratio")" "$(at_most "$ratio" "$3")"
}

# copied WHAT KEY OTHER: its speed, and of the same on the native file.
copied() {
  local rate
  rate=$(speed "$(median "$2")")
  row "$1" "at least 1 GB/s" "$rate GB/s" "$(speed "$(median "$3")") GB/s" \
    "$(show %.2f "$(median_ratio "$3" "$2")")" "$(at_least "$rate" 1)"
}

report_memory() {
  local idle loaded
  idle=$(mebibytes "$(highest many.idle.now)")
  row "memory, idle with $MANY_SNAPSHOTS snapshots" "at most 32 MiB" "$idle MiB" "" "" "$(at_most "$idle" 32)"
  loaded=$(sort -g "$SAMPLES/varve.loaded.peak" "$SAMPLES/varve.readers.peak" | tail -n 1)
  loaded=$(mebibytes "$loaded")
  row "memory under load, at its highest (cache=64M)" "at most 128 MiB" "$loaded MiB" "" "" "$(at_most "$loaded" 128)"
}

report_mount_marks() {
  local ratio
  row what mark varve native ratio "reached?"
  row --- --- --- --- --- ---
  mount_time "ready after mount, $MANY_SNAPSHOTS snapshots" many.ready 100
  mount_time "\`ls\` of the root, $MANY_SNAPSHOTS snapshots" many.ls 50
  mount_time "\`ls -l\` of it" many.long 200
  mount_time "first 4 KiB of a file, cold" varve.first_page.cold 5
  copied "read out (\`cat\`), cold, middle snapshot" varve.read_whole.cold native.read_whole.cold
  copied "copy out (\`cp\` to /dev/shm), cold, middle snapshot" varve.copy.cold native.copy.cold
  copied "the same, first snapshot" varve.copy.first native.copy.cold
  copied "the same, last snapshot" varve.copy.last native.copy.cold
  ratio=$(median_ratio native.copy.warm varve.copy.warm)
  row "copy out, warm" "at least 0.9 of native" "$(speed "$(median varve.copy.warm)") GB/s" \
    "$(speed "$(median native.copy.warm)") GB/s" "$(show %.2f "$ratio")" "$(at_least "$ratio" 0.9)"
  against_native "1,000 indexed look-ups, cold" lookups.cold 1.5
  against_native "1,000 indexed look-ups, warm" lookups.warm 1.1
  against_native "full scan, cold" scan.cold 1.0
  against_native "\`PRAGMA integrity_check\`, cold" integrity.cold 1.0
  ratio=$(calc "8 / $(median_ratio varve.readers.eight varve.readers.one)")
  row "eight readers of eight snapshots, in sum, against one" "at least 1" "$(show %.2f "$(median varve.readers.eight)") s" \
    "one: $(show %.2f "$(median varve.readers.one)") s" "$(show %.2f "$ratio")" "$(at_least "$ratio" 1)"
  report_memory
}

mount_title() {
  case $1 in
    native) echo "native file" ;;
    passthrough) echo "libfuse \`passthrough_ll\`, cache=always" ;;
    *) title_of "$1" ;;
  esac
}

# seconds_of KEY: empty where it was not measured.
seconds_of() { if [[ -f $SAMPLES/$1 ]]; then show %.3f "$(median "$1")"; fi; }

report_mounts() {
  local system
  row filesystem "first 4 KiB, ms" "cat cold, GB/s" "cat warm, GB/s" "copy cold, GB/s" "copy warm, GB/s" "look-ups cold, s" "look-ups warm, s" "scan cold, s" \
    "scan warm, s" "integrity_check cold, s" "warm, s"
  row --- ---: ---: ---: ---: ---: ---: ---: ---: ---: ---: ---:
  for system in native passthrough varve ${PEERS[@]+"${PEERS[@]}"}; do
    row "$(mount_title "$system")" "$(milliseconds "$(median "$system.first_page.cold")")" \
      "$(speed "$(median "$system.read_whole.cold")")" "$(speed "$(median "$system.read_whole.warm")")" \
      "$(speed "$(median "$system.copy.cold")")" "$(speed "$(median "$system.copy.warm")")" \
      "$(seconds_of "$system.lookups.cold")" "$(seconds_of "$system.lookups.warm")" "$(seconds_of "$system.scan.cold")" \
      "$(seconds_of "$system.scan.warm")" "$(seconds_of "$system.integrity.cold")" "$(seconds_of "$system.integrity.warm")"
  done
}
