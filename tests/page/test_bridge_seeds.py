"""Eight programs written for rig-wasm, as they stand but for the package's name, in Chromium without a bundler: an import map says where
the package is, and a few lines stand in for Node's `process`."""

import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.server import TestServer

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "tests" / "web" / "seeds"
TRANSPILE = """
const ts = require("typescript");
const source = require("fs").readFileSync(0, "utf8");
const compilerOptions = { module: "ESNext", target: "ES2022" };
process.stdout.write(ts.transpileModule(source, { compilerOptions }).outputText);
"""
PACKAGE = {"openai": "providers/openai", "utils": "utils", "streaming": "streaming", "completion": "completion", "qdrant": "qdrant"}

PREPARE = """
const [map, base] = arguments;
const script = Object.assign(document.createElement("script"), { type: "importmap", textContent: JSON.stringify(map) });
document.head.append(script);
globalThis.said = [];
for (const name of ["log", "error"]) console[name] = (...words) => said.push(words.join(" "));
globalThis.process = {
  env: { OPENAI_API_KEY: "sk-test", STAYSAIL_OPENAI_BASE_URL: base },
  stdout: { write: (text) => said.push(text) },
};
"""
START = """
const [sources, done] = arguments;
const run = async () => {
  const { boot } = await import("/web/index.js");
  await boot({ runtimeURL: "/wheels/" });
  for (const source of sources) await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
};
run().then(() => done(null), (error) => done(String(error)));
"""


def transpile(name):
    source = next(SEEDS.glob(f"{name}-*.ts")).read_bytes()
    made = subprocess.run(["node", "-e", TRANSPILE], input=source, cwd=ROOT / "web", capture_output=True, check=True)
    return made.stdout.decode()


class Qdrant(BaseHTTPRequestHandler):
    """As much of a Qdrant server as the program needs, at the port that it names."""

    asked: list[str] = []

    def do_OPTIONS(self):
        self.answer({})

    def do_GET(self):
        self.asked.append(f"GET {self.path}")
        self.answer({"result": {"exists": False}})

    def do_PUT(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(f"PUT {self.path}")
        self.answer({"result": {"status": "acknowledged"}})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        for name in ("origin", "methods", "headers"):
            self.send_header(f"access-control-allow-{name}", "*")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def qdrant():
    try:
        server = HTTPServer(("127.0.0.1", 6333), Qdrant)
    except OSError as error:
        pytest.skip(f"port 6333 is taken: {error}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Qdrant
    server.shutdown()
    thread.join()
    server.server_close()


def embedding(text, vector):
    return {"if": text, "body": {"data": [{"index": 0, "embedding": vector}]}}


def test_the_eight_programs_run_in_a_page(driver, site, qdrant):
    question = "What can you tell me about Rust and WebAssembly?"
    starts = ["Rust is a systems", "WebAssembly is a binary", "Machine learning is", "The Rust programming", "WebAssembly enables"]
    vector = [n / 1536 for n in range(1536)]
    calls = [
        {"name": "calculator", "arguments": {"operation": "multiply", "a": 15, "b": 23}},
        {"name": "weather", "arguments": {"location": "Tokyo"}},
    ]
    answers = [
        *(embedding(start, [float(n != 2), n / 10, 1]) for n, start in enumerate(starts)),
        embedding(question, [1, 0, 0]),
        {"if": question, "text": "Rust is fast."},
        embedding("hello world!", vector),
        {"if": '"example"', "body": {"data": [{"index": n, "embedding": vector} for n in range(3)]}},
        {"if": "Lorem Ipsum", "text": "Lorem ipsum dolor."},
        {"if": '{\\"result\\": 5325}', "text": "The number is 5325."},
        {"if": "increment the counter", "tool_calls": [{"name": "counter", "arguments": {}}]},
        {"if": '{\\"result\\": 345}', "text": "345, and sunny."},
        {"if": "15 * 23", "tool_calls": calls},
        {"if": "robot learning", "text": "A robot painted a boat."},
        {"if": "basic concepts", "text": "Start with ownership."},
        {"if": "learning Rust", "text": "Of course."},
        {"if": "resilience", "text": "Bend, not break."},
    ]
    expected = [
        "Response: Lorem ipsum dolor.",
        "Response: The number is 5325.",
        "Complete story: A robot painted a boat.",
        "Embedding length: 1536",
        "Generated 3 embeddings",
        "Document successfully inserted",
        "Second response: Start with ownership.",
        "Response: 345, and sunny.",
        "Response: Rust is fast.",
        "Response: Bend, not break.",
    ]
    with TestServer() as provider:
        box = provider.box(*answers)
        driver.get(f"{site}tests/page/empty.html")
        modules = {f"staysail/{name}": f"{site}web/{path}.js" for name, path in PACKAGE.items()}
        driver.execute_script(PREPARE, {"imports": modules}, box.url)
        assert driver.execute_async_script(START, [transpile(n) for n in range(1, 9)]) is None
        end = time.monotonic() + 60
        said = ""
        while time.monotonic() < end and not all(line in said for line in expected):
            time.sleep(0.2)
            said = "\n".join(driver.execute_script("return said"))
    missing = [line for line in expected if line not in said]
    assert not missing, said
    assert "Error:" not in said
    assert qdrant.asked[-1] == "PUT /collections/test_collection/points?wait=true"
