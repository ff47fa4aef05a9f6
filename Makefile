# What this project does from the command line. On a fresh Debian with a C compiler, Rust's stable
# toolchain and Python 3, every target installs what it needs.

.PHONY: help run test test-clients check bench

# Modules of tests/ that name their store, and would do the same again when the suite runs on PostgreSQL: what only an
# embedded store has, what is moved between both databases, and several servers, which are on PostgreSQL anyway.
NAME_THEIR_STORE = embedded moving several

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## Build, start on the embedded store, and print how to call it
	@scripts/need.sh curl pg_config:libpq-dev
	@scripts/demo-tree.sh data/demo
	cargo run --release --bin actiond -- serve --guide

test: ## Install what the tests need, and run them all, on SQLite and on PostgreSQL
	@scripts/need.sh curl haproxy pg_config:libpq-dev redis-server redis-cli:redis-tools
	@scripts/clients.sh
	@scripts/redis-enterprise.sh
	@scripts/keystone.sh
	@scripts/freezer-api.sh
	@scripts/venv.sh target/oslo tests/policy/requirements.txt
	cargo test --workspace
	ACTIOND_TEST_STORE=postgres cargo test -p actiond --test e2e -- $(NAME_THEIR_STORE:%=--skip %::)

test-clients: ## Build redisctl, which takes ten minutes, and test with it
	@scripts/need.sh curl pg_config:libpq-dev
	@scripts/redisctl.sh
	cargo test -p actiond --test e2e redisctl:: -- --ignored

check: ## Format, lints, layers, docs
	@scripts/need.sh pg_config:libpq-dev
	cargo fmt --all --check
	cargo fmt --manifest-path tests/redis_enterprise/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings
	scripts/layers.sh
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --quiet

bench: ## Measure, and write docs/benchmarks.md
	@scripts/need.sh wrk memcached pg_config:libpq-dev
	@status=0; scripts/bench.py || status=1; scripts/bench_freezer.py || status=1; exit $$status
