# Everything runs in .venv, which `make` builds itself from pinned, hashed packages.
PYTHON ?= python3
BIN := .venv/bin
FILES ?=
SCHEDULES ?= 20000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test check lock clean

help: ## what can be made here
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.venv/.ready: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@echo "Building .venv (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready ## the whole way, embedded: deploy hub and customers, announce, show the mails
	@$(BIN)/changecast demo $(FILES)

test: check ## everything CI runs: lint, types, all tests
	@$(BIN)/pytest

check: .venv/.ready ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock: .venv/.ready ## pin again what requirements/*.in and functions/requirements.in ask for
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.txt functions/requirements.in -o functions/requirements.txt

clean: ## remove what was built (not .venv)
	@rm -rf .aws-sam build .pytest_cache .mypy_cache .ruff_cache
