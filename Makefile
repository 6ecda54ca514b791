# `make demo` shows what TiefVision does; `make test` checks it; `make acceptance` checks it slowly, on real things.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: install demo test lint acceptance bench-incremental bench-index bench-engines
.DEFAULT_GOAL := demo

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(INSTALLED)

install: $(INSTALLED)

demo: $(INSTALLED)
	$(BIN)/tiefvision demo

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/oxlint --deny-warnings tiefvision_ui tests
	$(BIN)/dagster definitions validate -w workspace.yaml

test: lint
	$(BIN)/python -m pytest

acceptance: $(INSTALLED)
	$(BIN)/python -m pytest -m acceptance -rs

BENCH ?= build/bench-incremental

bench-incremental: $(INSTALLED)
	mkdir -p $(BENCH) && rm -rf $(BENCH)/data
	$(BIN)/python -m benchmarks.incremental $(BENCH)

bench-index: $(INSTALLED)
	$(BIN)/python -m benchmarks.index

bench-engines: $(INSTALLED)
	for vectors in 100000 300000 1000000; do $(BIN)/python -m benchmarks.index_engines --vectors $$vectors || exit 1; done
