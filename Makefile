# `make demo` shows what TiefVision does; `make test` checks it; `make acceptance` checks it slowly, on real things.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check
# uv installs in a quarter of pip's time. INSTALLER=pip heeds pip's configuration, such as a mirror; uv has its own.
INSTALLER ?= uv
INSTALL := $(if $(filter pip,$(INSTALLER)),$(PIP) install,$(BIN)/uv pip install --compile-bytecode --python $(BIN)/python) --quiet
export UV_HTTP_TIMEOUT ?= 180

.PHONY: install demo test test-lowest lint acceptance docs client mutation fuzz lock sbom audit messages
.PHONY: bench bench-million bench-incremental bench-index bench-engines
.DEFAULT_GOAL := demo

# Exactly the files that were locked; nothing is resolved, and what is built is built by the locked setuptools.
$(INSTALLED): pyproject.toml requirements/dev.lock requirements/installer.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes -r requirements/installer.lock
	$(INSTALL) --require-hashes -r requirements/dev.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
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
	$(BIN)/python -m pytest -m "acceptance and not timed" -rsR -n logical --dist loadfile --durations 40 --no-loadscope-reorder $(PYTEST_ARGS) || [ $$? = $(NONE_CHOSEN) ]
	$(BIN)/python -m pytest -m timed -rsR $(PYTEST_ARGS) || [ $$? = $(NONE_CHOSEN) ]

docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open build/site/index.html"

# The message files of the app's languages, with the texts that the code has now; prints what is left to translate.
messages: $(INSTALLED)
	$(BIN)/python -m tiefvision_ui.language.extraction

# The client as the API's description has it now. The generator has an environment of its own: it wants an older Typer.
GENERATOR := openapi-python-client==0.29.1
client: $(INSTALLED)
	mkdir -p build
	$(BIN)/python -m tiefvision_ui.http.api.description > build/openapi.json
	$(BIN)/uv tool run --from $(GENERATOR) openapi-python-client generate --path build/openapi.json \
		--config requirements/client.yaml --meta none --output-path tiefvision_assets/client --overwrite

# Extras that few commands need, and no lock file has: bench, mutation, fuzz, supply.
$(VENV)/.%-installed: $(INSTALLED)
	$(INSTALL) --editable '.[$*]'
	touch $@

# MUTATION_ARGS names modules and options: `make mutation MUTATION_ARGS="planning --survivors"`.
mutation: $(VENV)/.mutation-installed
	$(BIN)/python -m benchmarks.mutation $(MUTATION_ARGS)

# FUZZ_ARGS names targets and options: `make fuzz FUZZ_ARGS="photos where --seconds 600"`.
fuzz: $(VENV)/.fuzz-installed
	$(BIN)/python -m benchmarks.fuzz $(FUZZ_ARGS)

# Keeps the versions that are locked, as far as pyproject.toml allows; LOCK_ARGS=--upgrade takes the newest ones.
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11.5 --generate-hashes --no-annotate --no-header --quiet

lock: $(INSTALLED)
	$(COMPILE) $(LOCK_ARGS) pyproject.toml --extra dev --extra docs -o requirements/dev.lock
	echo uv | $(COMPILE) $(LOCK_ARGS) - -o requirements/installer.lock
	sed -i "s/ ; python_full_version < '3.15' and sys_platform == 'linux'//" requirements/*.lock

# The other end of pyproject's ranges: the oldest versions that it admits. No part of CI.
LOWEST := build/lowest
LOWEST_TESTS ?= tests/store tests/search tests/models tests/vision tests/cli tests/ui/http tests/test_settings.py \
	tests/orchestration/test_run.py

test-lowest: $(INSTALLED)
	mkdir -p $(LOWEST)
	$(BIN)/uv pip compile --resolution lowest-direct --quiet pyproject.toml --extra dev -o $(LOWEST)/requirements.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)/venv
	$(BIN)/uv pip install --quiet --python $(LOWEST)/venv/bin/python -r $(LOWEST)/requirements.txt
	$(BIN)/uv pip install --quiet --python $(LOWEST)/venv/bin/python --no-deps --editable .
	$(LOWEST)/venv/bin/python -m pytest -n logical $(LOWEST_TESTS)

sbom: $(VENV)/.supply-installed
	mkdir -p build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application -o build/sbom.json requirements/dev.lock
	@echo "build/sbom.json"

# Asks a service of known vulnerabilities (PyPI's, or OSV's by AUDIT_ARGS="-s osv") about every locked version.
audit: $(VENV)/.supply-installed
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements/dev.lock $(AUDIT_ARGS)

# What it costs beside what others would use, in one run and one table; under 20 minutes on two cores.
# BENCH_ARGS names photos, sections and options: `make bench BENCH_ARGS="--photos FOLDER --sections catalogue --full"`.
bench: $(VENV)/.bench-installed
	$(BIN)/python -m benchmarks.bench $(BENCH_ARGS)

BENCH ?= build/bench-incremental

bench-incremental: $(INSTALLED)
	mkdir -p $(BENCH) && rm -rf $(BENCH)/data
	$(BIN)/python -m benchmarks.incremental $(BENCH)

MILLION ?= build/bench-million

# MILLION_ARGS="--photos 100000" tries it on fewer; three sizes, a tenth of the photos first, under 40 minutes on two cores.
bench-million: $(INSTALLED)
	$(BIN)/python -m benchmarks.million $(MILLION) $(MILLION_ARGS)

bench-index: $(INSTALLED)
	$(BIN)/python -m benchmarks.index

bench-engines: $(INSTALLED)
	for vectors in 100000 300000 1000000; do $(BIN)/python -m benchmarks.index_engines --vectors $$vectors || exit 1; done
