# Two commands on a machine with Python 3.11 or newer: `make demo`, `make test`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# The developers' environment, and the smaller one of the demo without their tools.
VENV ?= .venv
DEMO_VENV ?= .venv-demo
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_READY := $(DEMO_VENV)/.ready
# Servers that others wrote, each in an environment of its own: they want other versions of the same libraries.
FOREIGN := .venv-moto .venv-ministack
JOBS ?= auto
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-setup demo-athena test test-all test-thorough check format lint types contracts packaging \
	trino trino-quick trino-hive trino-hive-quick foreign bench bench-quick kills harden sbom lock screenshots snapshots \
	clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Install into an environment: $(call install,ENVIRONMENT,REQUIREMENT). On a terminal one line shows pip's progress.
define install
	@test -n "$(PYTHON)" || { echo "ssmtrail needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setting up $(1) with $(PYTHON), once"
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e '$(2)' | \
		if test -t 1; then awk '/^ *(Collecting|Obtaining|Downloading|Building|Installing)/ {printf "\r\033[K  %.70s", $$0; fflush()} END {printf "\r\033[K"}'; \
		else cat >/dev/null; fi
endef

$(READY): pyproject.toml constraints.txt
	$(call install,$(VENV),.[dev])
	@touch $@

$(DEMO_READY): pyproject.toml constraints.txt
	$(call install,$(DEMO_VENV),.)
	@touch $@

setup: $(READY) ## make the developers' environment

demo: $(DEMO_READY) ## open the app on the demo data
	@$(DEMO_VENV)/bin/ssmtrail demo

demo-setup: $(DEMO_READY) ## make the environment of the demo alone: no developers' tools

demo-athena: $(READY) ## open the app on the demo data in an emulated Athena, without AWS
	@$(BIN)/python -m tests.demo_athena

# Each process of the tests would compile every module again where no bytecode may be written.
test test-all test-thorough: export PYTHONDONTWRITEBYTECODE :=
test test-all test-thorough: export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/.bytecode

test: $(READY) ## run the quick tests: five sixths of all, in a third of the time
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow"

test-all: $(READY) ## run all tests, as CI does
	$(BIN)/python -m pytest -n $(JOBS)

test-thorough: $(READY) ## the same with many more seeds and examples
	SSMTRAIL_THOROUGH=1 $(BIN)/python -m pytest -n $(JOBS) --timeout 3600

check: lint types contracts test ## format, lint, types, import contracts, quick tests

format: $(READY) ## format the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

packaging: $(READY) ## wheel, sdist, wheel from the sdist, editable, pipx and uv installs, each Python that is here
	$(BIN)/python -m tests.packaging

trino: $(READY) ## try the SQL for Athena on a real Trino (Java 17 or newer, Maven; fetches 90 MB once)
	$(BIN)/python -m tests.trino $(TRINO)

trino-quick: $(READY) ## the same on the four kinds of table that differ most, in about a minute
	$(BIN)/python -m tests.trino --quick

trino-hive: $(READY) ## tables in partitions on a real Hive connector: each query reads its days alone (fetches 230 MB once)
	$(BIN)/python -m tests.trino.partitions $(TRINO)

trino-hive-quick: $(READY) ## the same on the four forms of partitions that differ most, in under two minutes
	$(BIN)/python -m tests.trino.partitions --quick

# Where a server cannot be installed its tests are skipped, and say so.
$(FOREIGN:%=%/.ready): .venv-%/.ready: tests/foreign/requirements-%.txt
	@echo "setting up .venv-$* with $(PYTHON), once"
	-@$(PYTHON) -m venv .venv-$* && \
		.venv-$*/bin/python -m pip install --disable-pip-version-check -q -r $< && touch $@

foreign: $(READY) $(FOREIGN:%=%/.ready) ## run the command line against moto and ministack, servers that others wrote; two minutes
	@test ! -e .venv-moto/.ready || export SSMTRAIL_MOTO=$(abspath .venv-moto)/bin/moto_server; \
		test ! -e .venv-ministack/.ready || export SSMTRAIL_MINISTACK=$(abspath .venv-ministack)/bin/ministack; \
		$(BIN)/python -m pytest --timeout 900 tests/foreign

bench: $(READY) ## measure, one line a figure; ONLY='NAME ...' measures the figures with these parts in their names
	$(BIN)/python -m tests.bench $(ONLY)

bench-quick: $(READY) ## the same at smaller sizes, under two minutes
	$(BIN)/python -m tests.bench --quick $(ONLY)

kills: $(READY) ## kill what fetches from Athena at fifty moments; a few minutes
	SSMTRAIL_KILLS=50 $(BIN)/python -m pytest -q --timeout 1800 tests/queries/athena/test_crashes.py

harden: $(READY) ## run the campaigns of attacks, write docs/hardening.md; SCALE=0.1 runs a tenth
	$(BIN)/python -m tests.campaigns --scale $(or $(SCALE),1) --seed $(or $(SEED),1)

sbom: $(READY) ## write sbom.cdx.json, the run-time parts as CycloneDX
	@$(BIN)/python -m tests.sbom sbom.cdx.json

lock: ## make requirements.lock again, with uv: every pinned version with the hashes of its files
	uv pip compile pyproject.toml --extra dev -c constraints.txt --generate-hashes --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url -o requirements.lock

screenshots: $(READY) ## draw screenshots/ again from the demo data: SVG, PNG and the recording
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[pictures]'
	$(BIN)/python -m tests.screenshots
	$(BIN)/python -m tests.recording

snapshots: $(READY) ## accept the snapshots as they are now; look at each of them first
	$(BIN)/python -m pytest -n $(JOBS) --snapshot-update

clean: ## remove everything that these targets made
	rm -rf $(VENV) $(DEMO_VENV) $(FOREIGN) .mypy_cache .ruff_cache .pytest_cache .bench .import_linter_cache
