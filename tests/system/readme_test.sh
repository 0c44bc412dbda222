#!/bin/bash
# What README.md and packaging/ print for the night works as printed: the crontab lines, and the
# systemd units with the settings file, each run in a scratch folder that stands for /srv.
#
#   readme_test.sh VARVE BUILD
set -euo pipefail

varve=$(realpath "$1")
build=$(realpath "$2")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d -t varve-readme.XXXXXX)
trap 'rm -rf "$work"' EXIT

failures=0
expect() {  # expect WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    echo "ok: $what"
  else
    echo "FAILED: $what" >&2
    failures=$((failures + 1))
  fi
}
equal() { [[ $1 == "$2" ]] || { printf '  is:     %s\n  should: %s\n' "$1" "$2" >&2; false; }; }

# The fenced block of README.md that says it is a LANGUAGE, moved from /srv into the scratch folder.
printed() {
  awk -v fence="\`\`\`$1" '$0 == "```" { inside = 0 } inside; $0 == fence { inside = 1 }' \
    "$root/README.md" | sed "s|/srv/|$work/srv/|g"
}

fresh_srv() {  # two databases in WAL mode and an empty repository
  rm -rf "$work/srv"
  mkdir -p "$work/srv/app"
  local database
  for database in history orders; do
    sqlite3 "$work/srv/app/$database.db" > /dev/null \
      'PRAGMA journal_mode = WAL; CREATE TABLE t(a PRIMARY KEY, b);
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
       INSERT INTO t SELECT i, hex(randomblob(40)) FROM n;'
  done
  "$varve" init "$work/srv/backup" > /dev/null
}
change() { sqlite3 "$work/srv/app/history.db" "UPDATE t SET b = b || 'x' WHERE a % 50 = 0"; }
snapshots() { "$varve" -r "$work/srv/backup" list --json | jq "$1"; }
days_twice='[.snapshots[].time[0:10]] | length - (unique | length)'
# Three nights of the past, all of which a policy of seven days keeps.
past() {
  local days
  for days in 20 9 8; do
    change
    "$varve" -r "$work/srv/backup" ingest "$work/srv/app/history.db" "$work/srv/app/orders.db" \
      --time "$(date -u -d "$days days ago" +%F)T02:00" > /dev/null
  done
}

# --- cron -------------------------------------------------------------------------------------
crontab=$(printed crontab)
settings=$(grep -E '^[A-Z_]+=' <<< "$crontab")
job=$(grep -E '^[0-9*]' <<< "$crontab")
expect "there is one job in the crontab" equal "$(wc -l <<< "$job")" 1
command=$(cut -d' ' -f6- <<< "$job")
expect "no % that cron would take for a line's end" equal "${command//%/}" "$command"

cron() {  # as cron runs it: /bin/sh, the crontab's settings and hardly anything else
  local environment=()
  mapfile -t environment <<< "${settings/PATH=/PATH=$(dirname "$varve"):}"
  env -i HOME=/root LOGNAME=root SHELL=/bin/sh "${environment[@]}" /bin/sh -c "$command" 2>&1
}

fresh_srv
past
expect "cron: three nights before" equal "$(snapshots '.snapshots | length')" 3
change
mail=$(cron) && status=0 || status=$?
expect "cron: a good night exits with 0" equal "$status" 0
expect "cron: a good night prints nothing" equal "$mail" ""
expect "cron: tonight's snapshot holds both databases" equal \
  "$(snapshots '.snapshots[-1].sources | length')" 2
expect "cron: it is verified" equal "$(snapshots '.snapshots[-1].verified')" '"full"'
change
cron > /dev/null
expect "cron: of two snapshots of one day the policy keeps one" equal "$(snapshots "$days_twice")" 0
kept=$(snapshots '.snapshots | length')
expect "cron: and the nights before are all there" test "$kept" -ge 4

rm "$work/srv/app/orders.db"
mail=$(cron) && status=0 || status=$?
expect "cron: a missing database is a failure" test "$status" -ne 0
expect "cron: and the mail names it" grep -q orders.db <<< "$mail"
expect "cron: and nothing is forgotten" equal "$(snapshots '.snapshots | length')" "$kept"

fresh_srv
past
# An index whose pages nobody owns any more: it opens and copies, but fails integrity_check.
sqlite3 "$work/srv/app/orders.db" "CREATE INDEX lost ON t(b); PRAGMA writable_schema = ON;
  DELETE FROM sqlite_schema WHERE name = 'lost';"
mail=$(cron) && status=0 || status=$?
expect "cron: a night with a warning goes on (status 0)" equal "$status" 0
expect "cron: and the mail has the warning" grep -q orders.db <<< "$mail"
expect "cron: and the snapshot is marked" equal "$(snapshots '.snapshots[-1].verified')" '"failed"'

# --- systemd ----------------------------------------------------------------------------------
export DESTDIR=$work/installed
cmake --install "$build" > /dev/null
unset DESTDIR
prefix=$work/installed$(sed -n 's/^CMAKE_INSTALL_PREFIX:[A-Z]*=//p' "$build/CMakeCache.txt")
units=$prefix/lib/systemd/system
expect "the binary is installed" test -x "$prefix/bin/varve"
expect "the manual page is installed" test -s "$prefix/share/man/man1/varve.1"
expect "the service is installed" test -s "$units/varve-ingest.service"
expect "the timer is installed" test -s "$units/varve-ingest.timer"

service() {  # as systemd runs it: every ExecStart in turn, as long as the status is a success
  local environment=() line status good
  mapfile -t environment < <(printed sh)
  good="0 $(sed -n 's/^SuccessExitStatus=//p' "$units/varve-ingest.service")"
  while read -r line; do
    # Unquoted variables are split at blanks, as by the shell; names are not expanded.
    env -i "PATH=$(dirname "$varve"):/usr/bin:/bin" "${environment[@]}" \
      /bin/sh -f -c "exec $line" 2>&1 && status=0 || status=$?
    [[ " $good " == *" $status "* ]] || return "$status"
  done < <(sed -n 's/^ExecStart=//p' "$units/varve-ingest.service")
}

fresh_srv
past
change
expect "systemd: three commands" equal "$(grep -c '^ExecStart=' "$units/varve-ingest.service")" 3
journal=$(service) && status=0 || status=$?
expect "systemd: a good night exits with 0" equal "$status" 0
expect "systemd: and leaves a snapshot of both databases" equal \
  "$(snapshots '.snapshots[-1].sources | length')" 2
change
journal=$(service) && status=0 || status=$?
expect "systemd: the policy is applied" equal "$(snapshots "$days_twice")" 0
rm "$work/srv/app/orders.db"
journal=$(service) && status=0 || status=$?
expect "systemd: a missing database is a failure" test "$status" -ne 0
expect "systemd: and the journal names it" grep -q orders.db <<< "$journal"

if command -v systemd-analyze > /dev/null; then
  # Where the binary is, systemd finds only after a real installation.
  sed -i "s|^ExecStart=varve|ExecStart=$prefix/bin/varve|" "$units/varve-ingest.service"
  expect "systemd-analyze verify has nothing to say" equal \
    "$(systemd-analyze verify --man=no "$units"/varve-ingest.{service,timer} 2>&1)" ""
fi

if [[ $failures -ne 0 ]]; then
  echo "$failures failed" >&2
  printf 'the last output of the service:\n%s\n' "$journal" >&2
  exit 1
fi
