# Needs only python3 (3.11 or newer), python3-venv and make: neither git nor a compiler. The first target that
# needs it makes .venv from the lock; it is made again when the lock or pyproject.toml changes.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# One process a core, at most four, as each may run real servers; ARGS="-n 0" takes one for a debugger.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
STAMP := $(VENV)/.installed
UV := .cache/uv
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV)/bin/uv pip compile --quiet --no-config \
	--universal --python-version 3.11 --generate-hashes --upgrade

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install check fmt test fuzz fuzz-covered interleave golden demo bench scale soak proof lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## Make .venv from the lock, with logtell in it (editable)

check: $(STAMP) ## Everything CI runs: lint, format, types, spelling, rules, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict rules
	$(BIN)/codespell
	$(BIN)/logtell check
	$(PYTEST) $(ARGS)

fmt: $(STAMP) ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(STAMP) ## Run the tests; for example: make test ARGS="-k rotation -x"
	@$(PYTEST) $(ARGS)

fuzz: $(STAMP) ## Throw any bytes at every format; for example: make fuzz ARGS="--minutes 5 --seed 1"
	@$(BIN)/python -m tests.fuzz $(ARGS)

fuzz-covered: $(STAMP) ## The same, towards new branches, by atheris; for example: make fuzz-covered ARGS="--minutes 5"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
		--no-deps --require-hashes -r requirements-fuzz.lock
	@$(BIN)/python -m tests.fuzz_covered $(ARGS)

interleave: $(STAMP) ## Rotate between any two system calls of a look; for example: make interleave ARGS="--seconds 300"
	@$(BIN)/python -m tests.agent.interleaved $(ARGS)

golden: $(STAMP) ## Write the golden files of the tests anew; read the difference
	@$(BIN)/python -m tests.golden --rewrite

demo: $(STAMP) ## Watch logtell work on growing sample logs, about 20 seconds
	@$(BIN)/logtell demo

bench: $(STAMP) ## Measure logtell beside mtail on a million lines (minutes)
	@$(BIN)/python -m benchmarks $(ARGS)

scale: $(STAMP) ## Measure what following 1, 100 and 10,000 files costs (ten minutes)
	@$(BIN)/python -m benchmarks.scale $(ARGS)

soak: $(STAMP) ## Prove that nothing is lost or counted twice; for example: make soak ARGS="--minutes 20 --seed 1"
	@$(BIN)/logtell selftest $(ARGS)

proof: ## Prove `make demo` and `make test` in a bare Debian 12 (root and mmdebstrap; minutes)
	@tests/proof/bare_root.sh

lock: $(UV)/bin/uv ## Lock the newest versions that pyproject.toml allows
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock

# bin/pip is asked for, not bin/python: without python3-venv a first try leaves an environment that has no pip.
# Only wheels, so that nothing ever needs a compiler.
$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11. fix: make PYTHON=python3.11 (or newer)" >&2; exit 1; }
	@echo "Setting up $(VENV) (the first time takes a minute or two):"
	@echo "  1/3 an environment of its own ($$($(PYTHON) --version))"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || \
		{ echo "fix: apt-get install python3-venv" >&2; exit 1; }
	@echo "  2/3 $$(grep -c '==' $<) locked packages from PyPI, checked by their hashes"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
		--require-hashes --only-binary :all: -r $<
	@echo "  3/3 logtell itself, editable"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
		--no-deps --no-build-isolation --editable .
	@touch $@
	@echo "Done: $(BIN)/logtell"

$(UV)/bin/uv:
	$(PYTHON) -m venv $(UV)
	$(UV)/bin/pip install --quiet --disable-pip-version-check uv
