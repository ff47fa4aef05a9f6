#!/bin/sh
# Installs the real clients that the tests drive.
exec "$(dirname "$0")/venv.sh" target/clients tests/clients/requirements.txt
