#!/bin/sh
# Installs what a requirements file names into a virtual environment of the project's own:
# venv.sh FOLDER REQUIREMENTS. Does nothing when it is there already.
set -eu
cd "$(dirname "$0")/.."
venv=$1 wanted=$2
mkdir -p "$(dirname "$venv")"
# Tests that run at once wait for the first.
exec 9> "$venv.lock"
flock 9
if cmp -s "$wanted" "$venv/requirements.txt"; then
    exit 0
fi
echo "installing $wanted into $venv" >&2
if ! python3 -m venv --clear "$venv" 2> /dev/null; then
    # Debian keeps the module apart.
    scripts/need.sh python3-venv-is-missing:python3-venv
    python3 -m venv --clear "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
cp "$wanted" "$venv/requirements.txt"
