# `make` alone lists the targets. PYTHON chooses the interpreter that the environment is made with.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help venv demo docs screenshots test check format messages bench wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(READY) ## make .venv with the package and its tools, in the versions of constraints.txt

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "deepwright needs Python 3.11 or newer: make venv PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes python3-venv; \
		else \
			echo "$(PYTHON) cannot make environments: install its venv module (Debian: apt-get install python3-venv)"; exit 1; \
		fi; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt torch==2.13.0 hatchling
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-build-isolation -e ".[dev,docs,embeddings,export,text]"
	@touch $@

demo: venv ## train on the embedded digits and write a report
	$(BIN)/deepwright train digits
	@echo "The report is $$(readlink -f runs/latest)/report.html"

docs: venv ## build the learning path as a site, in English and Chinese
	$(BIN)/python tools/documentation.py

screenshots: venv ## photograph a report in both languages, light and dark, wide and narrow, and as PDF
	$(BIN)/python -m pip install --quiet -c constraints.txt playwright
	@command -v chromium >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes chromium fonts-noto-cjk; \
		else \
			echo "Chromium is needed (Debian: apt-get install chromium fonts-noto-cjk)"; exit 1; \
		fi; }
	$(BIN)/python tools/screenshots.py build/screenshots docs/images/report.png

test: venv ## run all tests
	$(BIN)/python -m pytest

check: venv ## what a change must pass besides the tests: format, lint, types, import layers, catalogue
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/catalogue.py check

format: venv ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

messages: venv ## collect the texts that users read and compile their translations
	$(BIN)/python tools/catalogue.py update

bench: venv ## run every benchmark at its default length
	@for script in benchmarks/[!_]*.py; do \
		[ -e "$$script" ] || continue; \
		echo "$$script"; $(BIN)/python "$$script" || exit 1; \
	done

wheel: venv ## build the source distribution and the wheel into dist/
	$(BIN)/python -m build --no-isolation

clean: ## remove what was built and cached; runs and .venv stay
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
