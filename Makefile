# Two commands on a fresh machine with Python 3.11+: `make demo` shows what this is, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
# A test file stays with one process: some start servers of their own.
PARALLEL ?= --numprocesses auto --dist loadfile
export CONFORMANCE_DATA ?= $(abspath ../shared/data)

.PHONY: translations demo test check conformance crash bench serve clean lock sbom
.DEFAULT_GOAL := demo

.venv/.ready: requirements.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	@# --no-deps: the lock is whole, and pip before 23.3 looks for `coverage[toml]` beside the locked `coverage`.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	@# Twice quiet: the warning about editable installs is long, and nothing to do about.
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --quiet --disable-pip-version-check
	@touch $@

demo: .venv/.ready ## a recorded Moodle course becomes sealed credentials; ONCE=1 ends after the table
	$(BIN)/python -m tests.demo $(if $(ONCE),--once)

test: .venv/.ready ## every test that this machine can run; skips are told. ONLY="services or java" chooses by marker
	$(BIN)/python -m pytest -rs $(if $(ONLY),-m "$(ONLY)") $(PARALLEL)

check: .venv/.ready ## format, lint, types, import contracts, unit tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -m "not services and not browser and not java and not node and not live" $(PARALLEL) --cov --cov-report=
	$(BIN)/coverage report --fail-under=85 --show-missing
	$(BIN)/coverage report --fail-under=100 --include='mappings/*,plugin/sealing/*'

conformance: .venv/.ready ## the standards' own shapes and vectors, the EU's DSS, other vendors' verifiers
	$(BIN)/python -m pytest -rs tests/conformance

crash: .venv/.ready ## 1,000 kills and more at named points, on three pairs of database and broker
	$(BIN)/python -m tests.crash.matrix --rounds $(or $(ROUNDS),500)

bench: .venv/.ready ## ratios measured side by side in one run
	@set -e; for bench in tests/benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python -m tests.benchmarks.$$(basename $$bench .py); done

serve: .venv/.ready ## web server and worker on the settings of the environment
	$(BIN)/microcred serve

lock: ## renew both locks: of development and of the image (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--all-extras --output-file requirements.lock setup.cfg docker/build-requirements.in
	uv pip compile --quiet --python-version 3.11 --python-platform linux --generate-hashes --no-annotate --no-header \
		--extra scale --extra pkcs11 --constraint requirements.lock --output-file docker/requirements.lock \
		setup.cfg docker/build-requirements.in

sbom: .venv/.ready ## CycloneDX bill of materials of the image, into build/sbom.json
	$(BIN)/python docker/sbom.py build/sbom.json

clean: ## remove what the targets above made
	rm -rf .venv build var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage *.egg-info

translations: .venv/.ready ## collect new texts into the catalogues and compile them; edit the .po files in between
	cd plugin/web && ../../$(BIN)/pybabel -q extract -F translations/babel.cfg -k lazy_gettext --no-location --sort-output -w 120 -o translations/messages.pot .. ../../lti ../../mappings
	cd plugin/web && ../../$(BIN)/pybabel -q update -N -w 120 --ignore-pot-creation-date -i translations/messages.pot -d translations
	cd plugin/web && ../../$(BIN)/pybabel -q compile -d translations && rm translations/messages.pot
