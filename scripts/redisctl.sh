#!/bin/sh
# Builds redisctl, the command line of Redis Enterprise, from the registry into target/redisctl. It takes ten minutes.
set -eu
cd "$(dirname "$0")/.."
version=0.13.0
if [ "$(target/redisctl/bin/redisctl --version 2> /dev/null)" = "redisctl $version" ]; then
    exit 0
fi
# Neither optimized nor with what it stores secrets in: quicker to build, and the same client.
CARGO_PROFILE_DEV_DEBUG=false cargo install redisctl --version "=$version" --locked --debug --no-default-features \
    --features cloud,enterprise --root target/redisctl --target-dir target/redisctl/build
