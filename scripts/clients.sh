#!/bin/sh
# Installs the real clients that the tests drive, into a virtual environment of the project's own.
set -eu
cd "$(dirname "$0")/.."
venv=target/clients
wanted=tests/clients/requirements.txt
if [ -x "$venv/bin/freezer" ] && cmp -s "$wanted" "$venv/requirements.txt"; then
    exit 0
fi
echo "installing the clients of $wanted into $venv" >&2
if ! python3 -m venv --clear "$venv" 2> /dev/null; then
    # Debian keeps the module apart.
    scripts/need.sh python3-venv-is-missing:python3-venv
    python3 -m venv --clear "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
cp "$wanted" "$venv/requirements.txt"
