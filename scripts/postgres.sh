#!/bin/sh
# Runs a private PostgreSQL for tests and measurements, in a folder of its own: postgres.sh PORT [SETTING=VALUE]...
#
# Says "ready FOLDER BIN" on standard output. FOLDER has its socket, its data and its log. Then it obeys
# standard input, one word a line, and says "done" or "failed": "start", "stop" (connections are cut), "crash", "promote", "full" (no
# file may grow beyond the size that those of its log have from the start, 16 MiB), "room" (they may again). When
# standard input ends, so does all of it: whoever holds the other end may end as it likes.
#
# With standby_of=PORT it repeats what the server at that port does, until it is promoted. With wal_segsize=MIB the
# files of its log are of another size.
set -eu
port=$1
shift
here=$(cd "$(dirname "$0")" && pwd)

# The newest of Debian's, which are not on the PATH; else what is.
programs() {
    for found in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse) \
        "$(dirname "$(command -v postgres || echo /nowhere/postgres)")"; do
        if [ -x "$found/initdb" ] && [ -x "$found/postgres" ] && [ -x "$found/psql" ]; then
            echo "$found"
            return
        fi
    done
}
bin=$(programs)
if [ -z "$bin" ]; then
    "$here/need.sh" postgresql-is-missing:postgresql >&2
    bin=$(programs)
fi

# An interrupt is for whoever holds the other end.
trap '' INT TERM HUP
folder=$(mktemp -d "${TMPDIR:-/tmp}/actiond-postgres-XXXXXX")
cd "$folder"

# PostgreSQL does not run as root.
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    owner=postgres
    id "$owner" > /dev/null 2>&1 || owner=nobody
    chown "$owner" "$folder"
    as_owner() { setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups -- "$@"; }
fi

pg_ctl() { as_owner "$bin/pg_ctl" --pgdata "$folder/data" --wait --silent "$@" < /dev/null >> log 2>&1; }
# How large a file may be that any of its processes writes.
limit() {
    first=$(head -n 1 data/postmaster.pid)
    as_owner prlimit --pid "$first" --fsize="$1:"
    for process in $(cat "/proc/$first/task/$first/children"); do
        as_owner prlimit --pid "$process" --fsize="$1:" || true
    done
}
obey() {
    case $1 in
        start) pg_ctl start --log "$folder/log" --options "-c port=$port" ;;
        stop) pg_ctl stop --mode fast ;;
        crash) pg_ctl stop --mode immediate ;;
        promote) pg_ctl promote ;;
        full) limit $((segment * 1048576)) ;;
        room) limit unlimited ;;
    esac
}
leave() {
    status=$?
    [ ! -e data/postmaster.pid ] || obey crash || true
    [ "$status" = 0 ] || cat log >&2
    cd /
    rm -rf "$folder"
}
trap leave EXIT

as_owner touch log
primary=
segment=16
for setting in "$@"; do
    case $setting in
        standby_of=*) primary=${setting#*=} ;;
        wal_segsize=*) segment=${setting#*=} ;;
    esac
done
if [ -n "$primary" ]; then
    as_owner "$bin/pg_basebackup" --pgdata data --write-recovery-conf --checkpoint fast \
        --host 127.0.0.1 --port "$primary" --username postgres < /dev/null >> log 2>&1
else
    as_owner "$bin/initdb" --pgdata data --username postgres --auth trust --encoding UTF8 --locale C --no-sync \
        --no-instructions --wal-segsize "$segment" < /dev/null >> log 2>&1
fi
cat > settings <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 300
SETTINGS
for setting in "$@"; do
    case $setting in
        standby_of=* | wal_segsize=*) ;;
        *) echo "${setting%%=*} = '${setting#*=}'" >> settings ;;
    esac
done
as_owner tee -a data/postgresql.conf < settings > /dev/null
# Whoever is in "secretive" needs a password.
as_owner tee data/pg_hba.conf > /dev/null << 'HBA'
local all all trust
host all +secretive 127.0.0.1/32 scram-sha-256
host all,replication all 127.0.0.1/32 trust
HBA
case " $* " in
    *" ssl=on "*)
        "$here/need.sh" openssl >&2
        # The certificate vouches for itself, as "localhost".
        as_owner openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
            -keyout data/server.key -out data/server.crt -subj /CN=localhost -addext subjectAltName=DNS:localhost \
            < /dev/null >> log 2>&1
        ;;
esac

obey start
[ -n "$primary" ] || as_owner "$bin/psql" --quiet --no-psqlrc --host "$folder" --port "$port" --username postgres \
    --dbname postgres --command 'CREATE ROLE actiond LOGIN CREATEDB' --command 'CREATE ROLE secretive' \
    < /dev/null >> log 2>&1
echo "ready $folder $bin"
while read -r order; do
    if obey "$order"; then echo done; else echo failed; fi
done
