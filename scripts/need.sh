#!/bin/sh
# Installs Debian packages whose command is missing: need.sh COMMAND[:PACKAGE]...
set -eu
PATH=$PATH:/usr/sbin
missing=
for need in "$@"; do
    command -v "${need%%:*}" > /dev/null 2>&1 || missing="$missing ${need##*:}"
done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "installing$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing > /dev/null
