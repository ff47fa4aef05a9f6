#!/bin/sh
# Installs Keystone for the tests, and makes an empty one that they copy: target/keystone/empty, whose
# user admin has the password "secret".
set -eu
cd "$(dirname "$0")/.."
venv=target/keystone
scripts/need.sh openssl
scripts/venv.sh "$venv" tests/keystone/requirements.txt
exec 9> "$venv.lock"
flock 9
[ ! -d "$venv/empty" ] || exit 0

# Its paths are those of the folder that it is run in.
making=$venv/making
rm -rf "$making"
mkdir -p "$making/fernet" "$making/credential"
cat > "$making/keystone.conf" << 'END'
[database]
connection = sqlite:///keystone.db
[cache]
enabled = true
backend = oslo_cache.dict
[identity]
# Passwords of tests need not withstand anybody.
password_hash_rounds = 4
[fernet_tokens]
key_repository = fernet
[fernet_receipts]
key_repository = fernet
[credential]
key_repository = credential
END
manage=$(pwd)/$venv/bin/keystone-manage
(
    cd "$making"
    chmod 700 fernet credential
    for setup in fernet_setup credential_setup; do
        "$manage" --config-file keystone.conf $setup --keystone-user "$(id -u)" --keystone-group "$(id -g)"
    done
    "$manage" --config-file keystone.conf db_sync
    "$manage" --config-file keystone.conf bootstrap --bootstrap-password secret
) > "$making/log" 2>&1 || { cat "$making/log" >&2; exit 1; }
: > "$making/log"
mv "$making" "$venv/empty"
