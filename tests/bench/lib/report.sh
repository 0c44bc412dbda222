# shellcheck shell=bash
# The report of run.sh, as Markdown on standard output. Needs $SAMPLES, $TOOLS and the functions of
# measure.sh.

megabytes() { show '%.1f' "$(calc "$1 / 1e6")"; }

# at_most VALUE LIMIT, at_least VALUE LIMIT: yes or no.
at_most() { awk -v value="$1" -v limit="$2" 'BEGIN { print (value <= limit) ? "yes" : "no" }'; }
at_least() { awk -v value="$1" -v limit="$2" 'BEGIN { print (value >= limit) ? "yes" : "no" }'; }

# row CELL...
row() {
  printf '|'
  printf ' %s |' "$@"
  echo
}

# sizes KEY: both of a repository's sizes.
sizes() { echo "$(megabytes "$(cat "$SAMPLES/$1.apparent")") / $(megabytes "$(cat "$SAMPLES/$1.allocated")") MB"; }

machine() {
  echo "- $(date -u '+%F %H:%M') UTC; $(nproc) cores, $(lscpu | sed -n 's/^Model name: *//p' | head -n 1);" \
    "Linux $(uname -r); load at the end $(cut -d' ' -f1-3 /proc/loadavg)"
}

report_machine() {
  local tool
  machine
  printf -- '- '
  for tool in "${TOOLS[@]}"; do
    [[ $tool == borg4k ]] || printf '%s, ' "$("${tool%64k}_version")"
  done
  echo "$(zstd --version | grep -o 'v[0-9.]*' | sed 's/^v/zstd /'), $(openssl version | cut -d' ' -f1,2)"
}

# report_truth KEY WHAT: how much of the database each state truly changed.
report_truth() {
  echo "- $2: $(show %.2f "$(median "$1.pages")") % of the pages changed in a state" \
    "($(show %.2f "$(lowest "$1.pages")") to $(show %.2f "$(highest "$1.pages")"))," \
    "$(show %.1f "$(median "$1.extents")") % of the 64 KiB extents"
}

report_sizes() {
  local ratio
  ratio=$(growth varve.size_first varve.size_all)
  row "repository after $STATES states against after the first" "at most 1.10" "$(sizes varve.size_all)" \
    "$(sizes varve.size_first)" "$(show %.3f "$ratio")" "$(at_most "$ratio" 1.10)"
  ratio=$(growth varve.long_first varve.long_all)
  row "$LONG_STATES states of a $LONG_MIB MiB database, 1 % of the pages changed, against after the first" "at most 1.40" \
    "$(sizes varve.long_all)" "$(sizes varve.long_first)" "$(show %.3f "$ratio")" "$(at_most "$ratio" 1.40)"
  ratio=$(bookkeeping_per_chunk "$SAMPLES/stats_first.json" "$SAMPLES/stats_all.json")
  row "bookkeeping for one changed chunk" "at most 120 bytes" "$(show %.1f "$ratio") bytes" \
    "its data: $(show %.1f "$(data_per_chunk "$SAMPLES/stats_first.json" "$SAMPLES/stats_all.json")") bytes" "" \
    "$(at_most "$ratio" 120)"
  ratio=$(calc "$(size varve.size_first) / $(cat "$SAMPLES/zstd.size")")
  row "first state's size against \`zstd -3\`" "at most 1.15" "$(sizes varve.size_first)" \
    "$(megabytes "$(cat "$SAMPLES/zstd.size")") MB" "$(show %.3f "$ratio")" "$(at_most "$ratio" 1.15)"
}

# report_wall WHAT KEY OTHER LIMIT
report_wall() {
  local ratio
  ratio=$(median_ratio "$2" "$3")
  row "$1 (median of $(count "$2"))" "at most $4" "$(show %.2f "$(median "$2")") s" "$(show %.2f "$(median "$3")") s" \
    "$(show %.2f "$ratio")" "$(at_most "$ratio" "$4")"
}

report_times() {
  local unchanged peak raw rate thin
  report_wall "first ingest, wall, against \`zstd -3 -T2\`" varve.first zstd.first 1.2
  report_wall "a later ingest, wall, against \`openssl dgst -sha256\`" varve.later openssl.later 1.2
  unchanged=$(calc "$(median varve.unchanged) * 1000")
  row "unchanged database (median of $(count varve.unchanged))" "under 50 ms" "$(show %.1f "$unchanged") ms" "" "" "$(at_most "$unchanged" 50)"
  peak=$(calc "$(highest varve.peak) / 1024")
  row "peak memory of an ingest (highest of $(count varve.peak))" "256 MiB" "$(show %.1f "$peak") MiB" "" "" "$(at_most "$peak" 256)"
  raw=$(jq .raw_bytes "$SAMPLES/varve.check.json")
  rate=$(calc "$raw / 1e6 / $(median varve.check)")
  row "\`check --read-data\` (median of $(count varve.check))" "at least 800 MB/s" "$(show %.0f "$rate") MB/s" \
    "$(megabytes "$raw") MB of raw data in $(show %.2f "$(median varve.check)") s" "" "$(at_least "$rate" 800)"
  thin=$(median varve.thin)
  row "forget every other snapshot and gc (median of $(count varve.thin))" "at most 2 s" "$(show %.2f "$thin") s" \
    "leaves $(sizes varve.size_thin.1)" "" "$(at_most "$thin" 2)"
}

report_marks() {
  row what mark varve "measured against" ratio "reached?"
  row --- --- --- --- --- ---
  report_sizes
  report_times
}

report_tools() {
  local tool
  row tool "after the first, MB" "after $STATES states, MB" "added by a state, MB" "first ingest, s" "later ingest, s" \
    "check all, s" "forget half and prune, s" "after that, MB"
  row --- ---: ---: ---: ---: ---: ---: ---: ---:
  for tool in "${TOOLS[@]}"; do
    row "$(title_of "$tool")" "$(megabytes "$(size "$tool.size_first")")" "$(megabytes "$(size "$tool.size_all")")" \
      "$(show %.2f "$(calc "($(size "$tool.size_all") - $(size "$tool.size_first")) / 1e6 / ($STATES - 1)")")" \
      "$(show %.2f "$(median "$tool.first")")" "$(show %.2f "$(median "$tool.later")")" \
      "$(show %.2f "$(median "$tool.check")")" "$(show %.2f "$(median "$tool.thin")")" "$(megabytes "$(size "$tool.size_thin.1")")"
  done
  row "\`zstd -3 -T2\` of the file" "$(megabytes "$(cat "$SAMPLES/zstd.size")")" "" "" "$(show %.2f "$(median zstd.first)")" "" "" "" ""
  row "\`openssl dgst -sha256\` of the file" "" "" "" "" "$(show %.2f "$(median openssl.later)")" "" "" ""
}
