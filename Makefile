# `make run` shows the worked example and, on a terminal, serves it; `make test` runs every check.
PYTHON ?= python3
BIN := .venv/bin
EXAMPLE := examples/engineering-support

.PHONY: run setup setup-dev test check gate bench soak lock clean

run: setup
	@$(BIN)/holdfast demo $(EXAMPLE)
	@if [ -t 1 ] && [ -z "$$CI" ]; then $(BIN)/holdfast up $(EXAMPLE); fi

setup: .venv/.ready

setup-dev: .venv/.ready-dev

# Every package by name, version and hash; then the project itself; then the embedding model's wheel.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Holdfast needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "setup: installing packages (about a minute, once)" >&2
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/holdfast models get
	@command -v tesseract >/dev/null || echo "setup: optional: tesseract is not installed; scanned pages will be listed as needing OCR" >&2
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

test: setup-dev check
	@$(BIN)/python -m pytest -n 3 --dist worksteal

check: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

# The example's golden cases gate the project, offline: fails when answers got worse than golden/baseline.json.
# After a change that is meant: `holdfast eval EXAMPLE --save-baseline EXAMPLE/golden/baseline.json`, and commit it.
gate: setup
	@$(BIN)/holdfast eval $(EXAMPLE)

# The figures of docs/measurements.md; about an hour on two cores. HOLDFAST_DATA names the data sets.
bench: setup-dev
	@test -n "$$HOLDFAST_DATA" || { echo "bench: set HOLDFAST_DATA to the folder of the data sets" >&2; exit 2; }
	@for set in "$$HOLDFAST_DATA"/retrieval/*/; do $(BIN)/holdfast bench retrieval "$$set" --json; done
	@$(BIN)/python bench/answer_path.py $(EXAMPLE)
	@$(BIN)/python bench/example.py $(EXAMPLE)
	@$(BIN)/python bench/support.py
	@$(BIN)/python bench/guardrails.py
	@$(BIN)/python bench/sync.py "$$HOLDFAST_DATA/retrieval/scifact"
	@$(BIN)/python bench/embedding.py "$$HOLDFAST_DATA/retrieval/scifact/corpus.jsonl"
	@$(BIN)/python bench/reading.py
	@$(BIN)/python bench/pdf_tables.py
	@$(BIN)/python bench/pdf_order.py
	@$(BIN)/python bench/choosing.py
	@$(BIN)/python bench/fault_matrix.py
	@$(BIN)/python bench/storm.py
	@$(BIN)/python bench/model_overhead.py
	@$(BIN)/python bench/reply_cache.py
	@$(BIN)/python bench/workbench.py
	@$(BIN)/python bench/drafts_at_once.py
	@$(BIN)/python bench/quality.py
	@$(BIN)/python bench/eval_speed.py $(EXAMPLE)
	@$(BIN)/python bench/changes.py $(EXAMPLE)
	@$(BIN)/python bench/gate_example.py

# What takes hours or gigabytes: a day of changes, 100,000 searches for leaks, 50 kills, sizes up to 300,000, hostile files, thousands of requests.
soak: setup-dev
	@test -n "$$HOLDFAST_DATA" || { echo "soak: set HOLDFAST_DATA to the folder of the data sets" >&2; exit 2; }
	@$(BIN)/python bench/leaks.py
	@HOLDFAST_KILLS=50 $(BIN)/python -m pytest tests/stages/indexing/test_index_kills.py
	@HOLDFAST_API_EXAMPLES=1000 $(BIN)/python -m pytest --timeout 3600 tests/web/test_described.py
	@$(BIN)/python bench/soak.py
	@$(BIN)/python bench/scale.py
	@$(BIN)/python bench/hostile.py

lock:
	@uv pip compile --quiet pyproject.toml --extra providers --extra postgres --group build --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header --output-file requirements.lock
	@uv pip compile --quiet pyproject.toml --extra providers --extra postgres --group build --group dev --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header --output-file requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis
