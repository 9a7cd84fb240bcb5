"""The package's types say what Python gives and takes: each field of each value and option, in both directions.

A value is held against its type twice, with every field set and with none that may be left out. So a field that is new in Python, gone,
optional or null only on one side fails here, and is then changed in web/types.d.ts.
"""

import inspect
import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any, get_args

import pytest

import staysail.rag.ingest as ingesting
from staysail import Agent, Hooks, ToolFS, VectorStore, load_documents
from staysail.agent.approval import ApprovalNeeded, ApprovalRequest
from staysail.agent.context import RunContext
from staysail.agent.events import HandedOver, NestedEvent, ReplayDone, RunDone, RunStarted
from staysail.agent.fallback import ModelChanged
from staysail.agent.limits import UsageLimits
from staysail.agent.partial_output import OutputDelta
from staysail.agent.reply import Reply, Step
from staysail.agent.retrieval import describe_sources
from staysail.agent.run_log import RunInfo, RunState
from staysail.agent.settings import Settings
from staysail.agent.steering import MessageDelivered, MessageQueued
from staysail.bridge.models import _fields
from staysail.bridge.tracing import _describe as describe_span
from staysail.core.completion import Completion, CompletionRequest, Document, FinishReason, OutputSchema, Timeouts, ToolDefinition
from staysail.core.conversations import Conversation, ConversationHit, ConversationInfo
from staysail.core.events import (
    Event,
    FileCreated,
    ReasoningDelta,
    RequestAdjusted,
    RetryScheduled,
    SourceFound,
    StepDone,
    StepStarted,
    TextDelta,
    ToolCallDelta,
    ToolCallDone,
    ToolProgress,
    ToolResult,
)
from staysail.core.hosted import HostedTool
from staysail.core.messages import Audio, File, Image, Message, Opaque, Part, Reasoning, Refusal, Role, Text, ToolCall, ToolOutput
from staysail.core.ports import SearchHit
from staysail.core.retry import Retry
from staysail.core.spans import Span, SpanEvent
from staysail.core.usage import Usage
from staysail.fs.entry import Entry
from staysail.fs.memory_mount import MemoryEntry
from staysail.fs.ports import PluginSource
from staysail.fs.session import Grant
from staysail.fs.skills import Skill
from staysail.fs.snapshots import Diff, Snapshot
from staysail.providers.catalog import KnownModel
from staysail.testing import ScriptedModel
from staysail.tools.mcp.server import ServerInfo
from staysail.wire.embeddings import Embedding
from staysail.wire.images import GeneratedImages
from staysail.wire.rerank import RankedDocument
from staysail.wire.transcription import Transcription
from tools.sources import ROOT

FILES = ("web/types.d.ts", "web/toolfs/types.d.ts", "web/mcp.js")

MORE = {"extra": {"openai": 1}}
MEDIA = {"media_type": "image/png", "name": "a", **MORE}
MESSAGE = Message("user", (Text("hi"),), "ada", {"openai": 1})
BARE = Message("user")
USAGE = Usage(1, 2, 3, 4, 5, 6, 7)
COMPLETION = Completion(MESSAGE, USAGE, "stop", "end_turn", {"id": 1}, "req_1", "m", {"type": "refusal"}, ("a",))
RESULT = ToolResult("1", "look", (Text("7"),), False, 0.5, ({"id": "a"},), value=7)
ASKED = ApprovalRequest("1", "pay", {}, True, 1.0, "treasurer")
HIT = SearchHit(0.5, "a", {"text": "x", "metadata": {"source": "a.md", "start": 0, "end": 1}})
INFO = ConversationInfo("c", "Crew", 1.0, 2.0, 3, "b")


class Paused:
    def to_dict(self) -> dict[str, Any]:
        return {"version": 1}


