#!/bin/sh
# Installs the real clients that the tests drive, and apart from them, for its many dependencies, tempest.
set -eu
cd "$(dirname "$0")/.."
scripts/venv.sh target/clients tests/clients/requirements.txt
scripts/venv.sh target/tempest tests/clients/tempest-requirements.txt
