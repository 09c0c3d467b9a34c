# Everything runs in .venv, which every target sets up for itself; the second time that takes no time.
# `make PYTHON=python3.12 …` chooses the interpreter. Paths stay relative, so a clone may lie anywhere.

FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for each in python3 python3.12 python3.11; do \
  "$$each" -c '$(FITS)' 2>/dev/null && echo "$$each" && exit; done; echo python3)
BIN := .venv/bin
GPU_PYTHON ?= $(PYTHON)
RUN := $(BIN)/python -m

# What a bare Debian or Ubuntu lacks: Python's venv, a screen for tests, what PsychoPy draws and listens with, a browser.
SETUP_PACKAGES := $(shell $(PYTHON) -c 'import ensurepip' 2>/dev/null || echo python3 python3-venv)
SCREEN_PACKAGES := libegl1 libgl1 libgl1-mesa-dri libglu1-mesa libjack0 fonts-dejavu-core
TEST_PACKAGES := $(SCREEN_PACKAGES) chromium chromium-driver xdotool xvfb
# The client of online sessions is built with npm; another one than Debian's is as good.
CLIENT := experiment/browser
CLIENT_PACKAGES := $(shell command -v npm >/dev/null || echo npm)

.PHONY: online-check client client-check client-packages gpu-check help setup demo test fuzz faults lint paper bench clean
.DEFAULT_GOAL := help

help: ## Say what there is to make
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 8

setup: .venv/ready ## Set up .venv with all that any stage, the tests and the checks need

demo: .venv/demo-ready ## A whole study in two minutes: look at demo-study/report/report.html
	@$(RUN) tricky demo demo-study

test: .venv/ready system-packages client-packages ## Run all tests, those with a screen and a browser included
	@$(RUN) pytest -n 2 --dist loadfile

lint: .venv/ready client-check ## Check style, types and imports between packages
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(BIN)/pyright
	@$(BIN)/lint-imports

client: client-packages ## Build the client of online sessions again: experiment/browser/bundle, which is committed
	@cd $(CLIENT) && npm run --silent build

# Whoever changes the client commits its bundle, too, so that installing tricky needs no npm.
client-check: client-packages
	@cd $(CLIENT) && npm run --silent check
	@rm -rf $(CLIENT)/node_modules/.bundle && cd $(CLIENT) && npm run --silent build -- node_modules/.bundle
	@diff -rq $(CLIENT)/node_modules/.bundle $(CLIENT)/bundle || \
	  { echo "$(CLIENT)/bundle is not what the sources give: run make client, and commit it" >&2; exit 1; }

client-packages: $(CLIENT)/node_modules/ready
$(CLIENT)/node_modules/ready: $(CLIENT)/package-lock.json
	@$(MAKE) --no-print-directory packages PACKAGES="$(CLIENT_PACKAGES)"
	@cd $(CLIENT) && npm ci --silent --ignore-scripts
	@touch $@

fuzz: .venv/ready ## Give every reader and every command damaged files: 100,000 in an hour or so
	@PYTHONPATH=tests/support $(RUN) fuzz --readers $(or $(READERS),98000) --commands $(or $(COMMANDS),2000) --seed $(or $(SEED),$(shell date +%s))

online-check: .venv/ready ## Kill the server of online sessions 20 times under 50 of them; send it 10,000 strange requests; cut the network
	@ONLINE_SESSIONS=50 ONLINE_KILLS=20 ONLINE_REQUESTS=10000 $(RUN) pytest -q tests/experiment/online/test_server.py -k "killed or strange"
	@BROWSER_SEEDS=20 $(RUN) pytest -q tests/experiment/browser/test_interruptions.py -k cut

faults: .venv/ready ## Stop every command at every step, and fill the disk: some hours (SOME=5: five steps of each)
	@PYTHONPATH=tests/support $(RUN) faults $(if $(SOME),--some $(SOME)) --seed $(or $(SEED),$(shell date +%s))

paper: .venv/ready ## Figures and numbers of Meding et al. (2022) from DATA=folder of their files (docs/paper.md)
	@$(BIN)/python examples/paper $(if $(DATA),'$(DATA)') --out '$(or $(OUT),paper)' $(if $(TRAIN),--train $(TRAIN)) $(if $(SUPERCLASSES),--superclasses '$(SUPERCLASSES)')

bench: .venv/ready ## Run benchmarks (all, or BENCHMARKS="desk demo"), and write docs/performance.md
	@$(BIN)/python -P benchmarks/run.py $(BENCHMARKS)

# With the interpreter's own packages: a GPU server needs no .venv, no screen and no network.
gpu-check: ## Where there is a GPU: run the tests that need one, then the benchmark, in eight minutes
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tests/support:$$PYTHONPATH $(GPU_PYTHON) -m pytest -q -m cuda -p no:cacheprovider tests/model_eval
	@PYTHONPATH=$(CURDIR):$$PYTHONPATH $(GPU_PYTHON) -P benchmarks/gpu.py $(GPU_IMAGES)

clean: ## Remove .venv and the demo's study
	rm -rf .venv demo-study $(CLIENT)/node_modules

# The demo and `tricky run` need neither pymc nor the tools for tests and style: `make demo` leaves them out, and the
# other targets add them to the same .venv. Python compiles modules when it first imports them; most are never imported.
.venv/demo-ready: EXTRAS := model-eval,stimuli,experiment,analysis
.venv/ready: EXTRAS := all
.venv/ready: GROUPS := --group test --group lint
.venv/demo-ready .venv/ready: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory packages PACKAGES="$(SETUP_PACKAGES)"
	@$(PYTHON) -c '$(FITS)' || { echo "tricky needs Python 3.11 or 3.12 (PsychoPy goes no further): make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Setting up .venv (PyTorch alone takes some minutes the first time) …"
	@$(PYTHON) -m venv .venv
	@$(RUN) pip install --quiet --upgrade 'pip>=25.1'
	@$(RUN) pip install --quiet --no-compile --constraint constraints.txt --editable '.[$(EXTRAS)]' $(GROUPS)
	@$(BIN)/python -c 'import torch; from torchvision.ops import nms; nms(torch.rand(1, 4), torch.rand(1), 0.5)'
	@touch .venv/demo-ready $@

.PHONY: system-packages packages
system-packages:
	@$(MAKE) --no-print-directory packages PACKAGES="$(TEST_PACKAGES)"

# Install the Debian packages that are missing: as root by apt, else say in one line what to install.
packages:
	@command -v dpkg-query >/dev/null || exit 0; \
	missing=$$(for name in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || printf '%s ' $$name; done); \
	[ -z "$$missing" ] || { \
	  if [ "$$(id -u)" = 0 ]; then \
	    echo "Installing $$missing…"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "tricky needs: sudo apt-get install $$missing" >&2; exit 1; fi; }
