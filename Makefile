# Everything a newcomer or CI runs. Needs Python 3.11+, make and git; the rest is installed into .venv and .venv-engine.
SHELL := /bin/sh
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell command -v $(name) 2>/dev/null)))
ENV ?= prod
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help setup drill restore-demo scale-demo test lint synth bench deploy lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1  /'

# A failed installation leaves no stamp, so that the next `make` begins it again.
.venv/stamp: requirements.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "coder-day2 needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3"; exit 1; }
	@echo "installing into .venv (once)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(BIN)/python $(PIP) -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/stamp-dev: .venv/stamp requirements-dev.txt
	@echo "installing the test tools (once)"
	@$(BIN)/python $(PIP) -r requirements-dev.txt
	@touch $@

.venv-engine/stamp: day2/engine/requirements.txt
	@echo "installing the engine into .venv-engine (once)"
	@test -x .venv-engine/bin/python || "$(PYTHON)" -m venv .venv-engine
	@.venv-engine/bin/python $(PIP) -r day2/engine/requirements.txt
	@touch $@

node_modules/stamp: package-lock.json .venv/stamp
	@echo "installing the CDK command (once)"
	@$(BIN)/python -m cdk.node npm ci --loglevel=error
	@touch $@

setup: .venv/stamp .venv-engine/stamp ## install what `make drill` needs

drill: setup ## a whole restore drill on this machine, from the schedule to the report
	@$(BIN)/day2 drill

restore-demo: setup ## an accident, a restore that is rolled back, and one that brings everything back
	@$(BIN)/day2 restore --local

scale-demo: setup ## a day of node groups: the clock, an alarm, an evening under running workspaces
	@$(BIN)/day2 scale demo

test: .venv/stamp-dev .venv-engine/stamp node_modules/stamp ## the whole suite
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

lint: .venv/stamp-dev ## formatting, lint, types, import contracts, shell
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@find lambdas cdk -name '*.sh' -exec $(BIN)/shellcheck {} +

synth: .venv/stamp ## the templates of ENV (default prod) into cdk.out/ENV
	@$(BIN)/python app.py --environment $(ENV)
	@echo "cdk.out/$(ENV)"

bench: .venv/stamp-dev .venv-engine/stamp ## the benchmarks, as ratios measured in one run
	@$(BIN)/python -m bench

deploy: .venv/stamp ## deploy ENV (default prod) to the AWS account that it names
	@$(BIN)/python -m cdk.account $(ENV)
	@$(MAKE) --no-print-directory node_modules/stamp
	@$(BIN)/python -m cdk.node npx cdk deploy --all --context environment=$(ENV)

lock: .venv/stamp-dev ## resolve the requirements again
	@for each in lambdas/requirements requirements day2/engine/requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    $$(test $$each = requirements-dev && echo "-c requirements.txt") $$each.in --output-file $$each.txt || exit 1; \
	done

clean: ## remove what these targets made, the reports excepted
	@if test -x $(BIN)/day2; then $(BIN)/day2 engine down --quiet || true; fi
	@rm -rf .venv .venv-engine .engine build cdk.out node_modules *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
