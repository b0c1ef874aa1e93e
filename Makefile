# Everything runs in .venv, which `make` builds itself from pinned, hashed packages.
PYTHON ?= python3
BIN := .venv/bin
FILES ?=
MEASURES ?=
SCHEDULES ?= 20000
SEED ?= 1
FROM ?= HEAD
# Keep byte code even if the machine is set not to: without it, every process that the tests
# start compiles boto3 and everything else again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test collect test-seconds test-cpu check isolation game-day simulate mutants bench bench-check lock upgrade-test release-check wheel wheel-demo licences docs docs-reference docs-pictures screenshots docs-links mail-gallery mail-score

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

.venv/.ready: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@echo "Building .venv (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready ## deploy a hub and three customers in an embedded cloud, announce, show the mails
	@$(BIN)/changecast demo $(FILES)

# It ends by itself: after 25 failures, or after 70 minutes.
test: .venv/.ready build/.browser ## run everything that CI runs: the checks, the documentation site, all tests
	@$(MAKE) --no-print-directory --jobs 2 --output-sync collect check docs
	@$(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder --junitxml=build/test-results.xml \
	  --maxfail=25 --session-timeout=4200 --durations=15

# Five workers that start at the same time would each compile every test module.
collect: .venv/.ready ## import all tests once, which leaves their byte code for the workers
	@mkdir -p build
	@$(BIN)/pytest --collect-only -q > build/collected.txt || { tail -n 40 build/collected.txt; exit 1; }

test-seconds: .venv/.ready ## print how long each suite took in the last `make test`
	@$(BIN)/python -m tests.seconds

test-cpu: .venv/.ready ## run the unit and contract tests; print the CPU seconds that they take
	@$(BIN)/python -m tests.seconds cpu

# Tests look at the mails in a real browser, and read them with other mail programs' parsers.
build/.browser:
	@command -v chromium >/dev/null && command -v node >/dev/null && command -v npm >/dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-noto-core \
	    fonts-noto-cjk fonts-noto-color-emoji >/dev/null; \
	    command -v npm >/dev/null || DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; }
	@mkdir -p build && touch $@

check: .venv/.ready ## run ruff, mypy --strict and import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo --cache-dir build/import-linter
	@$(BIN)/mypy

isolation: .venv/.ready build/policy-lint/.ready ## prove who can do what: every pair of 30 customers, every weakened policy, the policy linters
	@$(BIN)/python -m tests.isolation
	@$(BIN)/python -m tests.isolation.lint
	@build/policy-lint/bin/cyclonedx-py requirements functions/requirements-customer.txt --output-reproducible --outfile build/isolation/sbom-customer.json
	@build/policy-lint/bin/cyclonedx-py requirements functions/requirements-hub.txt --output-reproducible --outfile build/isolation/sbom-hub.json

# The policy linters need older packages than we do, so they have their own folder.
build/policy-lint/.ready: requirements/policy-lint.txt .venv/.ready
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/policy-lint
	@$(BIN)/uv pip sync --quiet --python build/policy-lint/bin/python --require-hashes requirements/policy-lint.txt
	@touch $@

game-day: .venv/.ready ## plant every fault that has a repair in the embedded cloud, and run the repair
	@$(BIN)/pytest --heavy tests/gameday

mail-gallery: .venv/.ready build/.browser ## write every kind of mail in every language, as Gmail and Outlook show it: build/mail-gallery
	@$(BIN)/python -m tests.gallery

# SpamAssassin brings some 30 packages of Perl, so it has a target of its own, outside make test.
mail-score: .venv/.ready ## score every kind of mail in every language with SpamAssassin
	@command -v spamassassin >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends spamassassin >/dev/null; }
	@$(BIN)/pytest --heavy tests/integration/mails/test_spam_score.py

simulate: .venv/.ready ## run SCHEDULES random schedules of faults from SEED; fails if a mail is lost or sent twice
	@$(BIN)/python -m testbed.simulation $(SCHEDULES) $(SEED)

