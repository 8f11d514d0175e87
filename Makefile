# The two commands of the README: `make review` and `make test`. Both make .venv when it is missing or stale.
ENV    ?= prod
PYTHON ?= python3

.PHONY: review test check lint format lock policy-pack suricata pulumi-cli benchmark screenshot
.DEFAULT_GOAL := review

# Rebuilt when the lock or the project's own declaration changes; every version is pinned by hash.
.venv/.complete: requirements.lock pyproject.toml
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@echo "installing the locked requirements into .venv" >&2
	@.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
	@.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The policy pack's environment is one of its own; a call that finds it there does nothing.
policy/.venv/.complete: policy/requirements.txt
	@rm -rf policy/.venv
	@$(PYTHON) -m venv policy/.venv
	@echo "installing the policy pack's requirements into policy/.venv" >&2
	@policy/.venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r policy/requirements.txt
	@touch $@

policy-pack: policy/.venv/.complete

review: .venv/.complete
	@.venv/bin/ringfence review --env $(ENV) $(if $(AS_OF),--as-of $(AS_OF))

# CI runs the slow tests as well.
test: .venv/.complete
	.venv/bin/python -m pytest -n auto --dist worksteal $(if $(RINGFENCE_CI),,-m "not slow")

check: lint test

lint: .venv/.complete
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/pyright

format: .venv/.complete
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# The JSON Schemas, after a change of the models or of the catalogue; a test compares.
schema: .venv/.complete
	@.venv/bin/ringfence schema --write --outputs docs/schemas

# The numbers of the README's section on speed; takes minutes.
benchmark: .venv/.complete
	@.venv/bin/python -m benchmarks
	@.venv/bin/python -m benchmarks.deployment

# The README's picture of the review's page; needs Debian's Chromium.
screenshot: .venv/.complete
	@.venv/bin/python tools/screenshot

# A newer lock: needs uv; the result is what plain pip installs, hashes checked.
lock:
	uv pip compile pyproject.toml --extra deploy --extra engine --extra live --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock
	uv pip compile policy/requirements.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --output-file policy/requirements.txt

# The real engines that tests run, into a cache folder outside the clone; a call that finds them there does nothing.
suricata:
	@tools/suricata

pulumi-cli:
	@tools/pulumi-cli
