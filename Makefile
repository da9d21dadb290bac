# The book and its checks. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PORT ?= 8000

# Build dates come from the last commit, so that two builds of one commit agree byte for byte.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),1767225600)
export SOURCE_DATE_EPOCH
export PYTHONHASHSEED := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What the pages take from npm, and the fonts as the pages carry them.
FETCHED := node_modules/.fetched
FONTS := $(addprefix build/static/fonts/,mathematics.woff2 text.woff2 text-italic.woff2 icons.woff2)
CHECKED := node_modules/.checked
LIVE := build/live/made.stamp
NEEDS := $(VENV)/book.stamp $(FETCHED) $(FONTS) $(LIVE)

# A page is read again after a build that did not pass: Sphinx says a warning only when it reads the page.
define build
	@test -e build/$(1).passed || rm -rf build/$(1).doctrees
	@rm -f build/$(1).passed
	@echo "Building $(1) from docs/; the first time, every page is executed"
	@OMP_NUM_THREADS=1 $(RUN) -m sphinx -c . -W --keep-going -q -j 2 -b $(1) -d build/$(1).doctrees docs build/$(1)
	@touch build/$(1).passed
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help html pdf test test-package test-browser test-pdf test-torch evidence nightly bench coverage lint linkcheck doctest serve lock upgrade clean distclean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

html: $(NEEDS) ## build the book in build/html
	$(call build,html)
	@echo "The book is at build/html/index.html; read it with \`make serve\`."

pdf: html ## print the built book and the cheat sheet with Chromium (`CHROMIUM` names another)
	@echo "Printing the book in build/pdf"
	@$(RUN) -m lossgrad.book.printing_press build/html build/pdf
	@$(MAKE) --no-print-directory html

serve: html ## build the book and serve it on this machine
	@echo "The book is on 127.0.0.1, port $(PORT); stop with Ctrl-C."
	@$(RUN) -m http.server --bind 127.0.0.1 --directory build/html $(PORT)

test: html $(VENV)/test.stamp ## build the book and run every test, the doctests of the modules included
	@$(RUN) -m pytest -n 2 --dist worksteal

test-browser: $(CHECKED) html $(VENV)/test.stamp ## look at the built book in Debian's Chromium (`CHROMIUM` names another)
	@$(RUN) -m pytest -n 2 --dist worksteal tests/browser

test-pdf: pdf $(VENV)/test.stamp ## look at the printed book
	@$(RUN) -m pytest tests/paper

test-torch: $(VENV)/torch.stamp ## run the PyTorch code that is printed from every theorem and shown on pages
	@$(RUN) -m pytest -n 2 --dist worksteal tests/pytorch/run_printed_code.py

evidence: $(VENV)/test.stamp ## keep what `make test` found of every theorem in evidence/, for the ledger
	@$(RUN) tests/evidence.py

nightly: $(VENV)/test.stamp ## draw 10,000 expressions for each test of the kernel, others each time
	@HYPOTHESIS_PROFILE=nightly $(RUN) -m pytest -n 2 --dist worksteal tests/test_kernel.py tests/test_rules.py

bench: $(CHECKED) $(NEEDS) $(VENV)/test.stamp ## measure side by side, print the ratios, keep the runs in benchmarks/ (ONLY=head: that one)
	@mkdir -p build
	@$(RUN) -m pytest tests/benchmarks/bench_$(or $(ONLY),*).py --benchmark-enable --benchmark-only --benchmark-quiet \
		--benchmark-columns=median,iqr,rounds --benchmark-json=build/benchmarks.json
	@$(RUN) tests/benchmarks/report.py build/benchmarks.json benchmarks

# The book is built and printed in a folder of its own, by one process, with every proof made anew.
COVERED := COVERAGE_FILE=$(CURDIR)/build/coverage/data OMP_NUM_THREADS=1
MEASURED := $(RUN) -m coverage run -m

coverage: html $(VENV)/test.stamp ## run every test, build and print the book, keep how much of src/ ran in benchmarks/
	@rm -rf build/coverage
	@mkdir -p build/coverage
	@$(COVERED) $(RUN) -m pytest -n 2 --dist worksteal --cov --cov-report=
	@$(COVERED) $(MEASURED) sphinx -c . -W --keep-going -q -E -D lossgrad_records=build/coverage/records \
		-b html -d build/coverage/doctrees docs build/coverage/html
	@$(COVERED) $(MEASURED) lossgrad.book.printing_press build/coverage/html build/coverage/pdf
	@$(COVERED) $(RUN) -m coverage combine -q --append
	@$(COVERED) $(RUN) -m coverage json -q -o build/coverage/found.json
	@PYTHONPATH=tests $(RUN) -m benchmarks.covered build/coverage/found.json benchmarks

test-package: $(VENV)/test.stamp ## prove every theorem from the wheel, beside the oldest and the newest SymPy alone
	@$(RUN) tests/package.py

doctest: $(NEEDS) ## run the doctests of the pages with Sphinx's doctest builder
	$(call build,doctest)
	@tail -n 4 build/doctest/output.txt

