# `make demo` shows the tool at work, `make test` runs everything. Both build their own environment in $(VENV).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

.PHONY: demo test lint corpus prove bench-runtime clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

demo: $(STAMP)
	-$(BIN)/sst-lint check fixtures/projects/legacy_pipeline

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(STAMP) lint
	$(BIN)/python -m pytest -n 2

# the long form of the properties: the command on a file of 60,000 lines, the standard library and all that is installed
corpus: $(STAMP)
	$(BIN)/python tests/properties/corpus.py

# the long form of the runtime's proof (about a quarter of an hour); writes its figures into docs/proof.md
prove: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m tests.runtime.proof --write docs/proof.md

bench-runtime: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python bench/runtime/run.py --write bench/runtime/RESULTS.md

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .demo
