"""The published layout: both packages on a public CDN, pages elsewhere, nothing else reachable, under a strict policy."""

import json
import re
import shutil
import subprocess
from contextlib import contextmanager

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from tests.mcp import serving
from tests.page import test_examples as pages
from tests.page.published import HOST, PACKAGE, PYODIDE, RUNTIME, serve_cdn, serve_counting, unpack_packages, unpack_pyodide
from tests.server import TestServer
from tools.chromium import start_chrome
from tools.site import ISOLATED, Site
from tools.sources import ROOT

DIST = f"https://{HOST}/{PACKAGE}/dist"
POLICY = (
    "default-src 'none'; script-src https://{host} 'wasm-unsafe-eval'; worker-src blob: https://{host}; "
    "connect-src https://{host} {provider}"
)
CHAT = """<!doctype html>
<meta charset="utf-8">
<title>One script and one tag</title>
<script type="module" src="{dist}/staysail-chat.js" integrity="{integrity}" crossorigin="anonymous"></script>
<staysail-chat model="openai:gpt-6-luna" api-key="k" base-url="{provider}"></staysail-chat>
"""
SEND = """
const [done] = arguments;
const chat = document.querySelector("staysail-chat");
customElements.whenDefined("staysail-chat").then(() => chat.send("Why is the sky blue?"))
  .then(() => done(chat.shadowRoot.textContent), (error) => done(String(error)));
"""
BOOT = """
const [address, options, done] = arguments;
const run = async () => {
  const { boot, pythonTools } = await import(address);
  let ready;
  await boot({ ...options, onProgress: (progress) => (ready = progress) });
  if (!ready.restored) return ready;
  const source = "import numpy\\ndef add() -> float:\\n    return float(numpy.arange(4).sum())";
  const [add] = await pythonTools(source, { requirements: ["numpy"] });
  return { ...ready, sum: await add.execute({}) };
};
run().then(done, (error) => done({ error: `${error.name}: ${error.message}` }));
"""


@pytest.fixture(scope="module")
def cdn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cdn")
    unpack_packages(folder)
    with serve_cdn(folder) as cdn:
        yield cdn


@pytest.fixture(scope="module")
def provider():
    with TestServer() as server:
        yield server


@contextmanager
def browse(*flags):
    driver = start_chrome(*flags)
    try:
        driver.set_script_timeout(120)
        driver.get("about:blank")
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def driver(cdn):
    with browse(*cdn.flags) as driver:
        yield driver


@pytest.fixture
def site(tmp_path):
    """A site of one's own, that has pages and nothing of staysail."""
    (tmp_path / "pages").mkdir()

    @contextmanager
    def serve(page, **headers):
        (tmp_path / "pages/page.html").write_text(page, "utf-8")
        with serve_counting(Site(tmp_path, ("pages",), headers=headers)) as server:
            yield f"{server.url}pages/page.html"

    return serve


def complaints(driver):
    messages = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in {"WARNING", "SEVERE"}]
    return [message for message in messages if "favicon.ico" not in message]


@pytest.mark.parametrize("isolation", [{}, ISOLATED], ids=["not isolated", "isolated"])
def test_one_script_and_one_tag_are_a_chat_under_a_strict_policy(driver, cdn, site, provider, isolation):
    box = provider.box({"text": "Air scatters blue light."})
    integrity = json.loads((cdn.folder / PACKAGE / "dist/integrity.json").read_text())["integrity"]["staysail-chat.js"]
    policy = {"Content-Security-Policy": POLICY.format(host=HOST, provider=box.url.partition("/box")[0])}
    cdn.seen.clear()
    with site(CHAT.format(dist=DIST, integrity=integrity, provider=box.url), **isolation, **policy) as page:
        driver.get(page)
        assert driver.execute_script("return crossOriginIsolated") is bool(isolation)
        assert "Air scatters blue light." in driver.execute_async_script(SEND)
    assert complaints(driver) == []
    if not isolation:  # the second visit has them in its cache
        asked = {path.rpartition("/")[2] for path, _ in cdn.seen}
        assert {"staysail-chat.js", "python-worker.js", "pyodide.asm.wasm", "staysail-cp314.whl"} <= asked
        assert sum(name.endswith(".snapshot") for name in asked) == 1
        assert {status for _, status in cdn.seen} == {200}


