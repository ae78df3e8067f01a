# Three environments: .venv is yours, .venv-test belongs to the tests (a stand-in torchvision lies in
# it), .venv-bench holds the monitors that the bench measures beside cockpit.
PYTHON ?= python3
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo test check bench debian-packages clean

TEST := .venv-test/bin
# Many tests wait for a process of theirs and leave their core to others.
WORKERS := $(shell n=$$(( $$(nproc) * 2 )); echo $$(( n < 16 ? n : 16 )))
PIP := -m pip --disable-pip-version-check install -c constraints.txt

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed  ## cockpit and what quickstart needs (torch, scikit-learn), into .venv

demo: install  ## train quickstart and look at it
	@if [ -t 0 ] && [ -t 1 ] && [ "$$TERM" != dumb ]; then \
		.venv/bin/cockpit run quickstart && exec .venv/bin/cockpit --open last; \
	else \
		exec .venv/bin/cockpit run quickstart --follow; \
	fi

check: .venv-test/.installed  ## the static guards: ruff, mypy, import-linter
	$(TEST)/ruff check .
	$(TEST)/ruff format --check .
	$(TEST)/mypy
	$(TEST)/lint-imports

test: check debian-packages  ## the guards, then every test, real trainings included
	$(TEST)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not real and not gpu"
	$(TEST)/python -m pytest -q -n 2 --dist worksteal -m "real or gpu"

bench: .venv-test/.installed .venv-bench/.installed  ## how fast and how thrifty cockpit is here, beside its peers
	$(TEST)/python -m bench
	BENCH_PEERS=.venv-bench/bin $(TEST)/python -m bench.instruments
	$(TEST)/python -m bench.supervision
	$(TEST)/python -m bench.logs
	$(TEST)/python -m bench.collectives
	$(TEST)/python -m bench.estimates

clean:  ## remove the environments
	rm -rf .venv .venv-test .venv-bench

define new_environment
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) was not found: sudo apt-get install python3 python3-venv, or make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "cockpit needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into $(@D): some minutes on a slow line, torch is large"
	@$(PYTHON) -m venv $(@D)
endef

.venv/.installed: pyproject.toml constraints.txt
	$(new_environment)
	@$(@D)/bin/python $(PIP) -e '.[demo]'
	@touch $@

.venv-test/.installed: pyproject.toml constraints.txt $(wildcard tests/torchvision_stub/*.toml tests/torchvision_stub/*/*.py)
	$(new_environment)
	@$(@D)/bin/python $(PIP) -q -e '.[dev,demo,reports,tensorboard]'
	@$(@D)/bin/python $(PIP) -q --no-build-isolation --force-reinstall --no-deps ./tests/torchvision_stub
	@$(@D)/bin/python $(PIP) -q ultralytics
	@touch $@

.venv-bench/.installed: constraints.txt
	$(new_environment)
	@$(@D)/bin/python $(PIP) -q nvitop gpustat
	@touch $@

# What some tests need beside Python; without it they skip.
debian-packages:
	@missing=; \
	for pair in tmux:tmux gcc:gcc gcc:libc6-dev rsvg-convert:librsvg2-bin; do \
		command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq >/dev/null 2>&1 \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null 2>&1; \
	then echo "installed:$$missing"; \
	else echo "some tests will skip; to have them run: sudo apt-get install$$missing"; fi
