# The doors of the house; `make` alone names them. Needed: Python 3.11 or newer, make, git.

VENV := .venv
BIN := $(VENV)/bin
# Two tests at a time suit the two cores that CI has.
WORKERS ?= 2
PACKAGES := helpdesk_core plugins/helpdesk_contracts plugins/helpdesk_desk plugins/helpdesk_email \
	plugins/helpdesk_german plugins/helpdesk_web sites/stueber tests
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-header --strip-extras --allow-unsafe

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
# Only what the lock names is seen, whatever the person has installed elsewhere.
export PYTHONNOUSERSITE := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-system run test test-full lint format docs lock clean

help: ## Name the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(VENV)/installed ## Make .venv/ with everything to run and to test
	@:

run: setup ## Serve the STÜBER site with sample data at http://127.0.0.1:$PORT (8000)
	@exec $(BIN)/helpdesk --site stueber demo --serve

test: setup ## Run the tests of the normal lane (ten minutes at most)
	@HELPDESK_TEST_LANE=normal $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-full: setup ## Run every test, on both databases
	@HELPDESK_TEST_LANE=full $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: setup ## Judge style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(PACKAGES) docs/write_hooks.py

format: setup ## Put the code into its form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: setup ## Write the hook reference anew and run the documents' examples
	@$(BIN)/python docs/write_hooks.py
	@$(BIN)/python -m pytest tests/docs

lock: setup ## Take the newest versions that fit into requirements/
	@$(LOCK) --upgrade --extra postgres --output-file requirements/run.txt pyproject.toml
	@$(LOCK) --upgrade --extra postgres --extra dev --output-file requirements/dev.txt pyproject.toml \
		--constraint requirements/run.txt

clean: ## Remove what was made: .venv/, caches, builds; sample data in var/ stays
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- .venv/: the lock first, then this project itself; a second run has nothing to do -------------------------

# A tree that was moved or copied takes a .venv along that still points to the old place: it is made anew.
ifneq ($(shell cat $(VENV)/place 2>/dev/null),$(CURDIR))
.PHONY: $(BIN)/python
endif

$(BIN)/python:
	@python=$$(sh requirements/find-python.sh) && \
	echo "Making $(VENV)/ with $$python" && \
	rm -rf $(VENV) && "$$python" -m venv $(VENV) && echo '$(CURDIR)' > $(VENV)/place

$(VENV)/locked: requirements/dev.txt $(BIN)/python
	@echo "Installing $$(grep -c == $<) packages, as requirements/dev.txt names them"
	@$(BIN)/python -m pip install -qq --require-hashes --no-deps --requirement $<
	@touch $@

$(VENV)/installed: pyproject.toml $(VENV)/locked
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "Ready: $(BIN)/helpdesk"

# --- the parts of the system that tests need ------------------------------------------------------------------

setup-system: ## Install what the tests need of the system (Debian, as root); starts no service
	@sh requirements/setup-system.sh