linkcheck: $(NEEDS) ## follow every link of the book (needs a network)
	$(call build,linkcheck)

lint: $(VENV)/test.stamp ## check style and types of src, tests and conf.py
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(RUN) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(RUN) -m check_jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(RUN) -m check_jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

lock: | $(BIN)/uv ## bring locks/ in line with pyproject.toml
	$(BIN)/uv pip compile $(LOCKED) --group book --output-file locks/book.txt
	$(BIN)/uv pip compile $(LOCKED) --group test --constraint locks/book.txt --output-file locks/test.txt
	$(BIN)/uv pip compile $(LOCKED) --resolution lowest-direct --output-file locks/oldest.txt

upgrade: | $(BIN)/uv ## lock the newest versions
	rm -f locks/book.txt locks/test.txt
	@$(MAKE) lock

LOCKED := pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header --extra numerics \
	--custom-compile-command "make lock"

clean: ## remove what was built; keep the environment
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove the environment too
	rm -rf $(VENV) node_modules

# The environment: one stamp for what builds the book, one for what checks it.

INSTALL := $(RUN) -m pip install -qq --no-input --require-virtualenv

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "This book needs Python 3.11 or newer; $(PYTHON) is Python %d.%d.%d. Name another with: make PYTHON=..." % v[:3])'
	@echo "Making the environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(BIN)/uv: | $(BIN)/python
	@$(RUN) -m pip install -qq --no-input --require-virtualenv uv

$(VENV)/book.stamp: locks/book.txt pyproject.toml | $(BIN)/python
	@echo "Installing what builds the book (locks/book.txt)"
	@$(INSTALL) --only-binary :all: --no-deps --require-hashes -r locks/book.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: locks/test.txt $(VENV)/book.stamp
	@echo "Installing what checks the book (locks/test.txt)"
	@$(INSTALL) --only-binary :all: --no-deps --require-hashes -r locks/test.txt
	@touch $@

# PyTorch is no part of the lock: for Linux its index holds builds for graphics processors alone, of several gigabytes,
# and the book needs none of it. So it has a target of its own, which takes whatever build pip finds for this version,
# with the versions of everything else as they are locked.
TORCH := torch==2.13.0

$(VENV)/torch.stamp: $(VENV)/test.stamp
	@echo "Installing $(TORCH), which can be a large download"
	@sed -n 's/^\([A-Za-z0-9_.-]*==[^ ;]*\).*/\1/p' locks/test.txt > $(VENV)/locked.txt
	@$(INSTALL) --constraint $(VENV)/locked.txt $(TORCH)
	@touch $@

# The converter of mathematics and the fonts come from npm; Node itself comes from PyPI.

$(FETCHED): package-lock.json .npmrc | $(VENV)/book.stamp
	@echo "Fetching the converter of mathematics, the fonts and what live cells need (package-lock.json)"
	@$(BIN)/npm ci --omit=dev --loglevel=error
	@touch $@

$(CHECKED): package-lock.json .npmrc | $(VENV)/book.stamp
	@echo "Fetching what checks the pages, too: axe, the Nu checker, MathJax to compare with (package-lock.json)"
	@$(BIN)/npm ci --loglevel=error
	@touch $(FETCHED) $@

STIX := node_modules/@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2
STIX_TEXT := node_modules/@fontsource-variable/stix-two-text/files/stix-two-text-latin-wght

build/static/fonts/mathematics.woff2: src/lossgrad/book/alphabet.txt $(FETCHED)
	@mkdir -p $(@D)
	@$(BIN)/pyftsubset $(STIX) --unicodes-file=$< --layout-features=ccmp --no-hinting --flavor=woff2 --output-file=$@

build/static/fonts/text.woff2: $(FETCHED)
	@mkdir -p $(@D)
	@cp $(STIX_TEXT)-normal.woff2 $@

build/static/fonts/text-italic.woff2: $(FETCHED)
	@mkdir -p $(@D)
	@cp $(STIX_TEXT)-italic.woff2 $@

# arrows, bars, check, chevrons, copy, download, expand, files, list, magnifying glass, play, signs of notes, sun and moon, xmark
ICONS := f002,f00c,f00d,f019,f03a,f042,f04b,f053,f054,f058,f05a,f060-f063,f065,f06a,f071,f077,f078,f0c5,f0c9,f0eb,f104-f107,f15b,f185,f186,f1c1
AWESOME := pydata_sphinx_theme/theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts/fa-solid-900.woff2

build/static/fonts/icons.woff2: $(VENV)/book.stamp
	@mkdir -p $(@D)
	@$(BIN)/pyftsubset $(VENV)/lib/python*/site-packages/$(AWESOME) --unicodes=$(ICONS) --flavor=woff2 --output-file=$@

# What live cells load: Python for the browser, SymPy, this package, an editor.

$(LIVE): $(FETCHED) $(shell find src/lossgrad -name '*.py' -o -name '*.js' -o -name '*.mjs')
	@mkdir -p $(@D)
	@$(RUN) -m lossgrad.book.live.parts $@