# Of each type, the value with every field and the value with the fewest.
VALUES: dict[str, tuple[Any, Any]] = {
    "Usage": (USAGE, Usage()),
    "TextPart": (Text("a", ({"url": "b"},), **MORE), Text("a")),
    "ImagePart": ([Image(b"a", detail="high", **MEDIA), Image(url="a"), Image(file_id="a")], Image(url="a")),
    "AudioPart": ([Audio(b"a", **MEDIA), Audio(url="a"), Audio(file_id="a")], Audio(url="a")),
    "FilePart": ([File(b"a", **MEDIA), File(url="a"), File(file_id="a")], File(url="a")),
    "ReasoningPart": (Reasoning("a", "b", "c", **MORE), Reasoning()),
    "RefusalPart": (Refusal("a", **MORE), Refusal("a")),
    "ToolCallPart": (ToolCall("1", "a", {}, **MORE), ToolCall("1", "a")),
    "ToolResultPart": (ToolOutput("1", "a", (), True, **MORE), ToolOutput("1", "a")),
    "OpaquePart": (Opaque(**MORE), Opaque()),
    "Message": (MESSAGE, BARE),
    "TextDelta": (TextDelta("a"), TextDelta("a")),
    "ReasoningDelta": (ReasoningDelta("a"), ReasoningDelta("a")),
    "ToolCallDelta": (ToolCallDelta("1", "a", "{", 1), ToolCallDelta("1", "a", "{")),
    "ToolCallDone": (ToolCallDone("1", "a", {}), ToolCallDone("1", "a", {})),
    "ToolResult": (RESULT, ToolResult("1", "a")),
    "ToolProgress": (ToolProgress("1", "a", "display", "b", Text("c"), {"d": 1}), ToolProgress("1", "a", "stdout", "b")),
    "StepStarted": (StepStarted(1), StepStarted(1)),
    "SourceFound": (SourceFound(describe_sources([HIT])[0]), SourceFound(describe_sources([SearchHit(0.5, "a", "x")])[0])),
    "FileCreated": (FileCreated(Image(b"a")), FileCreated(Image(b"a"))),
    "ReplayDone": (ReplayDone(), ReplayDone()),
    "StepDone": (StepDone(1, USAGE, "stop", "req_1", COMPLETION), StepDone(1, USAGE, "stop")),
    "RetryScheduled": (RetryScheduled(2, 0.5, "a", "b", 500), RetryScheduled(2, 0.5, "a")),
    "OutputDelta": (OutputDelta({"a": 1}), OutputDelta({"a": 1})),
    "ModelChanged": (ModelChanged("a", "b", "c", "d", 500), ModelChanged("a", "b", "c")),
    "ApprovalNeeded": (ApprovalNeeded(ASKED), ApprovalNeeded(ASKED)),
    "NestedEvent": (NestedEvent("1", "a", TextDelta("b")), NestedEvent("1", "a", TextDelta("b"))),
    "RequestAdjusted": (RequestAdjusted("a", True), RequestAdjusted("a")),
    "HandedOver": (HandedOver("a"), HandedOver("a")),
    "MessageQueued": (MessageQueued("1", MESSAGE, "after"), MessageQueued("1", MESSAGE, "next_step")),
    "MessageDelivered": (MessageDelivered("1", MESSAGE, "after"), MessageDelivered("1", MESSAGE, "next_step")),
    "RunStarted": (RunStarted("1", (MESSAGE,)), RunStarted("1", ())),
    "RunDone": (RunDone(Reply("a", "a", (), USAGE, "stop")), RunDone(Reply("a", "a", (), USAGE, "stop"))),
    "ApprovalRequest": (ASKED, ApprovalRequest("1", "pay", {})),
    "CompletionDone": (COMPLETION, Completion(BARE)),
    "Step": (Step(COMPLETION, (RESULT,), ({"id": "a"},)), Step(COMPLETION)),
    "Source": (describe_sources([HIT])[0], describe_sources([SearchHit(0.5, "a", "x")])[0]),
    "Reply": (Reply("a", 1, (MESSAGE,), USAGE, "paused", (), (ASKED,), Paused(), "r"), Reply("a", 1, (), USAGE, "stop")),
    "RunInfo": (RunInfo("r", "a", "done", "hi", 1.0, 2.0, True, "c"), RunInfo("r", None, "done", "hi", 1.0, 2.0)),
    "ModelRequest": (
        CompletionRequest(
            *((MESSAGE,), "a", (Document("a", "b"),), (ToolDefinition("a"),), "auto", 1, 1, OutputSchema({}), {"a": 1}),
            reasoning="low",
            hosted=(HostedTool("web_search"),),
        ),
        CompletionRequest(),
    ),
    "ConversationInfo": (INFO, INFO.replace(forked_from=None)),
    "StoredConversation": (Conversation(INFO, (MESSAGE,), ("a",)), Conversation(INFO.replace(forked_from=None))),
    "ConversationHit": (ConversationHit("c", "Crew", 1, "user", "a"), ConversationHit("c", "Crew", 1, "user", "a")),
    "Span": (
        describe_span(Span("t", "s", "p", "a", "client", 1, 2, {"a": 1}, (SpanEvent("b", 1),), "error", "c")),
        describe_span(Span("t", "s", None, "a", "client", 1, 2)),
    ),
    "Transcription": (_fields(Transcription("a", "en", 1.0, ({},), USAGE, {})), _fields(Transcription("a"))),
    "GeneratedImages": (_fields(GeneratedImages((Image(b"a"),), USAGE, {})), _fields(GeneratedImages(()))),
    "RankedDocument": (_fields(RankedDocument(0, 0.5, "a")), _fields(RankedDocument(0, 0.5, "a"))),
    "KnownModel": (
        _fields(KnownModel(1, 2, 0.1, 0.2, 0.05, ("text",), ("tools",), "2027-01-01")),
        _fields(KnownModel(None, None, None, None, None, (), (), "")),
    ),
    "Embedding": (_fields(Embedding("a", [1.0])), _fields(Embedding("a", [1.0]))),
    "FileStarted": (ingesting.FileStarted("a", 0, 1, 2), ingesting.FileStarted("a", 0)),
    "FileProgress": (ingesting.FileProgress("a", 1, 2), ingesting.FileProgress("a", 1, 2)),
    "FileDone": (ingesting.FileDone("a", 1, 0, 0.5, ("b",)), ingesting.FileDone("a", 1, 0, 0.5)),
    "FileSkipped": (ingesting.FileSkipped("a", "empty", ("n",)), ingesting.FileSkipped("a", "empty")),
    "FileFailed": (ingesting.FileFailed("a", "b", "c"), ingesting.FileFailed("a", "b")),
    "Entry": (Entry("/a", "file", 1, "2026", "2026", "h"), Entry("/a", size_bytes=None)),
    "MemoryEntry": (MemoryEntry("a", "b", "2026", "2026", {"c": 1}), MemoryEntry("a", "b", "2026", "2026")),
    "Skill": (Skill("a", "b", "c", "/d", ("e",), ("f",), ("g",), "h", {}), Skill("a", "b", "c", "/d")),
    "Snapshot": (Snapshot("a", "2026", {"b": "c"}, {"d": "e"}, "f", 1, 2), Snapshot("a", "2026")),
    "Diff": (Diff(("a",), ("b",), ("c",), ("d",)), Diff()),
    "McpInfo": (ServerInfo("a", "1", "2026", "b", {}), ServerInfo("a", "1", "2026")),
}

