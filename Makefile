# Two commands hold on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# One more than CI has processors: much of the tests' time is waiting for the commands they start.
WORKERS ?= 3

.PHONY: help demo test quick lint types contracts gate unit rules end-to-end bench fuzz docs index schema clean

help:
	@echo "make demo        set up and run the main job on a made-up company; no account, no credentials"
	@echo "make test        everything: lint, types, import contracts, our own gate, tests, rule fixtures, the demo, the wheel"
	@echo "make quick       the same without what builds wheels or downloads much (says what it left out)"
	@echo "make bench       soc2gate against its peers, as ratios measured in one run"
	@echo "make fuzz        look for input that breaks the Terraform reader, for a minute (SECONDS=600 make fuzz)"
	@echo "make index       write rules/index.json again, after a change of rules or mappings"
	@echo "make docs        write the rules' pages, their index and the matrix again"
	@echo "make schema      write src/soc2gate/schema/data again from the installed cfn-lint and kubernetes client"

demo: $(VENV)/installed-demo
	$(BIN)/soc2gate demo

test: lint types contracts gate unit

quick: lint types contracts gate
	$(PYTEST) -n $(WORKERS) -m "not wheel and not checkov and not helm and not terraform"
	@echo "left out: the built wheel in a clean environment, soc2gate beside checkov, charts and overlays built by real helm"
	@echo "and kubectl (36 MB to download), and a deployment by real Terraform (74 MB to download); make test runs them"

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check src tests .github/action
	$(BIN)/ruff check src tests .github/action

types: $(VENV)/installed-dev
	$(BIN)/mypy

contracts: $(VENV)/installed-dev
	$(BIN)/lint-imports

# This repository is judged by itself; soc2gate.yaml says what of it is infrastructure.
gate: $(VENV)/installed-dev
	$(BIN)/soc2gate scan

unit: $(VENV)/installed-dev
	$(PYTEST) -n $(WORKERS)

rules: $(VENV)/installed-dev
	$(BIN)/soc2gate rules test

end-to-end: $(VENV)/installed-dev
	$(PYTEST) tests/end_to_end

bench: $(VENV)/installed-dev
	$(BIN)/python tests/benchmarks/bench.py

SECONDS ?= 60
fuzz: $(VENV)/installed-fuzz
	$(BIN)/python tests/unit/terraform_fuzz.py --seconds $(SECONDS)

docs: $(VENV)/installed-dev
	$(BIN)/soc2gate rules docs

index: $(VENV)/installed-dev
	$(BIN)/python -c 'from soc2gate.packs import index; index.rewrite()'

schema: $(VENV)/installed-dev
	$(BIN)/python -m soc2gate.schema.generate

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "soc2gate needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed-demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/installed-demo

$(VENV)/installed-fuzz: pyproject.toml $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis soc2gate-demo
