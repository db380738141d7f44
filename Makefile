# The two main commands: `make report` and `make test`. CONTRIBUTING.md says how to do the same without make. Options: TRUSTS="RJ1 RRK", JOBS=2, PYTHON=/path/to/python3.12.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Python keeps what it compiled, or each of the hundreds of processes that tests and builds start compiles it again.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

# Twice the two cores: there is always a test that waits for a process, a browser or the end of a time limit, or two.
TEST_WORKERS ?= 4
# Part of `make test`: what needs no build, no browser, no figures of all trusts, no other process for seconds and no simulation.
QUICK_TESTS := tests/statistics tests/unit $(addprefix --ignore tests/,unit/batch unit/forked_kernels unit/test_api.py \
	unit/test_invented.py unit/commands/test_quarto_steps.py unit/packaging/test_doctests.py unit/packaging/test_imports.py \
	unit/report/test_one_reading.py statistics/test_assumptions.py statistics/test_coverage.py statistics/test_linked_gaps.py \
	statistics/test_properties.py)
# As many as there are cores: these tests wait for nothing, and each worker imports all of them for ten seconds.
QUICK_WORKERS ?= logical
UV ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --group build pyproject.toml

.PHONY: help report test check proofread check-imports coverage lab golden docs lock clean distclean environment environment-lab

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

report: environment ## build every trust's report (TRUSTS="RJ1 RRK" for some, JOBS=2 at once)
	@.venv/bin/race-equality build $(TRUSTS) $(if $(JOBS),--jobs $(JOBS))

# loadfile: the cells of one notebook share a kernel, so they stay in one worker and in order.
test: environment ## run all tests, and the golden notebooks by nbval
	@.venv/bin/python -m pytest --nbval -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder --durations=15

# mypy takes half a minute of one core, when it knows nothing from before: the tests run next to it.
check: environment ## format, lint, types, imports and the quick tests: what to run before a commit
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@$(MAKE) check-imports
	@said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	.venv/bin/mypy >"$$said" 2>&1 & types=$$!; tests=0; \
	.venv/bin/python -m pytest --quiet -n $(QUICK_WORKERS) --dist loadfile $(QUICK_TESTS) || tests=$$?; \
	wait $$types || tests=$$?; cat "$$said"; exit $$tests

proofread: environment ## read every report of the last build: its numbers, directions, certainty, readings and words
	@REPORTS=output/site .venv/bin/python -m pytest --quiet -n $(TEST_WORKERS) tests/notebooks

check-imports:
	@.venv/bin/lint-imports

coverage: environment ## the branches that tests reach of disclosure, statistics and sources; fails under each floor
	@.venv/bin/coverage run -m pytest --quiet tests/unit/disclosure tests/statistics tests/sources
	@.venv/bin/coverage report --include '*/disclosure/*' --fail-under 100
	@.venv/bin/coverage report --include '*/statistics/*' --fail-under 97
	@.venv/bin/coverage report --include '*/sources/*' --fail-under 95

lab: environment-lab ## open the notebooks in JupyterLab, in an environment of its own
	@.venv-lab/bin/jupyter lab $(LAB_OPTIONS) notebooks

docs: environment ## make the documentation as a site, output/docs
	@.venv/bin/race-equality docs

golden: environment ## make the golden notebooks again and print what changed
	@.venv/bin/race-equality golden $(TRUSTS)

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	@command -v $(UV) >/dev/null || { \
		echo "make lock needs uv: python3 -m pip install uv" >&2; exit 1; }
	$(LOCK) --upgrade --extra test --extra docs --extra check --output-file requirements.lock
	$(LOCK) --upgrade --extra lab --constraint requirements.lock --output-file requirements-lab.lock

clean: ## remove what was built; environments stay
	rm -rf output executed _site .quarto .pytest_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove the environments as well
	rm -rf .venv .venv-lab

environment:
	@./scripts/environment .venv requirements.lock
environment-lab:
	@./scripts/environment .venv-lab requirements-lab.lock
