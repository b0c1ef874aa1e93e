# Everything runs in .venv, which `make` builds itself from pinned, hashed packages.
PYTHON ?= python3
BIN := .venv/bin
FILES ?=
MEASURES ?=
SCHEDULES ?= 20000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test check isolation simulate mutants bench bench-check lock

help: ## what can be made here
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

.venv/.ready: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@echo "Building .venv (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready ## the whole way, embedded: deploy hub and customers, announce, show the mails
	@$(BIN)/changecast demo $(FILES)

test: check build/.browser ## everything CI runs: lint, types, all tests
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# The mails are looked at in a real browser, and read by other people's mail programs.
build/.browser:
	@command -v chromium >/dev/null && command -v node >/dev/null && command -v npm >/dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium nodejs npm fonts-dejavu-core >/dev/null; }
	@mkdir -p build && touch $@

check: .venv/.ready ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

isolation: .venv/.ready build/policy-lint/.ready ## who can do what: 30 x 30 customers, every weakening, and the policy linters
	@$(BIN)/python -m tests.isolation
	@$(BIN)/python -m tests.isolation.lint
	@build/policy-lint/bin/cyclonedx-py requirements functions/requirements.txt --output-reproducible --outfile build/isolation/sbom.json

# The policy linters want older packages than we do, so they have a folder of their own.
build/policy-lint/.ready: requirements/policy-lint.txt .venv/.ready
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/policy-lint
	@$(BIN)/uv pip sync --quiet --python build/policy-lint/bin/python --require-hashes requirements/policy-lint.txt
	@touch $@

simulate: .venv/.ready ## nobody twice, nobody lost: SCHEDULES random schedules from SEED, every crash point, the pace
	@$(BIN)/python -m tests.simulation $(SCHEDULES) $(SEED)

mutants: .venv/.ready ## plant faults in the ledger and the sender, and print which test finds each
	@$(BIN)/python -m tests.mutants

bench: .venv/.ready ## one JSON line per measure; wall times are reported, CPU and counts are gated
	@$(BIN)/python -m benchmarks $(MEASURES)

bench-check: .venv/.ready ## bench again; fails where a figure is more than 15 % worse than the baseline
	@$(BIN)/python -m benchmarks --check $(MEASURES)

lock: .venv/.ready ## pin again what requirements/*.in and functions/requirements.in ask for
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.txt functions/requirements.in -o functions/requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/policy-lint.in -o requirements/policy-lint.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/maintnote.in -o requirements/maintnote.txt
