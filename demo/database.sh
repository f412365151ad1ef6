# The demo's PostgreSQL server on the lab's private network, in a data folder of its own. Sourced by demo.sh.
# shellcheck shell=bash

DATABASE_FOLDER=/var/lib/landline-demo
DATABASE_NAME=somewhere.someplace.cloud.example.com
DATABASE_ADDRESS=198.51.100.250

postgres() { # PROGRAM ARGUMENT...: one of PostgreSQL's own programs, as its user, on the private host
  local program; program=$(find /usr/lib/postgresql -name "$1" -path '*/bin/*' | sort -V | tail -n 1); shift
  (lab=$PWD/lab/lab; cd "$DATABASE_FOLDER" && "$lab" cloud setpriv --reuid postgres --regid postgres --init-groups "$program" "$@")
}

database_up() {
  install -d -m 700 -o postgres -g postgres "$DATABASE_FOLDER"
  if [ ! -f "$DATABASE_FOLDER/data/PG_VERSION" ]; then
    postgres initdb --pgdata="$DATABASE_FOLDER/data" --auth-local=peer --auth-host=scram-sha-256 >/dev/null
    echo "host all all 0.0.0.0/0 scram-sha-256" >> "$DATABASE_FOLDER/data/pg_hba.conf"
  fi
  if ! postgres pg_ctl --pgdata="$DATABASE_FOLDER/data" status >/dev/null 2>&1; then
    postgres pg_ctl --pgdata="$DATABASE_FOLDER/data" --log="$DATABASE_FOLDER/log" --wait --silent start \
      -o "-c listen_addresses=$DATABASE_ADDRESS -c unix_socket_directories=$DATABASE_FOLDER" >/dev/null 2>&1 </dev/null ||
      { tail -n 5 "$DATABASE_FOLDER/log" >&2; return 1; }
  fi
  local admin=(psql --host="$DATABASE_FOLDER" --dbname=postgres --no-psqlrc --quiet --tuples-only)
  postgres "${admin[@]}" >/dev/null <<SQL
do \$\$ begin if not exists (select from pg_roles where rolname = 'librarian') then create role librarian login; end if; end \$\$;
alter role librarian password '$1';
SQL
  postgres "${admin[@]}" --command="select 1 from pg_database where datname = 'library'" | grep -q 1 ||
    postgres "${admin[@]}" --command="create database library owner librarian"
  { echo "set role librarian;"; cat demo/tables.sql; } | postgres psql --host="$DATABASE_FOLDER" --dbname=library --no-psqlrc --quiet
  lab/lab cloud-host "$DATABASE_NAME" "$DATABASE_ADDRESS"
}

database_down() {
  if [ -d "$DATABASE_FOLDER/data" ] && [ -e /run/netns/cloud ]; then postgres pg_ctl --pgdata="$DATABASE_FOLDER/data" --mode=fast --silent stop 2>/dev/null || true; fi
  rm -rf "$DATABASE_FOLDER"
}
