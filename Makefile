# `make demo` shows the tool at work, `make test` runs everything. Both build their own environment in $(VENV).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
DEMO := fixtures/projects/legacy_pipeline

.PHONY: demo test lint corpus generated prove bench profile bench-runtime bench-scale bench-ablation bench-masked bench-models clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

# findings are expected (exit code 1); anything else that goes wrong is not
demo: $(STAMP)
	@echo
	@echo 'fixtures/projects/legacy_pipeline is a small ML pipeline that works: it reads tables, trains, writes a manifest,'
	@echo 'checkpoints, metrics and an index. Every run can still write other bytes, leave half a file behind, or go on with a'
	@echo 'made-up value. The tool reads all of it as one program and shows the way from the cause to the file:'
	@echo
	@echo '$$ sst-lint check $(DEMO)     (paths below are relative to that project)'
	@echo
	@$(BIN)/sst-lint check $(DEMO) || test $$? -eq 1
	@echo
	@echo 'Each finding belongs to a rule, and each rule says why it exists and what to write instead:'
	@echo
	@echo '$$ sst-lint explain SST201'
	@echo
	@$(BIN)/sst-lint explain SST201
	@echo
	@$(BIN)/python -m tests.fixes.demo .demo
	@echo
	@echo 'What to do next:'
	@echo '  $(BIN)/sst-lint check YOUR_PROJECT'
	@echo '      the same on your own code; nothing is changed, nothing is sent anywhere'
	@echo '  $(BIN)/sst-lint rules'
	@echo '      all rules; `explain` says what each means'
	@echo '  README.md, docs/how-it-decides.md'
	@echo '      configuration; what the tool knows, what it guesses, what it cannot see'

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(STAMP) lint
	$(BIN)/python -m pytest -n 2

# the long form of the properties: the command on a file of 60,000 lines, the standard library and all that is installed
corpus: $(STAMP)
	$(BIN)/python tests/properties/corpus.py

# 10,000 generated programs all the way (some seven minutes of one core)
generated: $(STAMP)
	$(BIN)/python tests/properties/generated.py

# the long form of the runtime's proof (about a quarter of an hour); writes its figures into docs/proof.md
prove: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m tests.runtime.proof --write docs/proof.md --readme README.md

# speed beside other tools; they come into an environment of their own. LINES and ROUNDS are for longer ones
LINES ?= 30000
ROUNDS ?= 3
bench:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check . ruff flake8 flake8-bugbear fixit pylint
	$(PYTHON) -m venv .venv-bench/semgrep
	.venv-bench/semgrep/bin/python -m pip install --quiet --disable-pip-version-check semgrep
	PATH="$(CURDIR)/.venv-bench/semgrep/bin:$$PATH" .venv-bench/bin/python bench/speed/run.py --lines $(LINES) \
		--rounds $(ROUNDS) --bin .venv-bench/bin .venv-bench/semgrep/bin \
		--write bench/speed/RESULTS.md --plot bench/speed/plot.svg

# where the time of one run goes
profile: $(STAMP)
	$(BIN)/python bench/speed/run.py --profile

bench-runtime: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python bench/runtime/run.py --write bench/runtime/RESULTS.md

# growth of time and memory, and shapes that are known to be hard. SIZES=10000,100000,1000000 needs memory and an hour
SIZES ?= 10000,50000,200000,500000
bench-scale: $(STAMP)
	$(BIN)/python bench/scale/run.py --sizes $(SIZES) --write bench/scale/RESULTS.md

# what each feature of the linker buys
bench-ablation: $(STAMP)
	$(BIN)/python bench/ablation/run.py --write bench/ablation/RESULTS.md

# what rests on names alone
bench-masked: $(STAMP)
	$(BIN)/python bench/masked/run.py --write bench/masked/RESULTS.md

# the library models beside the libraries: only what is installed in this environment is checked
bench-models: $(STAMP)
	$(BIN)/python bench/models/run.py --write bench/models/RESULTS.md

clean:
	rm -rf $(VENV) .venv-bench build dist .pytest_cache .mypy_cache .ruff_cache .demo
