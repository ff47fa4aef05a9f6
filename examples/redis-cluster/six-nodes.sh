#!/bin/sh
# Runs a Redis Cluster of three masters and three replicas on this machine, to try things out:
# six-nodes.sh FOLDER PORT PORT PORT PORT PORT PORT
#
# Says "ready" when it is. A node's process id is in FOLDER/PORT/pid. "start PORT" on standard input starts a node
# again that has ended, and says "started PORT". When standard input ends, so does everything.
set -eu
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

start() {
    mkdir -p "$1"
    # A replica takes the place of a master that is silent for two seconds. The cluster serves what it can.
    redis-server --port "$1" --bind 127.0.0.1 --dir "$PWD/$1" --pidfile "$PWD/$1/pid" --logfile "$PWD/$1/log" \
        --daemonize yes --cluster-enabled yes --cluster-config-file nodes.conf --cluster-node-timeout 2000 \
        --save '' --repl-diskless-sync-delay 0 > /dev/null
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
    until redis-cli -p "$port" CLUSTER INFO | grep -q '^cluster_state:ok'; do sleep 0.1; done
done
echo ready
while read -r order port; do
    [ "$order" != start ] || start "$port"
    echo "started $port"
done