# Options, and the Python fields or parameters behind them; then those that differ, and why.
OPTIONS: dict[str, tuple[Any, dict[str, str | None]]] = {
    "UsageLimits": (UsageLimits, {}),
    "RetryOptions": (Retry, {}),
    "TimeoutOptions": (Timeouts, {}),
    "StoreOptions": (VectorStore.__init__, {"name": None, "backend": None, "blocks": None, "segment_rows": None}),
    "StoreSearchOptions": (VectorStore.search, {"query": None, "k": None}),
    "IngestOptions": (ingesting.ingest, {"files": None, "store": None, "embedder": None, "measure": None, "signal": None}),
    "LoadOptions": (load_documents, {"source": None, "signal": None}),
    "RunOptions": (
        Settings,
        {
            "output_schema": "output_type",
            "tracer": "hooks",  # which a Tracer is in Python
            "deps": None,  # JavaScript's functions close over theirs
            "cache": None,  # an option of an agent, not of a call
            "steering": None,  # an option of a call, not of an agent
        },
    ),
    "RequestOptions": (
        CompletionRequest,
        {"output_schema": "output", "headers": None, "timeouts": None, "watch": None, "reasons": None, "hosted": None},
    ),
    "Grant": (Grant.of, {}),
}

# Types that say what JavaScript's functions take and give, or what is read there alone.
OWN = """
Access AgentOptions AiLanguageModel AiServiceModel AnswerEnd ApprovalAnswer AskAgain BatchState CallOptions ChainAccess Content
ConversationExport Delegate DynamicContext DynamicTools Embedder Extra FetchFunction ForeignPart HookDecision Hooks HostedOptions
HostedTool Infer InferredMessage IngestFile JsonSchema Limits LoadedDocument Maybe McpAnnotations McpApp McpAppTool McpLimits McpOAuth
McpOptions McpProgress McpPrompt McpResource McpResourceTemplate McpTool McpToolOptions MediaSource Memory MemoryPolicy MessageLike
ModelInfo ModelLink ModelName ModelObject ModelOptions ModelPiece ModelTraits MountOptions NativeTool OcrResult Operation OutputOf
OwnEmbedder OwnModel OwnModelRequest OwnReranker OwnTranscriber Passage PausedRun PlainBatch PlainTool PluginFiles PluginObject
PluginOptions PluginRequest Preamble RagIndex Reasoning RemoteFile Rerank ResumeOptions RigTool RootAgent RootAgentOptions Schema
SearchHit SearchIndex SearchRequest ServiceObject SessionOptions SplitOptions Splitter StandardResult StandardSchema Stop StoreArchive
StoreDocument StoreProjection SummaryOptions TextEmbedder TokenCounter Tool ToolApproval ToolChoice ToolContext ToolDefinition
ToolFSOptions TracerOptions VectorDocument Where WholeAnswer
"""