@pytest.mark.parametrize("isolation", [{}, ISOLATED], ids=["not isolated", "isolated"])
@pytest.mark.parametrize("mode", ["worker", "main"])
def test_python_starts_from_the_snapshot_of_the_default_runtime_and_finds_its_packages(driver, site, mode, isolation):
    with site("<!doctype html><title>A page</title>", **isolation) as page:
        driver.get(page)
        told = driver.execute_async_script(BOOT, f"{DIST}/staysail.js", {"mode": mode})
    assert told == {
        "stage": "ready",
        "loadedBytes": 0,
        "totalBytes": 0,
        "restored": True,
        "runtimeURL": f"https://{HOST}/{RUNTIME}/",
        "sum": 6,
    }
    assert complaints(driver) == []


def test_where_the_runtime_is_not_reached_pyodides_own_folder_serves_and_where_neither_is_words_say_so(cdn, site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bare-cdn")
    shutil.copytree(cdn.folder / PACKAGE, folder / PACKAGE)
    with serve_cdn(folder) as bare, browse(*bare.flags) as driver, site("<!doctype html><title>A page</title>") as page:
        driver.get(page)
        told = driver.execute_async_script(BOOT, f"{DIST}/staysail.js", {})
        assert told["error"].startswith("InterpreterError: Python's runtime could not be loaded: neither https://"), told
        assert "content security policy" in told["error"]
        assert "staysail-runtime" in told["error"]
        unpack_pyodide(folder)
        driver.get(page)
        driver.get_log("browser")
        told = driver.execute_async_script(BOOT, f"{DIST}/staysail.js", {})
        assert (told.get("restored"), told.get("runtimeURL")) == (False, f"https://{HOST}/{PYODIDE}/"), told
        said = [entry["message"] for entry in driver.get_log("browser") if "staysail starts more slowly" in entry["message"]]
        assert len(said) == 1


@pytest.mark.parametrize("headers", [{}, ISOLATED], ids=["not isolated", "isolated"])
def test_a_later_visit_asks_a_host_that_lets_nothing_be_kept_for_six_files_at_most(tmp_path, provider, cdn, headers):
    """On a folder of one's own, whose server wants each file to be asked for anew."""
    shutil.copytree(cdn.folder / PACKAGE, tmp_path / "staysail")
    shutil.copytree(cdn.folder / RUNTIME, tmp_path / "runtime")
    (tmp_path / "pages").mkdir()
    with (
        serve_counting(Site(tmp_path, ("pages", "staysail", "runtime"), headers=headers)) as server,
        browse("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as driver,
    ):
        box = provider.box({"text": "Ahoy."}, {"text": "Ahoy again."})
        page = CHAT.format(dist="/staysail/dist", integrity="", provider=box.url).replace(
            "<staysail-chat ", '<staysail-chat runtime-url="/runtime/" '
        )
        (tmp_path / "pages/page.html").write_text(page, "utf-8")
        driver.get(f"{server.url}pages/page.html")
        assert "Ahoy." in driver.execute_async_script(SEND)
        kept = "return caches.has('staysail-snapshots')"
        WebDriverWait(driver, 30).until(lambda page: page.execute_script(kept))
        server.seen.clear()
        driver.get("about:blank")
        driver.get(f"{server.url}pages/page.html")
        assert "Ahoy again." in driver.execute_async_script(SEND)
        asked = [path for path, _ in server.seen if not path.endswith((".html", "favicon.ico"))]
        assert 3 <= len(asked) <= 6, server.seen
        assert complaints(driver) == []


LIST = """
import { EXAMPLES } from "./tests/web/examples.mjs";
console.log(JSON.stringify(Object.entries(EXAMPLES).map(([name, { answers, prints }]) => [name, answers, prints.source])));
"""
MODULE = """<!doctype html>
<meta charset="utf-8">
<title>Modules of the CDN</title>
<script type="importmap">{imports}</script>
<script>
const lines = [];
const show = (value) => {{
  if (typeof value !== "object" || value === null) return String(value);
  const inside = (value) => (typeof value === "string" ? `"${{value}}"` : show(value));
  if (Array.isArray(value)) return value.length ? `[ ${{value.map(inside).join(", ")}} ]` : "[]";
  return `{{ ${{Object.entries(value).map(([name, value]) => `${{name}}: ${{inside(value)}}`).join(", ")}} }}`;
}};
console.log = (...values) => void lines.push(`${{values.map(show).join(" ")}}\\n`);
globalThis.process = {{ env: {{ OPENAI_API_KEY: "sk-example" }}, stdout: {{ write: (text) => lines.push(text) }} }};
</script>
"""
RUN = """
const [name, url, mcp, done] = arguments;
const run = async () => {
  const { pythonTools } = await import("staysail");
  const [point] = await pythonTools(`
import os
def point(url: str) -> None:
    os.environ["STAYSAIL_OPENAI_BASE_URL"] = url
`);
  await point.execute({ url });
  process.env.MCP_URL = mcp;
  lines.length = 0;
  await import(`./examples/${name}`);
  return lines.join("");
};
run().then(done, (error) => done(`${error.stack ?? error}`));
"""


@pytest.mark.thorough
def test_every_module_of_the_examples_runs_from_the_published_packages(driver, provider, cdn, tmp_path):
    listed = subprocess.run(["node", "--input-type=module", "-e", LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    subpaths = json.loads((ROOT / "web/package.json").read_text("utf-8"))["exports"]
    imports = {
        f"staysail{subpath[1:]}": f"https://{HOST}/{PACKAGE}/{target['default'][2:]}"
        for subpath, target in subpaths.items()
        if isinstance(target, dict) and "*" not in subpath
    }
    for file in (cdn.folder / PACKAGE / "providers").glob("*.js"):
        imports[f"staysail/{file.stem}"] = f"https://{HOST}/{PACKAGE}/providers/{file.name}"
    shutil.copytree(ROOT / "examples/web", tmp_path / "pages/examples")
    shutil.copytree(ROOT / "web/node_modules/zod", tmp_path / "pages/zod")
    imports["zod"] = "./zod/index.js"
    (tmp_path / "pages/page.html").write_text(MODULE.format(imports=json.dumps({"imports": imports})), "utf-8")
    with serve_counting(Site(tmp_path, ("pages",))) as server, serving("node", "tests/mcp/servers.mjs") as urls:
        driver.get(f"{server.url}pages/page.html")
        for name, answers, prints in json.loads(listed.stdout):
            box = provider.box(*answers)
            told = driver.execute_async_script(RUN, name, box.url, urls["newer"])
            assert re.search(prints, told, re.MULTILINE), f"{name} printed {told}"
            assert len(box.seen) == len(answers), name


PAGES = [
    *(
        pytest.param(example, marks=pytest.mark.thorough)
        for example in (
            pages.test_the_element_answers,
            pages.test_two_tabs_share_python,
            pages.test_a_kept_key_opens_with_its_passphrase,
            pages.test_a_login_gives_an_agent_its_key,
        )
    ),
    pages.test_python_that_the_model_wrote_runs,
]


@pytest.mark.parametrize(
    "headers", [pytest.param({}, id="not isolated", marks=pytest.mark.thorough), pytest.param(ISOLATED, id="isolated")]
)
@pytest.mark.parametrize("example", PAGES)
def test_every_page_of_the_examples_runs_from_the_published_packages(driver, provider, cdn, tmp_path, example, headers):
    for page in (ROOT / "examples/web").glob("*.html"):
        (tmp_path / "examples/web").mkdir(parents=True, exist_ok=True)
        text = (
            page.read_text("utf-8")
            .replace("../../web/", f"https://{HOST}/{PACKAGE}/")
            .replace("../../wheels/", f"https://{HOST}/{RUNTIME}/")
        )
        (tmp_path / "examples/web" / page.name).write_text(text, "utf-8")
    with serve_counting(Site(tmp_path, ("examples",), headers=headers)) as server:
        example(driver, server.url, provider)
