# Everything runs in .venv, made from the pinned locks; it is made anew when a lock changes.
# Needs GNU make and a Python with venv; nothing else has to be installed.

PYTHON ?= python3
OUT    ?= dataset
PAGES  ?=
JOBS   ?=
ARGS   ?=

VENV := .venv
FIGURES := docs/performance
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
UV   := uv==0.13.9
# On every core: a test goes to whichever process has none left.
# What pytest has compiled is kept, so that tests are collected in a third of the time.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest --numprocesses $(or $(JOBS),$(shell nproc)) --dist worksteal
SOAK := build/soak
FONTS := finaleash finalebroadway finalejazz finalemaestro gonville musejazz sebastian

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help dataset test test-slow test-times soak check format bench docs lock dist clean

help: ## list the targets
	@echo "make TARGET [VARIABLE=value]..."
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
	@echo "variables"
	@echo "  PYTHON    the Python that .venv is made from (3.11 or newer; default python3)"
	@echo "  OUT       folder of the dataset (default dataset)"
	@echo "  PAGES     pages after which a build stops, or 'all' (default: what 'deepscores build' does)"
	@echo "  JOBS      worker processes of a build or of the tests (default: one per core)"
	@echo "  ARGS      more options: of 'deepscores build', of pytest"

dataset: $(VENV)/.installed ## build a dataset from the default corpus into dataset/
	$(BIN)/deepscores build -o "$(OUT)" $(if $(PAGES),--pages $(PAGES)) $(if $(JOBS),--jobs $(JOBS)) $(ARGS)

test: $(VENV)/.dev ## run the fast tests, doctests included: a few minutes
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: $(VENV)/.dev ## run the slow tests: trainings, kills, browsers, whole corpora
	$(PYTEST) -m slow $(ARGS)

test-times: $(VENV)/.dev ## run all tests and write down what each costs: which tier it is in
	$(PYTEST) --record-cpu $(ARGS)

soak: $(addprefix $(SOAK)/,checked rendered music ink engravers fuzz kills) ## run the proofs that take hours; stopped, go on where it was

check: $(VENV)/.dev ## formatting, lint, types, import contract, names, links
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m benchmarks.naming --max 0.01
	$(BIN)/python docs/generate.py --check

format: $(VENV)/.dev ## format the source and mend what the linter can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## all benchmarks, most of an hour on an idle machine; writes docs/performance.md's tables
	$(BIN)/deepscores build -o build/bench
	$(BIN)/python -m benchmarks.startup --json $(FIGURES)/startup.json
	$(BIN)/python -m benchmarks.compare_methods --json $(FIGURES)/methods.json
	$(BIN)/python -m benchmarks.reading build/bench --json $(FIGURES)/reading.json
	$(BIN)/python -m benchmarks.loading build/bench --json $(FIGURES)/loading.json
	$(BIN)/python -m benchmarks.page_cost --json $(FIGURES)/page.json
	$(BIN)/python -m benchmarks.statistics_scale build/bench --json $(FIGURES)/statistics.json
	$(BIN)/python -m benchmarks.viewer_scale build/bench --json $(FIGURES)/viewer.json
	$(BIN)/python -m benchmarks.scale --json $(FIGURES)/scale.json # last: it deletes most
	$(BIN)/python -m benchmarks.tables

docs: $(VENV)/.dev build/fonts/.installed ## write the generated pages of docs/, check links, run the examples
	$(BIN)/deepscores gallery -o docs/gallery --force --labels deepscores-118
	$(BIN)/deepscores gallery -o docs/gallery --labels deepscores-v2
	$(BIN)/deepscores fonts --engraver both Bravura Leland Leipzig Petaluma Gootville Emmentaler \
		$(foreach font,$(FONTS),build/fonts/node_modules/@vexflow-fonts/$(font)/$(font).otf) -o docs/fonts --force
	$(BIN)/python docs/generate.py
	$(BIN)/python -m pytest -m docs || [ $$? -eq 5 ] # 5: no such test

