# make serve: everything from nothing to a running site. make test: everything tested.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Material and pip print notices that are not about this project.
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup serve site test tutorial check bench demo sample format lock pictures screenshots addresses clean programs pdoc
# The sample service is a repo of its own in miniature: own settings, own environment.
SAMPLE := $(MAKE) --no-print-directory -C sample_service VENV=.venv
# The tutorials make a service like it.
TUTORIAL := $(BIN)/python -m pytest tutorials
ifneq ($(shell $(PYTHON) -c 'import sys; print(sys.version_info < (3, 14))'),True)
SAMPLE := @echo "sample_service: left out, TensorFlow has no build for this Python:"; \#
TUTORIAL := @echo "tutorials: left out, TensorFlow has no build for this Python:"; \#
endif

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/site.stamp ## Set up the handbook's command (.venv/bin/handbook); the other targets do so by themselves

serve: $(VENV)/site.stamp ## Set everything up and show the site at http://127.0.0.1:8000/ (other port: ARGS='-a 127.0.0.1:8001')
	$(BIN)/handbook serve $(ARGS)

site: $(VENV)/site.stamp ## Build the site into site/
	$(BIN)/handbook sync
	$(BIN)/handbook build

test: $(VENV)/dev.stamp programs ## Run all tests, set-up included (ARGS='-k word': some of the handbook's own)
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)
	$(if $(ARGS),,$(TUTORIAL))
	$(if $(ARGS),,$(SAMPLE) test)

tutorial: $(VENV)/dev.stamp programs ## Run the tutorials as they are written (ARGS='--workdir DIR': keep the workspace)
	$(TUTORIAL) $(ARGS)

check: $(VENV)/dev.stamp ## Format, lint, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(SAMPLE) check

bench: $(VENV)/bench.stamp ## Measure against other tools on the same pages, then the sample service
	$(BIN)/python benchmarks/run.py $(ARGS)
	$(if $(filter-out --write --quick,$(ARGS)),,$(SAMPLE) bench)

sample: ## Run the sample service once: train, serve, score some payments, clean up
	$(SAMPLE) demo

demo: $(VENV)/site.stamp ## Make a fleet of over 30 services and show it
	$(BIN)/python benchmarks/demo.py $(ARGS)

format: $(VENV)/dev.stamp ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/dev.stamp ## Resolve the dependencies again
	.ci/lock $(BIN)

screenshots: $(VENV)/dev.stamp programs ## Take pictures of the site into build/screenshots/ (ARGS=--readme: the README's too)
	$(BIN)/python benchmarks/screenshots.py $(ARGS)

pictures: $(VENV)/dev.stamp programs ## Draw the pictures for phones and link previews from the logo
	$(BIN)/python docs/_draw.py

addresses: $(VENV)/dev.stamp ## Add the addresses of the site in site/ to those that must work for ever
	$(BIN)/python -m tests.pages.addresses site

clean: ## Remove everything that was made here
	rm -rf $(VENV) .handbook site build plugins/*.egg-info
	$(SAMPLE) clean

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
	  "This project needs Python 3.11 or newer; $(PYTHON) is %d.%d. Try: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/%.stamp: requirements/%.lock pyproject.toml $(VENV)/python.stamp
	$(BIN)/python -m pip install --quiet --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# Browser tests need Chromium, tests of alert rules promtool and amtool. Where they may be
# installed, they are; elsewhere those tests are skipped and say so.
programs:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || $(call install,chromium)
	@command -v promtool >/dev/null || $(call install,prometheus)
	@command -v amtool >/dev/null || $(call install,prometheus-alertmanager)

define install
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
  echo "installing $(1) for the tests"; \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; \
else echo "no $(1) here: tests that need it will be skipped"; fi
endef

pdoc: $(VENV)/site.stamp ## Write the API of all of this package's modules into build/pdoc/ (the public ones are in the site)
	$(BIN)/pdoc --docformat google --output-directory build/pdoc handbook
