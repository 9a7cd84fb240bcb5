"""The packed package in what web developers use, built by it and run in Chromium. The projects are in tests/frameworks/."""

import hashlib
import json
import os
import re
import shutil
import socket
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.frameworks.projects import ENVIRONMENT, EVERY, NEXT, install, pack, put_runtime, run, serving
from tests.frameworks.serving import relayed, served
from tests.server import TestServer
from tools.chromium import start_chrome

every = pytest.mark.thorough
ANSWERS = ({"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}, {"text": "That makes 5."})


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return pack(tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="module")
def next_app(archive):
    install(archive, NEXT)
    put_runtime(NEXT / "public")
    return NEXT


@pytest.fixture(scope="module")
def projects(archive):
    install(archive, EVERY)
    return EVERY


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def complaints(driver):
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def chat(driver, provider, url):
    """Asks as a user would: presses the button, and reads the answer. The console has to be clean."""
    box = provider.box(*ANSWERS)
    driver.get(f"{url}?base={quote(box.url)}")
    wait(driver, "return document.querySelector('button:not(:disabled)')", 30).click()
    said = wait(driver, "const said = document.querySelector('output').textContent; return said.endsWith('.') && said", 60)
    assert said == "That makes 5."
    assert json.loads(box.seen[1].json["input"][-1]["output"]) == {"sum": 5}
    assert complaints(driver) == []


def wait(driver, script, seconds):
    deadline = time.monotonic() + seconds
    while not (found := driver.execute_script(script)):
        assert time.monotonic() < deadline, complaints(driver)
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What a first visit costs, by project: requests and bytes. Written down for docs/bundlers.md."""
    found = {}
    yield found
    if found and (target := os.environ.get("STAYSAIL_MEASURED")):
        Path(target).write_text(json.dumps(found, indent=2))


def first_visit(driver, provider, measured, name, url):
    """Chats at a site that the browser has never seen."""
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    with relayed(url) as traffic:
        chat(driver, provider, f"{traffic.url}/")
    sizes = dict(traffic.sizes)
    python = sum(size for path, size in sizes.items() if path.startswith("/pyodide/") or path.endswith(".whl"))
    scripts = [size for path, size in sizes.items() if re.search(r"\.m?js$", path) and not path.startswith("/pyodide/")]
    measured[name] = {"requests": len(traffic.sizes), "scripts": len(scripts), "script_bytes": sum(scripts), "python_bytes": python}
    print(name, measured[name])


def test_next_builds_with_turbopack_and_runs_in_pages_routes_and_components(driver, provider, next_app, measured):
    printed = run("npx", "next", "build", cwd=next_app)
    assert "warn" not in printed.lower(), printed
    port = free_port()
    with serving("npx", "next", "start", "-H", "127.0.0.1", "-p", str(port), cwd=next_app, port=port) as site:
        first_visit(driver, provider, measured, "next", site.url)
        for path in ("/component", "/api/ask"):
            box = provider.box({"text": "Five, says the server."})
            with urllib.request.urlopen(f"{site.url}{path}?base={quote(box.url)}", timeout=60) as response:
                assert "Five, says the server." in response.read().decode()
        assert not any("rror" in line for line in site.lines), site.lines


@every
def test_next_builds_with_webpack(driver, provider, next_app, measured):
    printed = run("npx", "next", "build", "--webpack", cwd=next_app)
    assert "warn" not in printed.lower(), printed
    port = free_port()
    with serving("npx", "next", "start", "-H", "127.0.0.1", "-p", str(port), cwd=next_app, port=port) as site:
        first_visit(driver, provider, measured, "next webpack", site.url)


@every
@pytest.mark.parametrize("bundler", ["--turbopack", "--webpack"])
def test_next_runs_in_development(driver, provider, next_app, bundler):
    port = free_port()
    with serving("npx", "next", "dev", bundler, "-H", "127.0.0.1", "-p", str(port), cwd=next_app, port=port) as site:
        chat(driver, provider, f"{site.url}/")


def build_parcel(out):
    page = EVERY / "bundlers/index.html"
    run("parcel", "build", page, "--dist-dir", out, "--no-cache", "--no-source-maps", cwd=EVERY)


def build_esbuild(out):
    esbuild("bundlers/placed.js", out / "main.js")
    place(out)


def esbuild(source, target):
    run("esbuild", source, "--bundle", "--format=esm", "--minify", f"--outfile={target}", cwd=EVERY)


def build_own_worker(out):
    """Python's worker is an entry of the developer's bundle: workerURL."""
    source = (EVERY / "bundlers/main.js").read_text()
    settings = 'configure({ runtimeURL: "/pyodide/", workerURL: "/worker.js", wheelURL: "/staysail.whl" })'
    entry = EVERY / "bundlers/own.js"
    entry.write_text(source.replace('configure({ runtimeURL: "/pyodide/" })', settings))
    esbuild("bundlers/own.js", out / "main.js")
    entry.unlink()
    package = EVERY / "node_modules/staysail"
    esbuild(package / "runtime/python-worker.js", out / "worker.js")
    shutil.copy(package / "wheel/staysail-cp314.whl", out / "staysail.whl")
    shutil.copy(EVERY / "bundlers/index.html", out)


def build_rollup(out):
    run("rollup", "bundlers/placed.js", "-p", "node-resolve", "-f", "es", "-d", out, "--entryFileNames", "main.js", cwd=EVERY)
    place(out)


def place(out):
    """The page, and the package's files beside it."""
    shutil.copy(EVERY / "bundlers/index.html", out)
    shutil.copytree(EVERY / "node_modules/staysail", out / "staysail")


def build_react(out):
    run("tsc", "-p", ".", cwd=EVERY / "react")
    run("vite", "build", "--outDir", out, "--emptyOutDir", cwd=EVERY / "react")


def build_sveltekit(out):
    run("vite", "build", cwd=EVERY / "sveltekit")
    shutil.copytree(EVERY / "sveltekit/build", out, dirs_exist_ok=True)


def build_nuxt(out):
    run("nuxt", "generate", cwd=EVERY / "nuxt")
    shutil.copytree(EVERY / "nuxt/.output/public", out, dirs_exist_ok=True)


def build_import_map(out):
    place(out)
    page = (out / "index.html").read_text()
    imports = {"staysail": "/staysail/index.js", "staysail/openai": "/staysail/providers/openai.js"}
    (out / "index.html").write_text(page.replace("<form>", f'<script type="importmap">{json.dumps({"imports": imports})}</script><form>'))
    shutil.copy(EVERY / "bundlers/main.js", out)


BUILDS = {name.removeprefix("build_"): build for name, build in list(globals().items()) if name.startswith("build_")}


@every
@pytest.mark.parametrize("name", BUILDS)
def test_it_builds_and_chats(driver, provider, projects, measured, tmp_path, name):
    out = tmp_path / "site"
    out.mkdir()
    BUILDS[name](out)
    put_runtime(out)
    with served(out) as url:
        first_visit(driver, provider, measured, name, url)


ELSEWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


@every
@pytest.mark.parametrize("kind", ["modules", "vite"])
def test_the_package_comes_from_another_origin(driver, provider, projects, tmp_path, kind):
    """As from a CDN: plain modules, and a bundle with its workers."""
    out, there = tmp_path / "site", tmp_path / "there"
    out.mkdir()
    there.mkdir()
    put_runtime(out)
    with served(out) as url, served(there) as hidden, relayed(hidden, ELSEWHERE) as other:
        if kind == "vite":
            run("vite", "build", "--base", f"{other.url}/", "--outDir", there, "--emptyOutDir", cwd=EVERY / "react")
            shutil.move(there / "index.html", out)
        else:
            build_import_map(out)
            shutil.move(out / "staysail", there)
            page = (out / "index.html").read_text()
            (out / "index.html").write_text(page.replace('"/staysail/', f'"{other.url}/staysail/'))
        chat(driver, provider, f"{url}/")
        assert any("python-worker" in path for path, _ in other.sizes), other.sizes


@every
@pytest.mark.parametrize("fallback", [False, True])
def test_a_worker_that_was_not_emitted_is_told_with_its_address(driver, provider, projects, tmp_path, fallback):
    """What a developer sees who bundles with esbuild and gives no assetsURL."""
    esbuild("bundlers/main.js", tmp_path / "main.js")
    shutil.copy(EVERY / "bundlers/index.html", tmp_path)
    with served(tmp_path, fallback=fallback) as url:
        driver.get(f"{url}/?base={quote(provider.box().url)}")
        driver.execute_script("addEventListener('unhandledrejection', ({ reason }) => (document.title = `${reason}`))")
        driver.find_element("css selector", "button").click()
        told = wait(driver, "return document.title.includes('Error') && document.title", 20)
        why = "came as text/html; charset=utf-8, not as JavaScript" if fallback else "was answered 404"
        assert told.startswith(f"InterpreterError: Python did not start: the script of its worker, {url}/python-worker.js, {why}. ")
        assert "configure({ assetsURL })" in told
    driver.get_log("browser")


@every
def test_an_extension_runs_agents_in_its_pages_and_says_where_else(provider, projects, tmp_path):
    out = (tmp_path / "extension").resolve()
    out.mkdir()
    place(out)
    put_runtime(out)
    for name in ("manifest.json", "offscreen.html"):
        shutil.copy(EVERY / "extension" / name, out)
    esbuild("bundlers/placed.js", out / "main.js")
    for name in ("background.js", "offscreen.js"):
        esbuild(f"extension/{name}", out / name)
    digits = hashlib.sha256(str(out).encode()).hexdigest()[:32]
    extension = "chrome-extension://" + "".join(chr(ord("a") + int(digit, 16)) for digit in digits)
    driver = start_chrome(f"--load-extension={out}", "--disable-features=DisableLoadExtensionCommandLineSwitch")
    try:
        driver.set_script_timeout(60)
        chat(driver, provider, f"{extension}/index.html")
        ask = "chrome.runtime.sendMessage({ to: arguments[0], baseURL: arguments[1] }).then(arguments[2])"
        assert driver.execute_async_script(ask, "offscreen", provider.box({"text": "From offscreen."}).url) == "From offscreen."
        told = driver.execute_async_script(ask, "here", provider.box().url)
        assert told.startswith("ConfigError: Python cannot run in a service worker")
        assert "offscreen document" in told
    finally:
        driver.quit()


@every
@pytest.mark.parametrize("environment", ["jsdom", "happy-dom"])
def test_components_are_tested_in_node_whatever_document_it_has(provider, projects, environment, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "PROVIDER", provider.box({"text": "Hello from Node."}).url)
    printed = run("vitest", "run", "--root", "component", "--environment", environment, cwd=EVERY)
    assert "1 passed" in printed