LITERALS: dict[str, Any] = {"FinishReason": FinishReason, "Role": Role, "RunInfo.state": RunState}


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    command = ["node", str(ROOT / "tests/contracts/declarations.mjs"), *(str(ROOT / file) for file in FILES)]
    types: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return types


def camel(name: str) -> str:
    return re.sub(r"(?<=.)_([a-z0-9])", lambda match: match[1].upper(), name)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda match: f"_{match[0].lower()}", name).removesuffix("_ms") + (
        "_s" if name.endswith("Ms") else ""
    )


def as_dicts(value: Any) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        yield {camel(name): held for name, held in (item if isinstance(item, dict) else item.to_dict()).items()}


@pytest.mark.parametrize("name", VALUES)
def test_a_type_has_the_fields_of_its_value(declared, name):
    full, fewest = VALUES[name]
    fields = declared[name]["fields"]
    every = {field for data in as_dicts(full) for field in data}
    [least] = as_dicts(fewest)
    assert every == {*fields}
    if not issubclass(type(fewest), Image | Audio | File):  # of which each has one of three sources
        assert {*least} == {field for field, kind in fields.items() if not kind["optional"]} | {*least} & NAMED
    assert {field for field, held in least.items() if held is None} - UNKNOWN == {
        field for field, kind in fields.items() if kind["nullable"]
    }


# A prompt's parts may leave out what Python always gives.
NAMED = {"text", "isError"}
# Of type `unknown`, which null is.
UNKNOWN = {"value", "raw"}


def parameters(source: Any) -> set[str]:
    if isinstance(source, type):
        return {*source.__match_args__}
    return {*inspect.signature(source).parameters} - {"self", "cls"}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_those_that_python_takes(declared, name):
    source, others = OPTIONS[name]
    spelled = {snake(field) for field in declared[name]["fields"]}
    assert {others.get(field, field) for field in spelled} - {None} == parameters(source) - {
        name for name, value in others.items() if value is None
    }


def test_unions_have_a_member_for_each_class(declared):
    events = {kind for kind in every_subclass(Event) if kind.__module__.startswith("staysail.")}
    files = {kind.type for kind in events if kind.__module__ == ingesting.__name__}
    assert {*declared["IngestEvent"]["members"]} == files
    assert {*declared["AgentEvent"]["members"]} == {kind.type for kind in events} - files
    parts = {kind.type for kind in every_subclass(Part) if kind.__name__ != "Media"}
    assert {*declared["Part"]["members"]} == parts


