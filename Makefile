# make run    set up what is missing, then serve        make chat   the same, then chat in this terminal
# make test   set up, then the tests                     make check  format, lint, types, contracts, migrations, tests
# make gauntlet  reminders through downtime, clock changes, faults and kills
# make bench  the figures of docs/benchmarks.md          make fix    format and mend what can be mended by itself
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export PYTHONUNBUFFERED := 1
# a process of the tests that dies ends them by its test's name: replaced, xdist waits for ever
# a file stays on one process, with what it has set up; those marked "long" are begun first
BOTH_CORES := -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

.PHONY: run chat setup test check lint types migrations gauntlet bench fix clean

run: $(VENV)/.installed
	@$(BIN)/remora run

chat: $(VENV)/.installed
	@$(BIN)/remora chat

setup: $(VENV)/.installed-dev

test: $(VENV)/.installed-dev
	$(BIN)/pytest $(BOTH_CORES) -m 'not gauntlet'

check: $(VENV)/.installed-dev
	$(MAKE) --no-print-directory -j 2 lint types migrations
	$(BIN)/pytest $(BOTH_CORES) -m 'not gauntlet' --deselect tests/unit/test_migrations.py --reruns 1 -rfER --hypothesis-seed=0 \
	  --cov --cov-report=term:skip-covered --cov-fail-under=80

gauntlet: $(VENV)/.installed-dev
	$(BIN)/pytest -n 2 tests/gauntlet -v

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

migrations: $(VENV)/.installed-dev
	$(BIN)/pytest tests/unit/test_migrations.py

bench: $(VENV)/.installed-dev
	@for bench in $$(ls tests/bench/bench_*.py); do $(BIN)/python -m tests.bench.$$(basename $$bench .py) || exit 1; done

fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Remora needs Python 3.11 or newer as '$(PYTHON)'. If you have it under another name: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what Remora needs (about 1.6 GB of disk, once; a minute or two) ..."
	@$(PIP) install --progress-bar on -c constraints.txt -e . 2>$(VENV)/pip.log || { tail -n 15 $(VENV)/pip.log; \
	  echo "The installation failed; the lines above say why. Mend it, then run make again."; exit 1; }
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what Remora and its tests need (about 1.6 GB of disk, once; a minute or two) ..."
	@$(PIP) install --progress-bar on -c constraints.txt -e '.[dev]' 2>$(VENV)/pip.log || { tail -n 15 $(VENV)/pip.log; \
	  echo "The installation failed; the lines above say why. Mend it, then run make again."; exit 1; }
	@touch $@ $(VENV)/.installed
