#!/bin/sh
# Runs a Redis Cluster of three masters and three replicas on this machine, to try things out:
# six-nodes.sh FOLDER PORT PORT PORT PORT PORT PORT
#
# Says "ready" when it is. FOLDER/PORT has a node's redis.conf, its log and its process id. "start PORT" on standard
# input starts a node again that has ended, and says "started PORT". When standard input ends, so does everything.
# REDISCLI_AUTH in the environment is the password that the nodes want.
set -eu
umask 077
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

# A replica takes the place of a master that is silent for five seconds.
settings() {
    cat <<SETTINGS
port $1
bind 127.0.0.1
dir $PWD/$1
pidfile $PWD/$1/pid
logfile $PWD/$1/log
daemonize yes
save ""
cluster-enabled yes
cluster-node-timeout 5000
repl-diskless-sync-delay 0
SETTINGS
    if [ -n "${REDISCLI_AUTH:-}" ]; then
        # Each byte by its number: a password may have quotes, spaces and what is no ASCII.
        password=$(printf %s "$REDISCLI_AUTH" | od -An -v -tx1 | tr -d ' \n' | sed 's/../\\x&/g')
        printf '%s "%s"\n' requirepass "$password" masterauth "$password"
    fi
}
start() {
    mkdir -p "$1"
    [ -e "$1/redis.conf" ] || settings "$1" > "$1/redis.conf"
    redis-server "$PWD/$1/redis.conf"
    until redis-cli -p "$1" PING > /dev/null 2>&1; do sleep 0.1; done
}
# shellcheck disable=SC2317 # the trap calls it
leave() {
    for pid in */pid; do
        [ ! -e "$pid" ] || kill -9 "$(cat "$pid")" 2> /dev/null || true
    done
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

addresses=
for port in "$@"; do
    start "$port"
    addresses="$addresses 127.0.0.1:$port"
done
# shellcheck disable=SC2086 # several words
redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes > created 2>&1 || { cat created >&2; exit 1; }
for port in "$@"; do
    until redis-cli -p "$port" CLUSTER INFO | grep -q '^cluster_state:ok' &&
        [ "$(redis-cli -p "$port" CLUSTER NODES | grep -c slave)" = 3 ]; do sleep 0.1; done
done
echo ready
while read -r order port; do
    [ "$order" != start ] || start "$port"
    echo "started $port"
done
