"""Files into the vector store in Chromium: the loaders' packages, the embedder and the store are all there without a network."""

import base64
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from tests.server import TestServer

WRITERS = Path(__file__).parents[1] / "unit" / "rag" / "writers.py"
WEIGHTS = Path(__file__).parents[2] / "wheels" / "local" / "minilm-int8.onnx"

pytestmark = pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not built: make build")

START = """
const { startPython } = await import("/tests/page/python_start.mjs");
globalThis.pyodide = await startPython();
return await pyodide.runPythonAsync(`
import asyncio, base64, js, json
from contextlib import aclosing
from staysail import Agent, EmbeddingModel, ToolCall, VectorStore, ingest, search_tool
from staysail import use_web_files
from staysail.testing import ScriptedModel

use_web_files("/web")
store = VectorStore("library", embedder=EmbeddingModel("local"))

async def collect(files):
    return [event.to_dict() async for event in ingest(files, store)]
None
`);
"""

INGEST = """
files = {name: base64.b64decode(data) for name, data in json.loads(given).items()}

def as_file(name):
    return js.File.new([js.Uint8Array.new(files[name])], name)

blob = js.URL.createObjectURL(as_file("weather.html"))
sources = [
    as_file("sails.pdf"),
    ("harbour.docx", files["harbour.docx"]),
    {"name": "knots.epub", "bytes": files["knots.epub"]},
    {"name": "weather.html", "url": blob},
    ("broken.pdf", b"%PDF-1.7 and no more"),
]
await VectorStore("library").destroy()

# Left in the middle of the second file: the first is there, the second is not.
async with aclosing(ingest(sources, store)) as events:
    async for event in events:
        if event.type == "file_progress" and event.file == "harbour.docx":
            break
stopped = [item["id"] for item in await store.get([f"{name}#0" for name in files])]
first, again = await collect(sources), await collect(sources[:3])

model = ScriptedModel([
    ToolCall("1", "search", {"query": "Which sail balances a ketch when it blows hard?"}),
    ToolCall("2", "search", {"query": "What does it cost to stay overnight?"}),
    "A staysail [sails.pdf#1]; twelve crowns [harbour.docx#1].",
])
reply = await Agent(model, tools=[search_tool(store, k=1)], dynamic_context=(1, store)).prompt("How do I tie a knot around a pole?")
js.localStorage.setItem("reply", json.dumps(reply.to_dict()))
json.dumps({"stopped": stopped, "first": first, "again": again, "hosts": sorted({
    js.URL.new(entry.name).host for entry in js.performance.getEntriesByType("resource") if not entry.name.startswith("blob:")
})})
"""

REOPEN = """
cited = [source for step in json.loads(js.localStorage.getItem("reply"))["steps"] for source in step["sources"]]
opened = await store.get([source["id"] for source in cited])
hits = await store.search("tide at midday", 1)
told = {"cited": cited, "opened": opened, "found": hits[0].document["text"], "count": await store.count()}
again = await collect({"name": "sails.pdf", "bytes": base64.b64decode(json.loads(given)["sails.pdf"])})
await store.destroy()
json.dumps(told | {"again": again})
"""


