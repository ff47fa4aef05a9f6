#!/bin/sh
# Builds the clients in tests/redis_enterprise, which take some minutes the first time.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --locked --manifest-path tests/redis_enterprise/Cargo.toml --target-dir target/redis-enterprise
