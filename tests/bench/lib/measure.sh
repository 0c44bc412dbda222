# shellcheck shell=bash
# Measuring: samples are files of one number a line under $SAMPLES, named by key, so that a run's raw
# numbers stay readable beside its report. Needs $SAMPLES (a directory) and $LOG (a file).

# record KEY VALUE
record() { echo "$2" >>"$SAMPLES/$1"; }

# wall KEY COMMAND...: runs a command or function, and records its wall time in seconds.
# Dirty pages of whatever ran before are written first, so that nobody pays for its predecessor.
wall() {
  local key=$1 begin end
  shift
  sync
  begin=$EPOCHREALTIME
  "$@" >>"$LOG" 2>&1
  end=$EPOCHREALTIME
  record "$key" "$(calc "$end - $begin")"
}

# with_peak KEY COMMAND...: runs a program, and records its peak resident memory in KiB.
with_peak() {
  local key=$1
  shift
  /usr/bin/time --append --output "$SAMPLES/$key" --format %M "$@"
}

# record_size KEY DIRECTORY: what the directory takes, by length and by allocated blocks, in bytes.
record_size() {
  record "$1.apparent" "$(du -s --apparent-size -B1 "$2" | cut -f1)"
  record "$1.allocated" "$(du -s -B1 "$2" | cut -f1)"
}

# warm FILE: every tool finds the file in the page cache.
warm() { cat "$1" >/dev/null; }

# calc EXPRESSION: arithmetic with fractions, in awk's syntax.
calc() { awk "BEGIN { printf \"%.6f\", $1 }"; }

# show FORMAT NUMBER
show() { awk -v format="$1" -v value="$2" 'BEGIN { printf format, value }'; }

median_of_lines() {
  sort -g | awk '{ value[NR] = $1 } END {
    if (NR == 0) exit 1
    print (NR % 2) ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# median KEY, count KEY, highest KEY, lowest KEY
median() { median_of_lines <"$SAMPLES/$1"; }
count() { wc -l <"$SAMPLES/$1"; }
highest() { sort -g "$SAMPLES/$1" | tail -n 1; }
lowest() { sort -g "$SAMPLES/$1" | head -n 1; }

# median_ratio KEY OTHER: the median of the quotients of samples taken in pairs. A slow moment of a
# shared machine slows both of a pair, and so moves the quotient less than either median.
median_ratio() { paste "$SAMPLES/$1" "$SAMPLES/$2" | awk '{ print $1 / $2 }' | median_of_lines; }

# size KEY: the larger of the two sizes that record_size took.
size() { sort -g "$SAMPLES/$1.apparent" "$SAMPLES/$1.allocated" | tail -n 1; }

# growth FIRST LAST: the larger of the two ratios between the sizes under two keys.
growth() {
  local kind
  for kind in apparent allocated; do
    calc "$(cat "$SAMPLES/$2.$kind") / $(cat "$SAMPLES/$1.$kind")"
    echo
  done | sort -g | tail -n 1
}
