# Needs make, a POSIX shell and Python 3.11 or newer. A Python of your choice: make run PYTHON=/path
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test fuzz check bench screenshots translations openapi clean
.PHONY: check-style check-types check-imports check-house

PYTHON ?= python3.13 python3.12 python3.11 python3 python
VENV := .venv/bin/python
PIP := $(VENV) -m pip install --disable-pip-version-check --no-input --progress-bar off
# Compiled modules are kept, whatever the shell says: tests start Musubi a hundred times.
export PYTHONDONTWRITEBYTECODE :=

# $(call install,what pip is given,a file with a line for each package): names each package as pip
# comes to it, then counts while pip unpacks them. What else pip says is shown where it fails.
define install
	@rm -f .stamps/failed; total=$$(grep -c == $(2)); \
	packages() { ls -d .venv/lib/python*/site-packages/*.dist-info 2>/dev/null | wc -l; }; \
	before=$$(packages); counting=; number=0; \
	{ $(PIP) $(1) 2>&1 || touch .stamps/failed; } | tee .stamps/pip.log | { \
	  while read -r word name rest; do case $$word/$$name in \
	    Collecting/*|Processing/*) number=$$((number + 1)); name=$${name##*/}; \
	      echo "  $$number of $$total: $${name%-*-*-*.whl}" ;; \
	    Installing/collected) echo "  unpacking them"; \
	      while sleep 5; do echo "  unpacked $$(($$(packages) - before)) of $$total"; done & counting=$$! ;; \
	  esac; done; \
	  [ -z "$$counting" ] || kill $$counting; }; \
	if [ -e .stamps/failed ]; then tail -n 20 .stamps/pip.log >&2; exit 1; fi
endef

# A stamp says that a step was finished; without the environment it speaks of, none of them is true.
$(shell $(VENV) -c "" 2>/dev/null || rm -rf .stamps)

help:
	@echo "make run           serve http://localhost:8000 (sandbox mode until HubSpot credentials are set)"
	@echo "make test          run the tests; make test ARGS='-k linkage' runs some of them"
	@echo "make fuzz          ask the API all kinds of things; EXAMPLES=200: so many of each operation"
	@echo "make check         style, types, imports, proportions and translations"
	@echo "make bench         measure what has to be fast, a quarter of an hour; ARGS=--quick: a tenth of it"
	@echo "make screenshots   make the pictures of docs/pictures anew, two minutes, with Chromium"
	@echo "make translations  bring plugin/translations up to date with the code"
	@echo "make openapi       bring docs/openapi.json up to date with the API"
	@echo "make clean         remove what make made; your data in instance/ stays"

run: .stamps/runtime
	@exec $(VENV) app.py

test: .stamps/dev
	$(VENV) -m pytest -n auto --maxprocesses 4 --dist loadscope --durations 10 $(ARGS)

# What `make test` asks a little, each time something else.
fuzz: .stamps/dev
	FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(VENV) -m pytest tests/api/fuzz -n auto --maxprocesses 4 $(ARGS)

check: check-style check-types check-imports check-house
check-style: .stamps/dev
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
check-types: .stamps/dev
	$(VENV) -m mypy
check-imports: .stamps/dev
	$(VENV) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo
check-house: .stamps/dev
	$(VENV) -m pytest tests/house -q

bench: .stamps/dev
	$(VENV) -m tests.benchmarks $(ARGS)

screenshots: .stamps/dev
	$(VENV) -m tests.screenshots $(ARGS)

CATALOGUES := plugin/translations
PYBABEL = $(VENV) -m babel.messages.frontend
translations: .stamps/dev
	$(PYBABEL) --quiet extract --mapping pyproject.toml --no-location --sort-output \
	  --project Musubi --copyright-holder "Musubi contributors" \
	  --keyword lazy_gettext --keyword lazy_ngettext:1,2 --keyword lazy_pgettext:1c,2 \
	  --keyword Sentence --keyword InvalidMessage --keyword fail --keyword report:2 \
	  --output .stamps/messages.pot plugin
	$(PYBABEL) --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
	  --input-file .stamps/messages.pot --output-dir $(CATALOGUES)
	$(PYBABEL) --quiet compile --directory $(CATALOGUES)

# The copy that tests/api/promises compares: it is renewed after additions.
openapi: .stamps/dev
	$(VENV) -m flask --app app openapi --server https://musubi.example.com > .stamps/openapi.json
	mv .stamps/openapi.json docs/openapi.json

clean:
	rm -rf .venv .stamps .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find app.py plugin tests -name __pycache__ -type d -prune -exec rm -rf {} +

.stamps/venv:
	@mkdir -p .stamps; \
	if $(VENV) -c "import pip, sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then \
	  touch $@; exit; \
	fi; \
	for python in $(PYTHON); do \
	  $$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || continue; \
	  found=$$python; \
	  $$python -c "import ensurepip, venv" 2>/dev/null || continue; \
	  echo "Making .venv with $$($$python --version)"; \
	  $$python -m venv --clear .venv && touch $@; exit; \
	done; \
	if [ -n "$$found" ]; then \
	  echo "$$found cannot make virtual environments: install its venv package" \
	    "(Debian, Ubuntu: apt-get install python3-venv), then try again."; \
	else \
	  echo "Musubi needs Python 3.11 or newer, and none of these is: $(PYTHON)." \
	    "Install one, or name it: make run PYTHON=/path/to/python"; \
	fi >&2; exit 1

.stamps/runtime: requirements.txt .stamps/venv
	@echo "Installing the packages of requirements.txt into .venv (once, a minute or two)"
	$(call install,-r requirements.txt,requirements.txt)
	@touch $@

# pip learned to read dependency groups later than Python 3.11 came out, so they are listed for it.
.stamps/dev: pyproject.toml .stamps/runtime
	@echo "Installing the development tools of pyproject.toml into .venv"
	@$(VENV) -c "import tomllib; groups = tomllib.load(open('pyproject.toml', 'rb')); \
	  print(*sum(groups['dependency-groups'].values(), []), sep='\n')" > .stamps/dev.txt
	$(call install,-r requirements.txt -r .stamps/dev.txt,.stamps/dev.txt)
	@touch $@
