# Readback: `make` lists what there is. Nothing is needed but python3 (3.11+) with venv, pip and make.
# Every path is relative, so the folder's own name may contain spaces.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
.DEFAULT_GOAL := help
# Images of Python set it, and then each of the processes that tests start would compile all of Readback.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list these targets
	@printf 'Readback\n\n'
	@on= off=; if [ -t 1 ]; then on=$$(printf '\033[36m') off=$$(printf '\033[0m'); fi; \
	awk -F ':.*## ' -v on="$$on" -v off="$$off" \
		'/^[a-z-]+:.*## / { printf "  %smake %-8s%s %s\n", on, $$1, off, $$2 }' Makefile
	@printf '\n  PYTHON=python3.12 make venv   builds with another interpreter\n'

.PHONY: venv
venv: $(READY) ## install everything into .venv from the hash-pinned lock

# One line that is rewritten, or a few lines where the output is no terminal. Its exit code is the pipe's.
define PROGRESS
/^(Collecting|Processing|Requirement already)/ { n++; name = $$1 == "Requirement" ? $$3 : $$2; sub(/.*\//, "", name); \
	if (tty) printf "\r\033[KPreparing %d of %d: %s", n, total, name; else if (n % 20 == 0) print "Preparing " n " of " total; fflush() }
/^Installing collected/ { printf "%sInstalling %d packages\n", (tty ? "\r\033[K" : ""), NF - 3; fflush() }
/^ERROR/ { print; failed = 1 }
END { exit failed }
endef
export PROGRESS

# .venv/.ready is written last. Without it .venv is a half-finished install, of which pip may have left packages that only
# look complete, so it is built anew. With it, and older than the lock, pip only brings the difference.
# The lock file keeps two makes in one folder apart where flock exists.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Readback needs Python 3.11 or later; "$(PYTHON)" is missing or older.' \
			'Name another: make $(or $(MAKECMDGOALS),venv) PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo 'The venv module is missing: on Debian or Ubuntu, apt-get install python3-venv' >&2; exit 1; }
	@exec 9>.venv.lock; if command -v flock >/dev/null; then flock 9; fi; \
	[ $(READY) -nt requirements-dev.lock ] && [ $(READY) -nt pyproject.toml ] && exit 0; \
	set -e; tty=; if [ -t 1 ]; then tty=1; fi; \
	if ! { [ -e $(READY) ] && $(BIN)/python -c 'import pip'; } 2>/dev/null; then \
		echo 'Creating .venv'; $(PYTHON) -m venv --clear .venv; fi; \
	rm -f $(READY); \
	{ $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.lock 2>&1 \
		|| echo 'ERROR: pip failed; all it said is in .venv/install.log'; } | tee .venv/install.log | \
		awk -v total="$$(grep -c '==' requirements-dev.lock)" -v tty="$$tty" "$$PROGRESS"; \
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .; \
	touch $(READY); echo 'Installed in .venv'

CODE = $(wildcard bot storage tests benchmarks)

.PHONY: lint
lint: venv ## check style, types and the direction of imports
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary $(CODE)
	$(BIN)/lint-imports --no-logo

.PHONY: test
test: venv ## run every check and every test; what PostgreSQL or Chromium would need is skipped by name
	@$(MAKE) --no-print-directory --jobs=2 lint suite
	@cat .pytest_cache/readback-summary

# Its own tests reach each branch of bot/domain, by more than chance. To be watched takes twice the time: nothing else is.
# Six at a time also on two cores: a good part of what the tests do is to wait for the bot.
EVERY = -n 6 --dist worksteal --ignore=tests/interop --ignore=tests/storm
# The promises are tried on both databases, each other scenario on one of them: all on both take an eighth longer.
.PHONY: suite both
suite: export READBACK_SPREAD = 1
both: ## run the tests, every scenario on both databases
suite both: venv
	$(BIN)/pytest -q -n 2 -m 'not hypothesis' --cov=bot/domain --cov-fail-under=100 tests/domain
	$(BIN)/pytest $(EVERY)

.PHONY: cover
cover: venv ## run the tests watched: what of bot/ and storage/ none of them reaches
	$(BIN)/pytest $(EVERY) --cov --cov-fail-under=95

.PHONY: fuzz
fuzz: venv ## run the property tests on examples that are new each time; the suite has the same ones
	$(BIN)/pytest $(EVERY) -m hypothesis --hypothesis-profile=new

.PHONY: interop
interop: venv ## run it with other people's senders and servers, which it installs in places of their own
	$(BIN)/pytest -n 2 tests/interop
	@cat .pytest_cache/readback-summary

.PHONY: storm
storm: venv ## send ten thousand pages through providers that fail one request in five
	$(BIN)/pytest tests/storm

.PHONY: demo
demo: venv ## show Readback on this machine, with stand-ins for Slack and Twilio
	@$(BIN)/readback demo

.PHONY: bench
bench: venv ## measure it beside the references, into benchmarks/results/latest.json
	@$(BIN)/python -m benchmarks

.PHONY: pictures
pictures: venv ## take the README's pictures of the demo anew, with Chromium
	@$(BIN)/python -m tests.pictures

# `make lock UPGRADE=--upgrade` takes newer versions; without it only what pyproject.toml asks for changes.
# The machine's own pip settings are left out: the hashes are those of every file of the public release, for Linux and
# macOS on x86 and ARM, Python 3.11 to 3.13.
COMPILE = .venv/uv/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-strip-extras --no-annotate --no-header $(UPGRADE) pyproject.toml --group build

.PHONY: lock
lock: ## write the locks anew from pyproject.toml
	@$(PYTHON) -m venv --clear .venv/uv && .venv/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraints requirements.lock --output-file requirements-dev.lock
	@rm -rf .venv/uv
