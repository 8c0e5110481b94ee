# make run needs only Python 3.11; make test brings what it needs (as root from Debian's packages).
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
NODE_TESTS := $(wildcard tests/js/*.test.mjs)

.PHONY: run simulate test check lint unit machine widget documents texts pictures bench day faults clean

run: $(VENV)/.runs
	@exec $(PY) manage.py serve --demo

simulate: $(VENV)/.runs
	@$(PY) manage.py simulate $(ARGS)

# Everything, from nothing: rules, both databases, both servers, a real browser.
test: machine check
	$(PY) -m pytest -m "live or browser or long"
	$(PY) -m tests.postgres $(PY) -m pytest -m "not browser and not rules and not long"

# The rules, and what needs no server of its own; a minute or two.
check: lint unit

lint: $(VENV)/.develops
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/lint-imports --no-cache > /tmp/lint-imports.$$$$ || { cat /tmp/lint-imports.$$$$; exit 1; }; rm -f /tmp/lint-imports.$$$$
	$(VENV)/bin/mypy
	$(PY) manage.py makemigrations --check --dry-run --verbosity 0
	$(PY) manage.py texts --check

unit: $(VENV)/.develops node_modules/.package-lock.json
	node --test $(NODE_TESTS) > /tmp/node-test.$$$$ || { cat /tmp/node-test.$$$$; exit 1; }; tail -n 8 /tmp/node-test.$$$$ | head -n 3; rm -f /tmp/node-test.$$$$
	$(PY) -m pytest -q -m "not live and not browser and not long"

# What tests need beside Python: a browser, a PostgreSQL, Node.
machine: $(VENV)/.develops
	@$(PY) -m tests.machine

# What players load, from static/w.js, static/widget/ and static/kit/; committed, for running needs no Node.
widget: node_modules/.package-lock.json
	node static/bundle.mjs

documents: $(VENV)/.develops
	$(PY) -m chatdesk.delivery.protocol.document > docs/asyncapi.json
	$(PY) manage.py spectacular --format openapi-json --file docs/openapi.json
	$(PY) manage.py settings_page > docs/settings.md

texts: $(VENV)/.develops
	$(PY) manage.py texts

# The README's pictures, taken by the browser test of the main journey.
pictures: machine
	CHATDESK_PICTURES=docs/pictures $(PY) -m pytest -q tests/browser

# QUICK=1 makes it short; figures are only worth keeping from a machine that does nothing else.
bench: machine
	@$(PY) -m bench.npm
	$(PY) -m bench $(ARGS)

# A day of a contact centre in a few minutes; ARGS="--quick" plays four hours and prints them.
day: $(VENV)/.develops
	$(PY) -m bench.day $(ARGS)

# Breaks a running chatdesk in every way we know and judges what became of it; as root, for the network.
faults: $(VENV)/.develops
	@$(PY) -m tests.machine faults
	$(PY) -m tests.faults $(ARGS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.develops: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.runs

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > /tmp/npm-ci.$$$$ || { cat /tmp/npm-ci.$$$$; exit 1; }; rm -f /tmp/npm-ci.$$$$
	@touch $@

clean:
	rm -rf $(VENV) .chatdesk node_modules