@pytest.fixture(scope="module")
def writers():
    spec = importlib.util.spec_from_file_location("writers", WRITERS)
    module = sys.modules["writers"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Page:
    def __init__(self, driver, site):
        self._driver = driver
        driver.get(f"{site}tests/page/empty.html")
        self.script(START)

    def script(self, body, *arguments):
        answer = self._driver.execute_async_script(
            "const [given, done] = [arguments[0], arguments[arguments.length - 1]]; (async () => {"
            + body
            + "})().then((value) => done({ value }), (error) => done({ error: String(error).slice(-3000) }));",
            *arguments,
        )
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def run(self, code, files):
        """The last expression, which is JSON; the files as `given`."""
        encoded = json.dumps({name: base64.b64encode(data).decode() for name, data in files.items()})
        return json.loads(
            self.script(f"pyodide.globals.set('given', given); return await pyodide.runPythonAsync({json.dumps(code)})", encoded)
        )


@pytest.mark.thorough
def test_files_are_ingested_asked_about_and_cited_offline_and_all_of_it_is_there_after_a_reload(driver, site, writers):
    files = {
        "sails.pdf": writers.write_pdf(),
        "harbour.docx": writers.write_docx(),
        "knots.epub": writers.write_epub(),
        "weather.html": writers.HTML.encode(),
    }
    told = Page(driver, site).run(INGEST, files)
    assert told["stopped"] == ["sails.pdf#0"]
    ends = [(event["file"], event["type"]) for event in told["first"] if event["type"] not in ("file_started", "file_progress")]
    assert ends == [
        ("sails.pdf", "file_skipped"),
        ("harbour.docx", "file_done"),
        ("knots.epub", "file_done"),
        ("weather.html", "file_done"),
        ("broken.pdf", "file_failed"),
    ]
    assert [event["type"] for event in told["again"]] == ["file_started", "file_skipped"] * 3
    assert told["hosts"] == [site.split("/")[2]]

    after = Page(driver, site).run(REOPEN, files)
    knot, sail, fee = after["cited"]
    assert (knot["source"], sail["id"], fee["source"]) == ("knots.epub", "sails.pdf#1", "harbour.docx")
    assert sail["document"]["metadata"]["page"] == 2
    assert [item["document"] for item in after["opened"]] == [source["document"]["text"] for source in after["cited"]]
    assert writers.PDF_PAGES[1][slice(*sail["span"])] == sail["document"]["text"]
    assert "High water at noon" in after["found"]
    assert after["again"][-1]["type"] == "file_skipped"


JAVASCRIPT = """
const { Agent, EmbeddingModel, boot } = await import("/web/index.js");
const { IndexedDBVectorStore, ingest, searchTool } = await import("/web/vector-store.js");
await boot({ runtimeURL: "/wheels/" });
const store = new IndexedDBVectorStore("js-library", { embedder: new EmbeddingModel({ model: "local" }) });
const collect = async (files, events = []) => {
  for await (const event of ingest(files, store)) events.push(event);
  return events;
};
const { files, base } = JSON.parse(given);
const bytes = (name) => Uint8Array.from(atob(files[name]), (character) => character.charCodeAt(0));
const sails = () => new File([bytes("sails.pdf")], "sails.pdf");
"""

IN_JAVASCRIPT = """
await store.destroy();
const events = await collect([sails(), { name: "weather.html", url: URL.createObjectURL(new Blob([bytes("weather.html")])) }]);
const agent = new Agent({ model: "openai:gpt-4o", apiKey: "k", baseURL: base, tools: [searchTool(store, { k: 1 })] });
const reply = await agent.run("Which sail balances a ketch?");
localStorage.setItem("cited", JSON.stringify(reply.steps.flatMap((step) => step.sources)));
return { events, text: reply.text };
"""

AGAIN_IN_JAVASCRIPT = """
const cited = JSON.parse(localStorage.getItem("cited"));
const opened = await store.get(cited.map((source) => source.id));
const [[, found]] = await store.search("When is high tide?", 1);
const again = await collect([sails()]);
await store.destroy();
return { cited, opened, found, again };
"""


@pytest.mark.thorough
def test_the_same_from_javascript_with_python_in_a_worker(driver, site, writers):
    files = {"sails.pdf": writers.write_pdf(), "weather.html": writers.HTML.encode()}
    encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}

    def run(body, base=""):
        driver.get(f"{site}tests/page/empty.html")
        answer = driver.execute_async_script(
            "const [given, done] = arguments; (async () => {"
            + JAVASCRIPT
            + body
            + "})().then((value) => done({ value }), (error) => done({ error: `${error.name} ${error.message} ${error.stack}` }));",
            json.dumps({"files": encoded, "base": base}),
        )
        assert "error" not in answer, answer["error"]
        return answer["value"]

    with TestServer() as server:
        box = server.box(
            {"tool_calls": [{"name": "search", "arguments": {"query": "Which sail balances a ketch when it blows hard?"}}]},
            {"text": "A staysail [sails.pdf#1]."},
        )
        told = run(IN_JAVASCRIPT, box.url)
    assert [event["file"] for event in told["events"] if event["type"] == "file_done"] == ["sails.pdf", "weather.html"]
    assert told["text"] == "A staysail [sails.pdf#1]."
    after = run(AGAIN_IN_JAVASCRIPT)
    (sail,) = after["cited"]
    assert (sail["id"], sail["source"], sail["document"]["metadata"]["page"]) == ("sails.pdf#1", "sails.pdf", 2)
    assert writers.PDF_PAGES[1][slice(*sail["span"])] == sail["document"]["text"] == after["opened"][0]["document"]
    assert after["found"].startswith("weather.html#")
    assert after["again"][-1]["type"] == "file_skipped"