lock: ## resolve the newest versions allowed by pyproject.toml into the locks
	$(require-python)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check --quiet install $(UV)
	$(call resolve,--extra corpus --extra stats --extra report --extra view --extra sequences --extra evaluate --extra predict --extra build,requirements.lock)
	$(call resolve,--extra dev --constraint requirements.lock,requirements-dev.lock)
	$(call resolve,--extra bench --constraint requirements-dev.lock,requirements-bench.lock)

dist: $(VENV)/.dev ## build the wheel and the source distribution into dist/
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python -m hatchling build --target sdist

clean: ## remove .venv, caches and what was built; datasets stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.locked: requirements.lock
	$(require-python)
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --require-hashes --only-binary :all: --requirement requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Wheels alone, but for mung, which is published as source alone.
# PyTorch apart, and without hashes: which file of a version it is, and whether CUDA's packages come
# with it, differs from index to index; pip takes what the index at hand offers.
$(VENV)/.dev: $(VENV)/.installed requirements-dev.lock requirements-torch.lock
	$(PIP) install --require-hashes --only-binary :all: --no-binary mung --requirement requirements-dev.lock
	$(PIP) install --only-binary :all: --requirement requirements-torch.lock
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	$(PIP) install --require-hashes --only-binary :all: --requirement requirements-bench.lock
	@touch $@

# Each proof of `make soak` leaves a file when it holds. Delete build/soak to begin anew.
$(SOAK)/built: $(VENV)/.dev
	mkdir -p $(@D)
	$(BIN)/deepscores build -o $(SOAK)/corpus --pages all
	@touch $@

$(SOAK)/checked: $(SOAK)/built
	$(BIN)/deepscores check $(SOAK)/corpus
	@touch $@

$(SOAK)/rendered: $(SOAK)/built
	$(BIN)/deepscores verify $(SOAK)/corpus --rerender 1
	@touch $@

$(SOAK)/music: $(VENV)/.dev
	mkdir -p $(@D)
	$(BIN)/python -m tests.truth.compare_music --keep $(SOAK)/music-of-scores --json docs/truth/music.json
	@touch $@

$(SOAK)/ink: $(VENV)/.dev
	mkdir -p $(@D)
	$(BIN)/python -m tests.truth.compare_ink --pages 30 --json docs/truth/ink.json
	@touch $@

$(SOAK)/engravers: $(VENV)/.dev
	mkdir -p $(@D)
	$(BIN)/deepscores build -o $(SOAK)/two --engraver both --fonts Leland,Emmentaler --pages all
	$(BIN)/python -m tests.truth.compare_engravers $(SOAK)/two
	$(BIN)/python -m tests.truth.compare_engravers --scores 383 --json docs/truth/engravers.json
	@touch $@

$(SOAK)/fuzz: $(VENV)/.dev
	mkdir -p $(@D)
	$(PYTEST) -m hypothesis --hypothesis-profile soak --timeout 0
	@touch $@

$(SOAK)/kills: $(VENV)/.dev
	mkdir -p $(@D)
	DEEPSCORES_KILLS=300 $(PYTEST) --timeout 0 tests/end_to_end/test_kill.py
	@touch $@

build/fonts/.installed: tests/registry/package.json tests/registry/package-lock.json
	mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

define require-python
@command -v $(firstword $(PYTHON)) >/dev/null || { echo "make: $(PYTHON) is not installed; \
	name a Python 3.11 or newer with PYTHON=..." >&2; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or \
	newer is needed; this is $$($(PYTHON) --version 2>&1): name another with PYTHON=..." >&2; exit 1; }
@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) lacks venv or ensurepip \
	(on Debian: apt install python3-venv)" >&2; exit 1; }
endef

# Hashes of every file of every platform; one version for all Pythons, so that results do not differ
# between them; no address of any package index.
define resolve
build/lock/bin/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --upgrade \
	--custom-compile-command "make lock" --no-emit-index-url --no-emit-find-links \
	$(1) pyproject.toml --output-file $(2)
endef
