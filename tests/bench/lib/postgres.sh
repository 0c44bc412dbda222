# shellcheck shell=bash
# A PostgreSQL server for a benchmark: as the user postgres, in a folder of its own, on a socket alone. The
# programs find it by PGHOST and PGUSER.

readonly POSTGRES=/usr/lib/postgresql/15/bin
export PATH=$POSTGRES:$PATH PGUSER=postgres

as_postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }

# start_postgres DIRECTORY
start_postgres() {
  SERVER=$1
  export PGHOST=$SERVER
  mkdir -p "$SERVER"
  chmod o+x "$WORK"
  chown postgres: "$SERVER"
  as_postgres "$POSTGRES/initdb" -D "$SERVER/data" -A trust >>"$LOG"
  as_postgres "$POSTGRES/pg_ctl" -D "$SERVER/data" -w -l "$SERVER/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$SERVER' -c fsync=off -c shared_buffers=512MB -c max_wal_size=4GB" \
    start >>"$LOG"
}

stop_postgres() { as_postgres "$POSTGRES/pg_ctl" -D "$SERVER/data" -m immediate stop >/dev/null 2>&1 || true; }

# Every run reads the same from memory.
warm_database() { pg_dump -Fc -Z0 shop >/dev/null; }