def every_subclass(base: type) -> Iterator[Any]:
    for kind in base.__subclasses__():
        yield kind
        yield from every_subclass(kind)


@pytest.mark.parametrize("name", LITERALS)
def test_closed_sets_are_the_same(declared, name):
    kind, _, field = name.partition(".")
    told = declared[kind]["fields"][field]["literals"] if field else declared[kind]["literals"]
    alias = LITERALS[name]
    assert {*told} == {*get_args(getattr(alias, "__value__", alias))}


async def test_values_that_a_run_or_a_store_makes_are_told_with_every_field(declared):
    made = await toolfs_answers() | await store_answers() | {"RunContext": [await hook_context()]}
    assert {*made} == {*MADE}
    for name, values in made.items():
        fields = declared[name]["fields"]
        told = [{camel(field) for field in value} if name not in SNAKE else {*value} for value in values]
        assert set().union(*told) == {*fields}, name
        assert set.intersection(*told) == {field for field, kind in fields.items() if not kind["optional"]}, name


# Types of values that are made here by the real thing, each at least once with every field and once without the optional ones.
MADE = (
    "AuditRecord",
    "Found",
    "FoundAll",
    "FoundDocument",
    "Inspected",
    "InspectedWasm",
    "Installed",
    "OperationResult",
    "PluginResponse",
    "RunContext",
    "StoreExplanation",
)
SNAKE = {"AuditRecord"}  # told as it is written down


async def hook_context() -> dict[str, Any]:
    contexts = []

    class Watch(Hooks):
        async def on_start(self, context: RunContext) -> None:
            contexts.append(context.to_dict())

    await Agent(ScriptedModel(["Hi."]), hooks=[Watch()]).prompt("Hi")
    return contexts[0]


async def toolfs_answers() -> dict[str, list[dict[str, Any]]]:
    toolfs = ToolFS()
    toolfs.mount("/toolfs/data")
    session = toolfs.session("you", {"/toolfs": "*"})
    await toolfs.remember("blue sails", session)
    found = await toolfs.search_memory("sails", session)
    results = await toolfs.run([{"type": "list_dir", "path": "/toolfs/data"}, {"type": "read_file", "path": "/toolfs/none"}], session)
    sources = PluginSource("wasm", "empty", b"\0asm\1\0\0\0"), PluginSource("javascript", "script", b"export default {}")
    inspected = [dict(await toolfs.inspect_plugin(source)) for source in sources]
    installed = await toolfs.add_plugin(Answering())
    responses = [await toolfs.execute("answering", {"operation": name}, session) for name in ANSWERS]
    return {
        "FoundAll": [found],
        "Found": found["results"],
        "OperationResult": results,
        "AuditRecord": await toolfs.audit.records(),
        "Inspected": inspected,
        "InspectedWasm": [inspected[0]["wasm"]],
        "Installed": [installed.to_dict()],
        "PluginResponse": responses,
    }


ANSWERS: dict[str, dict[str, Any]] = {
    "fewest": {"success": True},
    "done": {"success": True, "result": 1, "metadata": {"a": 1}},
    "failed": {"success": False, "error": "a"},
}


class Answering:
    name, version, skill_document = "answering", "1", ""

    async def init(self, config: Any) -> None:
        pass

    async def execute(self, request: Any, files: Any) -> dict[str, Any]:
        return ANSWERS[request["operation"]]


async def store_answers() -> dict[str, list[dict[str, Any]]]:
    store = VectorStore(":memory:")
    await store.add(["a"], vectors=[[1.0, 0.0]], ids=["a"])
    found = [*await store.get(["a"], vectors=True), *await store.get(["a"])]
    explained = await store.explain()
    await store.close()
    return {"FoundDocument": found, "StoreExplanation": [explained]}


def test_each_type_is_held_against_python_or_named_as_javascripts_own(declared):
    literals = {name for name in LITERALS if "." not in name}
    unions = {"AgentEvent", "IngestEvent", "Part"}
    assert {*declared} == {*VALUES, *OPTIONS, *literals, *unions, *MADE, *OWN.split(), "Completion"}
