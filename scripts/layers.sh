#!/usr/bin/env bash
# Checks that no crate knows what its layer must not know (docs/architecture.md, "Layers").
set -euo pipefail

# The names of all crates that a package is built with, tests left out.
built_with() {
    cargo tree --locked -p "$1" -e normal --prefix none --format '{p}' | cut -d' ' -f1 | sort -u
}

failed=0
# must_not PACKAGE NAME... : the package must be built without any of these.
must_not() {
    local package=$1 known name
    shift
    known=$(built_with "$package")
    for name in "$@"; do
        if grep -qx "$name" <<< "$known"; then
            echo "layers: $package must not know $name" >&2
            failed=1
        fi
    done
}

# The check itself must be able to fail: these crates are known to be there.
for seen in "actiond-core serde_json" "actiond-persistence diesel" "actiond-api actix-web"; do
    read -r package name <<< "$seen"
    if (must_not "$package" "$name"; exit $failed) 2> /dev/null; then
        echo "layers: the check is blind, it does not see $name in $package" >&2
        exit 1
    fi
done

must_not actiond-core actiond-persistence actiond-runner actiond-identity actiond-api \
    diesel libsqlite3-sys actix-web actix-rt tokio
must_not actiond-persistence actiond-runner actiond-identity actiond-api actix-web tokio
must_not actiond-runner actiond-persistence actiond-identity actiond-api diesel actix-web
must_not actiond-identity actiond-persistence actiond-runner actiond-api diesel actix-web
must_not actiond-api actiond-persistence actiond-runner actiond-identity diesel
must_not actiond-freezer actiond-core actiond-persistence actiond-runner actiond-identity actiond-api \
    diesel actix-web tokio

[ "$failed" = 0 ] && echo "layers: as docs/architecture.md draws them"
exit "$failed"
