#!/usr/bin/env bash
# Measures what a later snapshot of a Redis server adds, with and without the compression that the
# server does itself (rdbcompression), and prints it as a Markdown table. The server is the script's
# own, on a unix socket. No clock makes it fail.
#
#   tests/bench/redis.sh [KEYS]     default: 60000, an RDB file of some 50 MiB
#
# The last column of a night is what `zstd -3 --long --patch-from` makes of the two RDB files.
set -euo pipefail
export LC_ALL=C

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
VARVE=${VARVE:-$ROOT/build/varve}
KEYS=${1:-60000}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/varve-bench.XXXXXX")
server=""
stop() {
  [[ -z $server ]] || { kill "$server" && wait "$server"; } 2>/dev/null || true
  server=""
}
trap 'stop; rm -rf "$WORK"' EXIT

cli() { redis-cli -e -s "$WORK/socket" "$@"; }
start() {  # start RDBCOMPRESSION
  redis-server --port 0 --unixsocket "$WORK/socket" --dir "$WORK" --save "" --logfile "$WORK/log" \
    --repl-diskless-sync-delay 0 --rdbcompression "$1" &
  server=$!
  until [[ $(cli PING 2>/dev/null) == PONG ]]; do kill -0 "$server"; done
}

# Sessions as web shops keep them: JSON of about a kilobyte. change SEED FIRST COUNT STEP
cat >"$WORK/change.lua" <<'END'
math.randomseed(tonumber(ARGV[1]))
local words = {'amber', 'birch', 'copper', 'delta', 'ember', 'fjord', 'granite', 'harbour', 'iris'}
for n = 0, ARGV[3] - 1 do
  local cart = {}
  for i = 1, math.random(4, 16) do
    cart[i] = {product_id = math.random(9999), quantity = math.random(5), currency = 'EUR',
               unit_price = math.random(9999) / 100, title = words[math.random(9)] .. ' ' ..
               words[math.random(9)] .. ' ' .. math.random(999)}
  end
  local id = redis.sha1hex(ARGV[1] .. ':' .. n)
  local key = ARGV[4] == 'random' and math.random(0, ARGV[2] - 1) or ARGV[2] + n
  redis.call('SET', 'session:' .. key, cjson.encode({session = id, user = math.random(1e7),
             cart = cart, flags = {newsletter = true, beta = false}}))
end
END
fill() {
  local first
  for ((first = 0; first < KEYS; first += 10000)); do
    cli --eval "$WORK/change.lua" , "$first" "$first" "$((KEYS - first < 10000 ? KEYS - first : 10000))" >/dev/null
  done
}
change() { cli --eval "$WORK/change.lua" , "$1" "$KEYS" "$((KEYS / 100))" random >/dev/null; }
add() { cli --eval "$WORK/change.lua" , "$1" "$KEYS" "$((KEYS / 200))" >/dev/null; }

kilobytes() { awk -v b="$1" 'BEGIN { printf "%.0f", b / 1000 }'; }
take() {  # take WHAT: a row of the table
  local json ideal=""
  json=$("$VARVE" -r "$WORK/repository" ingest "redis+unix://$WORK/socket" --verify none --json)
  "$VARVE" -r "$WORK/repository" cat latest:redis.rdb >"$WORK/new.rdb"
  if [[ -s $WORK/last.rdb ]]; then
    ideal=$(kilobytes "$(zstd -q -3 --long=27 --patch-from="$WORK/last.rdb" "$WORK/new.rdb" -c | wc -c)")
  fi
  mv "$WORK/new.rdb" "$WORK/last.rdb"
  printf '| %s | %s | %s | %s | %s |\n' "$compression" "$1" \
    "$(kilobytes "$(jq .raw_bytes <<<"$json")")" "$(kilobytes "$(jq .added_bytes <<<"$json")")" "$ideal"
}

echo "| rdbcompression | night | RDB file, kB | added, kB | zstd --patch-from, kB |"
echo "| --- | --- | ---: | ---: | ---: |"
for compression in yes no; do
  rm -rf "$WORK/repository" "$WORK/last.rdb" "$WORK/dump.rdb"
  "$VARVE" init "$WORK/repository" >/dev/null
  start "$compression"
  fill && take "the first"
  for night in 1 2 3 4; do change "$night" && take "1 % of the keys changed"; done
  add 5 && change 6 && take "0.5 % new, 1 % changed"
  cli SAVE >/dev/null
  stop && start "$compression" && take "the server was restarted"
  change 7 && take "1 % of the keys changed"
  stop
done
