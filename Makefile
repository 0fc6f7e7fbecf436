# make demo   the specification's whole workflow on real census data; with OPEN=1 the console on its results
# make test   every test, some 50 minutes; JOBS=2 runs two files of tests beside each other in some 30
# make serve  the service on port 5000; HOST=127.0.0.1 for this machine alone
# make docs   the pages of docs/ as a site, which the service shows at /guide
# make check  lint, types, import directions, then every test
PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
REQUIREMENTS := backend/requirements.txt backend/requirements-dev.txt
CONSTRAINTS := backend/constraints.txt
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' backend/requirements.txt)

.PHONY: setup demo test serve orchestrator check lint docs constraints

setup: $(INSTALLED)

# torch first and alone: a resolver that meets it among others may pick a build of several GB.
$(INSTALLED): $(REQUIREMENTS) $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r backend/requirements-dev.txt -c $(CONSTRAINTS)
	@touch $@

demo: setup
	@$(BIN)/python backend/examples/demo.py $(if $(OPEN),--open)

serve: setup
	cd backend && ../$(BIN)/python flask_api.py --port $(PORT) $(if $(HOST),--host $(HOST))

orchestrator: setup
	$(BIN)/python backend/agents/serve_orchestrator.py

# What requirements-dev.txt comes to when pip resolves it today.
constraints:
	rm -rf build/fresh && $(PYTHON) -m venv build/fresh
	build/fresh/bin/python -m pip install --quiet $(TORCH)
	build/fresh/bin/python -m pip install --quiet -r backend/requirements-dev.txt
	head -2 $(CONSTRAINTS) > build/pins && build/fresh/bin/python -m pip freeze | grep -v '^torch==' >> build/pins
	mv build/pins $(CONSTRAINTS)

docs: setup
	$(BIN)/mkdocs build --quiet

test: setup
	$(BIN)/python -m pytest $(if $(JOBS),-n $(JOBS) --dist loadfile)

lint: setup
	$(BIN)/ruff check backend tests benchmarks
	$(BIN)/ruff format --check backend tests benchmarks
	$(BIN)/mypy
	PYTHONPATH=backend $(BIN)/lint-imports

check: lint test
