# make run    the default study with all cores; TARGET=<file> makes that alone
# make test   linters and all tests but the longest; MARK= runs these too
# make bench  speed of the spectra beside other tools, in turn
# All make the environment .venv first, where it is missing or older than the lock.

PYTHON ?= python3
BIN := .venv/bin
CORES ?= all
MARK ?= not long

.PHONY: run test bench lint format lock clean

run: .venv/ready
	@$(BIN)/weightscape unlock
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES) $(TARGET)

# Two files at a time, in the order of their names; threads that wait leave the cores to the others.
test: lint
	OMP_WAIT_POLICY=passive $(BIN)/pytest -m "$(MARK)" \
	  --numprocesses 2 --dist loadfile --no-loadscope-reorder

bench: .venv/ready
	$(BIN)/python -m benchmarks speed

lint: .venv/ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint

format: .venv/ready
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/snakefmt Snakefile workflow
	$(BIN)/weightscape schema > workflow/schemas/config.schema.json
	$(BIN)/weightscape dictionary > results/README.md
	$(BIN)/weightscape catalogue > docs/catalogue.md

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4))' \
	  || { echo "weightscape needs Python 3.11.4 or newer; try make PYTHON=python3.12"; exit 1; }
	@echo "Installing the environment into .venv (6 GB, some minutes) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Resolves for every Python that the project supports; uv is needed for this alone.
lock:
	uv pip compile pyproject.toml --group dev --extra formats --extra study --extra text-to-image --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements.lock

clean:
	rm -rf .venv .snakemake
