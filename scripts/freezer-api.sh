#!/bin/sh
# Installs freezer-api into a virtual environment of the project's own, and makes an empty database there
# that tests copy: target/freezer-api/empty/freezer.db.
set -eu
cd "$(dirname "$0")/.."
scripts/venv.sh target/freezer-api tests/freezer/requirements.txt
venv=$(pwd)/target/freezer-api
exec 9> target/freezer-api.lock
flock 9
[ -d "$venv/empty" ] && exit 0
making=$venv/making
rm -rf "$making"
mkdir "$making"
printf '[database]\nconnection = sqlite:///%s/freezer.db\n' "$making" > "$making/freezer-api.conf"
"$venv/bin/freezer-manage" --config-file "$making/freezer-api.conf" db sync > "$making/log" 2>&1 ||
    { cat "$making/log" >&2; exit 1; }
mv "$making" "$venv/empty"
