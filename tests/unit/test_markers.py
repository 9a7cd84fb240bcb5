"""Thirty secrets, each its own marker, go in by every door; a server echoes all it was sent. Nothing that comes out holds one: errors with
their causes and tracebacks, reprs, pickles, logs (httpx's too), warnings, traces, the durable directory, recordings, the audit."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
import warnings
from base64 import b64encode
from collections.abc import Awaitable, Callable
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from staysail import (
    Agent,
    CompletionRequest,
    EmbeddingModel,
    ImageModel,
    McpServer,
    MemoryExporter,
    OTLPExporter,
    QdrantStore,
    Reranker,
    SpeechModel,
    StaysailError,
    ToolCall,
    ToolFS,
    Tracer,
    TraceStore,
    TranscriptionModel,
    VectorStore,
    ingest,
    list_models,
    load_model,
    tool,
)
from staysail.fs.ports import PluginSource
from staysail.host.httpx_transport import HttpxTransport
from staysail.testing import Recorder, ScriptedModel
from tests.server.raw import raw_server

MARK = "MARKER"


def marker(number: int) -> str:
    return f'sk-{MARK}{number:02d}-a1B2/c3+d4"e5'


def echo(request: str) -> list[bytes]:
    """An error that repeats the request's head as it came, in an address and in base64, and each credential alone."""
    lines = request.split("\r\n")
    credentials = [word for line in lines for word in line.replace("=", " ").replace("?", " ").replace("&", " ").replace(":", " ").split()]
    forms = [*lines, *credentials, *map(quote, credentials), *(b64encode(word.encode("latin-1")).decode() for word in credentials)]
    return [json.dumps({"error": {"message": " | ".join(forms), "code": "echo", "body": forms}}).encode()]


