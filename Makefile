# duban: two commands from a fresh machine: `make demo` and `make test`.
# Needs Python >= 3.11 and make; everything else is fetched from the package index into .tools and .venv.
PYTHON ?= python3
PORT   ?= 8000
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
export UV_LINK_MODE ?= copy

.PHONY: help demo up test test-fast check format manual fuzz audit bench soak cluster-test chaos lock clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.ready: requirements.lock pyproject.toml tools/bootstrap.sh
	@sh tools/bootstrap.sh "$(PYTHON)" requirements.lock
	@touch $@
$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml tools/bootstrap.sh
	@sh tools/bootstrap.sh "$(PYTHON)" requirements-dev.lock
	@touch $@ $(VENV)/.ready

demo: $(VENV)/.ready ## a running sample campaign on a fast clock, in a throw-away folder
	@$(BIN)/duban demo --port $(PORT)

up: $(VENV)/.ready ## the service on this machine
	@$(BIN)/duban up --port $(PORT)

test: $(VENV)/.ready-dev ## the whole suite, on SQLite and PostgreSQL
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || \
		echo "no Chromium on this machine: pages are not tried in a browser (apt-get install chromium fonts-noto-cjk)"
	@$(BIN)/pytest -n 3 --dist loadgroup

test-fast: $(VENV)/.ready-dev ## without the tests that start servers
	@$(BIN)/pytest -n 2 --dist loadgroup -m "not slow and not cluster"

check: $(VENV)/.ready-dev ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.ready-dev ## put the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

manual: $(VENV)/.ready-dev ## take the pictures of the handbook anew (docs/manual/pictures); needs Chromium
	@DUBAN_MANUAL=take $(BIN)/pytest tests/pages/test_pages_manual_pictures.py

fuzz: $(VENV)/.ready-dev ## every route asked at length, with other values each time (FUZZ_EXAMPLES=40)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-40} $(BIN)/pytest tests/doors/status_api/test_api_fuzzed.py -o faulthandler_timeout=0 --timeout=0

audit: $(VENV)/.ready-dev ## the lock files: whole, and (ADVISORIES=all.zip) none of it known to be bad
	@$(BIN)/python tools/audit.py $(if $(ADVISORIES),--advisories $(ADVISORIES)) $(foreach one,$(ACCEPT),--accept $(one))

bench: $(VENV)/.ready-dev ## figures beside their limits; writes bench/results.json
	@$(BIN)/python -m bench

cluster-test: $(VENV)/.ready-dev ## many machines on one, killed in the middle of a deadline; a quarter of an hour at most
	@$(BIN)/python -m tests.cluster

soak: $(VENV)/.ready-dev ## thirty simulated minutes of everybody at once; writes bench/soak/results.json
	@$(BIN)/python -m bench.soak

chaos: $(VENV)/.ready-dev ## everything goes wrong at once, on both databases; a quarter of an hour at most
	@$(BIN)/python -m tests.chaos

lock: ## resolve anew: requirements.lock and requirements-dev.lock, versions with hashes
	@sh tools/bootstrap.sh "$(PYTHON)"
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev --group bench -c requirements.lock -o requirements-dev.lock

clean: ## remove what the targets made
	rm -rf .venv .tools build dist .mypy_cache .ruff_cache .hypothesis
