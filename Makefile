# The words of the lab; `make` alone lists them.
# Each line that does the work is plain: on Windows type it with `.venv\Scripts\python` for `$(PY)`.

PYTHON ?= python3
PY := .venv/bin/python
# uv is a speed-up and never a need: where it is missing, or does not reach a package, pip installs.
INSTALL = $(if $(shell command -v uv),uv pip install --quiet --python $(PY) $(1) || )$(PY) -m pip install --quiet --no-compile --disable-pip-version-check $(1)
# Jupyter refuses to run as root unless told; in a container there is nobody else.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
LOCK = uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header $(UPGRADE) pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help lab test check grade bench clean lock

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# labconfig/ lies here: it silences news and offers of extensions, for this server only.
lab: .venv/lab.stamp ## open the lessons in JupyterLab (the first time it sets everything up)
	JUPYTER_CONFIG_PATH="$(CURDIR)" $(PY) -m jupyterlab $(AS_ROOT) --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

test: .venv/test.stamp ## run every test that needs no outside service
	$(PY) -m pytest -n auto --maxprocesses 4

check: .venv/test.stamp ## style, types, floors of the house, form of the notebooks
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m labapp derive --check

grade: .venv/test.stamp ## grade your answers in exercises/answers
	$(PY) -m pytest tests/exercises

bench: .venv/test.stamp ## measure what the doors cost on this machine
	$(PY) -m tests.bench

clean: ## remove the environment and everything that tools left behind; answers stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: ## write both lock files anew (needs uv; UPGRADE=--upgrade takes newer versions)
	$(LOCK) --extra build --extra test --output-file requirements-test.lock
	$(LOCK) --extra build --constraint requirements-test.lock --no-annotate --output-file requirements.lock

# The environment is made again when the lock changes; the test environment is the lab's with more in it.
.venv/lab.stamp: requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=…')"
	$(PYTHON) -m venv --clear .venv
	$(call INSTALL,--require-hashes -r requirements.lock)
	$(call INSTALL,--no-deps --no-build-isolation --editable .)
	@touch $@

.venv/test.stamp: requirements-test.lock .venv/lab.stamp
	$(call INSTALL,--require-hashes -r requirements-test.lock)
	@touch $@
