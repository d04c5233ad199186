# `make up` deploys the five systems to the embedded control plane; `make test` runs every test.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup up down test soak unit check format golden schemas bench lock clean

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.complete ## Make .venv with everything, so that .venv/bin/naru is the command.

.venv/.complete: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Naru needs Python 3.11 or newer, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

up: setup ## Deploy the five systems to the embedded control plane, from nothing or as an update.
	$(BIN)/naru local up
	$(BIN)/naru up --stack local --yes

down: setup ## Stop the embedded control plane; its data stays.
	$(BIN)/naru local down

test: setup check unit ## Everything the tests need, then all of them.
	$(BIN)/pytest tests/integration --numprocesses 2 --dist loadfile --ignore tests/integration/test_performance.py
	$(BIN)/pytest tests/integration/test_performance.py
	$(BIN)/pytest tests/e2e --numprocesses 2 --dist loadfile

soak: setup ## Roll back twenty times in a row with each strategy, and print how long it took.
	NARU_SOAK_ROUNDS=20 $(BIN)/pytest tests/e2e/test_rollback.py

unit: setup ## The tests that take seconds.
	$(BIN)/pytest tests/unit --numprocesses 2

check: setup ## Format, lint, types, the one-way imports, and all files of all stacks.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/naru check
	$(BIN)/naru seal --check

format: setup ## Format the code and mend what a linter can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: setup ## Rewrite the golden file of each stack; read the difference as a change of infrastructure.
	$(BIN)/pytest tests/unit/test_golden.py --golden

schemas: setup ## Generate the JSON Schemas of the catalog's, releases' and stacks' files.
	$(BIN)/naru schema

bench: setup ## Measure rendering, previews and updates side by side, and print ratios.
	$(BIN)/python -m benchmarks

lock: setup ## Compile requirements.txt from pyproject.toml.
	$(BIN)/uv pip compile --quiet --group dev --universal --generate-hashes --no-annotate --no-header --output-file requirements.txt pyproject.toml

clean: ## Remove the virtual environment and caches; the control plane's data stays.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build
