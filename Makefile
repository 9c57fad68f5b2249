# Two commands: `make lab` opens the first page, `make test` proves everything. Each makes its own .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SHELL  := /bin/bash

# What JAX compiles is kept in build/jax: the second run of a notebook then takes half the time.
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES = -1
test-torch test-browser: export JAX_DISABLE_MOST_OPTIMIZATIONS = 0
units units-layers units-rest test-torch: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/build/jax/units
notebooks site test-browser: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/build/jax/notebooks

.PHONY: lab test style types units units-layers units-rest notebooks test-torch test-browser lanes site bench bench-speed clean

lab: $(VENV)/.lab
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)

test: $(VENV)/.test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target style types notebooks units-rest units-layers
	@echo "make test: all of it passed"

style: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/notebooks.py lint

types: $(VENV)/.test
	$(BIN)/pyright --pythonpath $(BIN)/python

# In two halves of about the same length, so that two cores have something to do.
units: units-rest units-layers
units-layers: $(VENV)/.test
	$(BIN)/pytest --durations=10 -m "not torch and not browser" tests/layers tests/test_contract.py
units-rest: $(VENV)/.test
	$(BIN)/pytest --durations=10 -m "not torch and not browser" tests --ignore=tests/layers --ignore=tests/test_contract.py
	$(BIN)/pytest --doctest-modules --doctest-glob=README.md dlnotes README.md

notebooks: $(VENV)/.test
	$(BIN)/pytest --nbval --nbval-current-env --nbval-cell-timeout 120 --nbval-sanitize-with tests/nbval.cfg \
	  --durations=8 -W default -p no:randomly notebooks

# The comparison with PyTorch: an environment of its own, because PyTorch is large. Layers and models are compared with
# it and with Flax a second time without the fast paths of dlnotes.kernels. The first time all is optimised as for
# readers.
test-torch: $(VENV)-torch/.ready
	$(VENV)-torch/bin/pytest -m torch tests
	DLNOTES_KERNELS=off JAX_DISABLE_MOST_OPTIMIZATIONS=1 $(VENV)-torch/bin/pytest -k "torch or flax" tests/layers tests/models

# Other worlds, each in its own environment: Colab's versions, the newest, the lowest, beside PyTorch, no network.
lanes: $(VENV)/.test
	$(BIN)/python tools/lanes.py

# The notebooks as a static site, build/site/index.html. Runs those that changed since they were last run for it.
site: $(VENV)/.site
	$(BIN)/python tools/pages.py execute --stale
	$(BIN)/python tools/pages.py build

# JupyterLab in a real browser; needs Chromium (Debian: apt-get install chromium).
test-browser: $(VENV)/.browser site
	$(BIN)/pytest --browser -m browser tests/browser

# What a notebook costs beside its header's promise; from a moved slider to the new picture.
bench: $(VENV)/.browser
	$(BIN)/python benchmarks/notebook_costs.py
	$(BIN)/python benchmarks/widget_latency.py

# A training step beside other libraries', in an environment of its own with all of them; about 20 minutes.
bench-speed: $(VENV)-bench/.ready
	@mkdir -p build
	$(VENV)-bench/bin/python benchmarks/train_speed.py --json build/train_speed.json --plot build/train_speed.svg

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("dlnotes needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 lab")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.lab: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[lab]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[lab,test,style]'
	@touch $@

$(VENV)/.browser: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[lab,test,browser]'
	@touch $@

$(VENV)/.site: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[lab,test,site]'
	@touch $@

# Environments with PyTorch, and with these extras of dlnotes.
extra-torch := test
extra-bench := bench
$(VENV)-torch/.ready $(VENV)-bench/.ready: $(VENV)-%/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/python -m pip install --quiet --upgrade pip
	$(VENV)-$*/bin/python -m pip install --quiet 'torch==2.13.0'
	$(VENV)-$*/bin/python -m pip install --quiet --editable '.[$(extra-$*)]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-* build dist .pytest_cache .ruff_cache .hypothesis