class Doors:
    """How each secret goes in. url: of the server that echoes."""

    def __init__(self, url: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url, self.directory, self.monkeypatch = url, directory, monkeypatch
        self.kept: list[Any] = []
        self.transport = Recorder(HttpxTransport())
        self.spans = MemoryExporter()

    def model(self, name: str = "openai-compatible:m", **options: Any) -> Any:
        options = {"base_url": f"{self.url}/v1"} | options
        made = load_model(name, transport=self.transport, **options)
        plain = load_model(name, **options)
        self.kept += [made, plain, Agent(plain), Agent(plain, headers=options.get("headers"))]
        return made

    async def ask(self, **options: Any) -> None:
        model = self.model(**options)
        agent = Agent(
            model,
            retry=False,
            durable=str(self.directory / "runs"),
            hooks=[
                Tracer(self.spans, content=True, raw=True, wait=True),
                Tracer(TraceStore(self.directory / "traces"), raw=True, wait=True),
            ],
        )
        self.kept.append(agent)
        await agent.prompt("hi")

    async def stream(self, **options: Any) -> None:
        async for _ in self.model(**options).stream(CompletionRequest("hi")):
            pass

    async def from_function(self, key: str) -> None:
        async def give() -> str:
            return key

        await self.ask(api_key=give)

    async def from_environment(self, key: str) -> None:
        self.monkeypatch.setenv("OPENAI_API_KEY", key)
        await self.ask(name="openai-chat:m")

    async def tool_that_tells(self, key: str) -> None:
        @tool
        def look() -> str:
            raise ValueError(f"refused with {key}")

        self.model(api_key=key)
        agent = Agent(
            ScriptedModel([[ToolCall("1", "look", {})], "done"]),
            tools=[look],
            durable=str(self.directory / "runs"),
            hooks=[Tracer(self.spans, content=True, wait=True)],
        )
        await agent.prompt("go")

    async def otlp(self, key: str) -> None:
        exporter = OTLPExporter(self.url, headers={"authorization": f"Bearer {key}"}, transport=self.transport)
        self.kept.append(exporter)
        await Agent(ScriptedModel(["done"]), hooks=[Tracer(exporter, wait=True)]).prompt("go")

    async def mcp(self, **options: Any) -> None:
        async with McpServer(f"{self.url}/mcp", transport=self.transport, **options) as server:
            self.kept.append(server)
            await server.tools()

    async def qdrant(self, key: str) -> None:
        store = QdrantStore(self.url, "c", api_key=key, dim=2)
        self.kept.append(store)
        await store.count()

    async def mounted(self, key: str) -> None:
        fs = ToolFS(str(self.directory / "fs"))
        fs.mount_http("/toolfs/web", self.url, headers={"x-auth-token": key})
        session = fs.session(name="s", paths={"/toolfs": "read"})
        self.kept.append(fs)
        await fs.read("/toolfs/web/a", session)

    async def plugin(self, key: str) -> None:
        fs = ToolFS(str(self.directory / "fs2"))
        self.kept.append(fs)
        await fs.plugins.add(PluginSource("http", "p", url=self.url, headers={"x-api-key": key}))

    async def load(self, url: str) -> None:
        async for event in ingest(url, VectorStore(":memory:", dim=2)):
            self.kept.append(event)


def doors(door: Doors) -> dict[int, Callable[[str], Awaitable[Any]]]:
    here = door.url.removeprefix("http://")
    basic = lambda key: "Basic " + b64encode(f"user:{key}".encode()).decode()  # noqa: E731
    service = {"base_url": f"{door.url}/v1", "retry": False}
    return {
        1: lambda key: door.ask(api_key=key),
        2: door.from_function,
        3: door.from_environment,
        4: lambda key: door.ask(api_key="none", headers={"authorization": f"Token {key}"}),
        5: lambda key: door.ask(headers={"Authorization": basic(key)}),
        6: lambda key: door.ask(name="anthropic:m", api_key=key),
        7: lambda key: door.ask(name="gemini:m", api_key=key),
        8: lambda key: door.ask(headers={"x-portkey-api-key": key}),
        9: lambda key: door.ask(headers={"x-custom": f"Bearer {key}"}),
        10: lambda key: door.ask(headers={"cookie": f"session={key}; theme=dark"}),
        11: lambda key: door.ask(base_url=f"http://user:{quote(key, safe='')}@{here}/v1"),
        12: lambda key: door.ask(base_url=f"{door.url}/v1?key={quote(key, safe='')}"),
        13: lambda key: EmbeddingModel("openai-compatible:m", api_key=key, **service).embed_text("a"),
        14: lambda key: Reranker("jina:m", api_key=key, **service).rerank("a", ["b"]),
        15: lambda key: TranscriptionModel("openai:m", api_key=key, **service).transcribe(b"RIFF"),
        16: lambda key: ImageModel("openai:m", api_key=key, **service).generate("a"),
        17: lambda key: SpeechModel("openai:m", api_key=key, **service).speak("a", voice="v"),
        18: lambda key: list_models("openai", api_key=key, base_url=f"{door.url}/v1"),
        19: door.otlp,
        20: door.qdrant,
        21: lambda key: door.mcp(headers={"x-secret": key}),
        22: lambda key: door.mcp(auth=key),
        23: lambda key: door.load(f"http://user:{quote(key, safe='')}@{here}/a.txt"),
        24: lambda key: door.load(f"{door.url}/a.txt?token={quote(key, safe='')}"),
        25: door.mounted,
        26: door.plugin,
        27: lambda key: door.ask(headers={"x-api-key": f"{key}\r\nx-more: 1"}),
        28: lambda key: door.ask(base_url=key),
        29: lambda key: door.ask(name=key),
        30: lambda key: door.ask(api_key=f"{key}\n second line"),
        31: door.tool_that_tells,
        32: lambda key: door.stream(api_key=key),
    }


def pickled(thing: Any) -> str:
    try:
        return pickle.dumps(thing).decode("latin-1")
    except Exception as error:  # noqa: BLE001  locks and functions, and what refuses
        return f"not pickled: {error}"


def everything(error: BaseException) -> list[Any]:
    told: list[Any] = ["".join(traceback.format_exception(error)), repr(error), str(error), getattr(error, "__notes__", None)]
    while error is not None:
        told += [repr(error.args), repr(vars(error)) if hasattr(error, "__dict__") else ""]
        if isinstance(error, StaysailError):
            told.append(json.dumps(error.to_dict(), default=str))
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return told


async def test_no_marker_comes_out_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    log, out, ended = StringIO(), [], {}
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with raw_server("400 Bad Request\r\ncontent-type: application/json", echo) as raw:
            door = Doors(raw.url, tmp_path, monkeypatch)
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                for number, work in doors(door).items():
                    try:
                        await work(marker(number))
                        ended[number] = "no error"
                    except Exception as error:  # noqa: BLE001  whatever it is, it is looked into
                        ended[number] = type(error).__name__
                        out += everything(error)
            seen = "\n".join(raw.requests)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    door.transport.save(tmp_path / "recording.jsonl", "all")
    out += [log.getvalue(), *(str(warning.message) for warning in warned), *capsys.readouterr()]
    out += [repr(thing) for thing in door.kept]
    pickles = [pickled(thing) for thing in (*door.kept, door.transport.interactions)]
    assert sum(not text.startswith("not pickled") for text in pickles) > 20
    out += pickles
    out += [json.dumps(span.to_dict(), default=str) for span in door.spans.spans]
    out += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    everywhere = "\n".join(map(str, out))

    refused = {27, 28, 29, 30}  # before anything is sent
    for number in set(doors(door)) - refused - {5, 11, 23, 31}:
        assert f"{MARK}{number:02d}" in seen, f"marker {number} was never sent: {ended[number]}"
    raw_errors = {number: name for number, name in ended.items() if not name.endswith("Error") and name != "no error"}
    assert raw_errors == {}
    assert {number for number, name in ended.items() if name == "no error"} <= {19, 23, 24, 31}, ended
    forms = [MARK, b64encode(MARK.encode()).decode().rstrip("="), *(b64encode(b"." * pad + MARK.encode()).decode()[4:-4] for pad in (1, 2))]
    found = [everywhere[max(0, at - 300) : at + 60] for form in forms if (at := everywhere.find(form)) >= 0]
    assert found == []
    assert len(everywhere) > 50_000


KEY = "sk-MARKER-abcdefghij0123456789"
HEADS = {
    "plain 400": "400 X\r\ncontent-type: text/plain",
    "html 400": "400 X\r\ncontent-type: text/html",
    "plain 200": "200 X\r\ncontent-type: text/plain",
    "json 200": "200 X\r\ncontent-type: application/json",
    "away 302": "302 X",
}


@pytest.mark.parametrize("kind", HEADS)
async def test_no_echo_is_cut_into_half_a_key(kind: str):
    async def mcp(url: str) -> None:
        async with McpServer(url, auth=KEY) as server:
            await server.tools()

    async def otlp(url: str) -> None:
        await OTLPExporter(url, headers={"x-api-key": KEY}).export([])

    async def plugin(url: str) -> None:
        await ToolFS().add_plugin(PluginSource("http", "p", url=url, headers={"x-api-key": KEY}))

    options: dict[str, Any] = {"api_key": KEY, "retry": False}
    works: dict[str, Callable[[str], Awaitable[Any]]] = {
        "chat": lambda url: load_model("openai-compatible:m", base_url=url, api_key=KEY).complete(CompletionRequest("hi")),
        "batches": lambda url: Agent("openai-chat:m", base_url=url, **options).batch_prompt(["hi"]),
        "embeddings": lambda url: EmbeddingModel("openai-compatible:m", base_url=url, **options).embed_text("a"),
        "speech": lambda url: TranscriptionModel("openai:m", base_url=url, **options).transcribe(b"RIFF"),
        "models": lambda url: list_models("openai", api_key=KEY, base_url=url),
        "qdrant": lambda url: QdrantStore(url, "c", api_key=KEY, dim=2).count(),
        "mcp": mcp,
        "otlp": otlp,
        "plugin": plugin,
    }
    for length in (30, 60, 85, 135, 185, 285, 485, 1985, 3985):
        filler = "word " * (length // 5)
        text = {"json 200": json.dumps({"error": filler + KEY}), "html 400": f"<p>{filler}{KEY}</p>"}.get(kind, filler + KEY)
        head = HEADS[kind] + (f"\r\nlocation: /{filler.replace(' ', '-')}{KEY}" if kind == "away 302" else "")
        async with raw_server(head, lambda _, text=text: [text.encode()]) as raw:
            for name, work in works.items():
                told: list[Any] = []
                try:
                    await work(raw.url)
                except StaysailError as error:
                    told = everything(error)
                assert KEY[:8] not in "\n".join(map(str, told)), (name, length)