# FROM is a commit or tag. If its code is the same as here, it is marked as another release.
upgrade-test: .venv/.ready ## deploy FROM, put changes into every state, upgrade and go back; fails if anybody is lost or told twice
	@$(BIN)/python -m tests.upgrade --from $(FROM)

mutants: .venv/.ready ## plant faults in the product, and print which test finds each
	@$(BIN)/python -m tests.mutants

bench: .venv/.ready ## measure what takes less than 15 minutes, or MEASURES; one JSON line per figure
	@$(BIN)/python -m benchmarks $(MEASURES)

bench-check: .venv/.ready ## measure again; fails if a figure is more than 15% worse than the baseline
	@$(BIN)/python -m benchmarks --check $(MEASURES)

docs: build/docs-env/.ready ## build the documentation site, build/docs/index.html; a warning is an error
	@build/docs-env/bin/sphinx-build -q -n -W --keep-going -b html docs build/docs

docs-links: build/docs-env/.ready ## check that every address outside the documentation answers
	@build/docs-env/bin/sphinx-build -q -b linkcheck docs build/docs-links

docs-reference: .venv/.ready ## write docs/reference/ from the program, the schemas and the templates
	@$(BIN)/python -m testbed.reference

screenshots: .venv/.ready build/.browser ## make docs/pictures/console.png: the console's overview as a browser shows it
	@$(BIN)/python -m tests.screenshots

docs-pictures: .venv/.ready build/.browser ## make docs/pictures/ from the samples: a mail as a browser shows it
	@$(BIN)/python -m testbed.pictures

# The tool for the site has its own folder, because the product contains nothing of it.
build/docs-env/.ready: requirements/docs.txt .venv/.ready
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/docs-env
	@$(BIN)/uv pip sync --quiet --python build/docs-env/bin/python --require-hashes requirements/docs.txt
	@touch $@

# In this order, because each step is quicker to repair than the next one.
release-check: ## everything before a release: make test, isolation, the wheel, its demo, the licences, upgrades from FROM
	@echo "1/6 checks, documentation site, all tests" && $(MAKE) --no-print-directory test
	@echo "2/6 who can do what, and the policy linters" && $(MAKE) --no-print-directory isolation
	@echo "3/6 sdist and wheel" && $(MAKE) --no-print-directory wheel
	@echo "4/6 the installed command in an empty folder" && $(MAKE) --no-print-directory wheel-demo
	@echo "5/6 SBOM and licences" && $(MAKE) --no-print-directory licences
	@echo "6/6 upgrades from $(FROM), and ways back" && $(MAKE) --no-print-directory upgrade-test FROM=$(FROM)
	@grep -m 1 '^## ' CHANGELOG.md | grep -q -- ' - ' || echo "Before the tag: write the date into CHANGELOG.md."
	@echo "Ready for release."

wheel: .venv/.ready ## build sdist and wheel, and install the wheel into an empty environment: build/release
	@$(BIN)/python -m tests.release.wheel

wheel-demo: .venv/.ready ## run the installed wheel (make wheel) in an empty folder: help, validate, demo
	@$(BIN)/python -m tests.release.wheel demo

licences: .venv/.ready build/policy-lint/.ready ## write the SBOM of the installed wheel (make wheel); fails if a licence is unknown
	@build/policy-lint/bin/cyclonedx-py environment build/release/environment/bin/python --PEP-639 --output-reproducible --outfile build/release/sbom.json
	@$(BIN)/python -m tests.release.licences

lock: .venv/.ready ## pin again what requirements/*.in and functions/requirements-*.in ask for
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.txt functions/requirements-customer.in -o functions/requirements-customer.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements/dev.txt functions/requirements-hub.in -o functions/requirements-hub.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/policy-lint.in -o requirements/policy-lint.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/docs.in -o requirements/docs.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/maintnote.in -o requirements/maintnote.txt
