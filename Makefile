# `make demo` shows what TiefVision does; `make test` checks it; `make acceptance` checks it slowly, on real things.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: install demo test lint acceptance docs mutation bench-incremental bench-index bench-engines
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

# As many processes as the machine has cores. PYTEST_ARGS adds options, such as `--random-order` or a folder.
test: lint
	$(BIN)/python -m pytest -n logical --dist worksteal $(PYTEST_ARGS)

# A module at a time on each core; what is timed runs alone, after the rest. PYTEST_ARGS may leave one of them empty.
NONE_CHOSEN := 5
acceptance: $(INSTALLED)
	$(BIN)/python -m pytest -m "acceptance and not timed" -rs -n logical --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS) || [ $$? = $(NONE_CHOSEN) ]
	$(BIN)/python -m pytest -m timed -rs $(PYTEST_ARGS) || [ $$? = $(NONE_CHOSEN) ]

$(VENV)/.docs-installed: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

docs: $(VENV)/.docs-installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open build/site/index.html"

$(VENV)/.mutation-installed: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutation]'
	touch $@

# MUTATION_ARGS names modules and options: `make mutation MUTATION_ARGS="planning --survivors"`.
mutation: $(VENV)/.mutation-installed
	$(BIN)/python -m benchmarks.mutation $(MUTATION_ARGS)

BENCH ?= build/bench-incremental

bench-incremental: $(INSTALLED)
	mkdir -p $(BENCH) && rm -rf $(BENCH)/data
	$(BIN)/python -m benchmarks.incremental $(BENCH)

bench-index: $(INSTALLED)
	$(BIN)/python -m benchmarks.index

bench-engines: $(INSTALLED)
	for vectors in 100000 300000 1000000; do $(BIN)/python -m benchmarks.index_engines --vectors $$vectors || exit 1; done
