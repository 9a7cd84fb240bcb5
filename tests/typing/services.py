"""The rest of the package, for strict type checkers: what harbour.py and tools_and_types.py leave out. `main` runs what needs no network.

Every line that ends in `# wrong` must be an error for both checkers, and no other line may be one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, assert_type

import staysail
from staysail import (
    Agent,
    AgentTool,
    ApprovalNeeded,
    ApprovalRequest,
    Approve,
    Audio,
    Batch,
    BatchState,
    CallModel,
    CallOptions,
    CallTools,
    ClientTool,
    Completion,
    CompletionRequest,
    Conversations,
    Cost,
    Deliver,
    Document,
    Embedding,
    EmbeddingModel,
    Event,
    File,
    Finish,
    GeneratedImages,
    GiveResult,
    Grant,
    HostedTool,
    Image,
    IngestEvent,
    McpApp,
    McpLimits,
    McpServer,
    MemoryExporter,
    MemoryPolicy,
    Message,
    Model,
    ModelInfo,
    NativeTool,
    OcrPage,
    OutputSchema,
    Part,
    Passage,
    Pause,
    PluginSource,
    Projection,
    ProviderFiles,
    QdrantStore,
    QueuedMessage,
    RankedDocument,
    Refuse,
    RemoteFile,
    Reply,
    Run,
    RunInfo,
    RunLog,
    SearchHit,
    Session,
    Skip,
    Span,
    SpanEvent,
    SpanExporter,
    Steering,
    Stop,
    SummaryCompaction,
    Text,
    Timeouts,
    TokenWindow,
    Tool,
    ToolDefinition,
    ToolFS,
    ToolIndex,
    ToolOutput,
    Tracer,
    Transcription,
    Transport,
    Usage,
    VectorStore,
    tool,
)
from staysail.agent.memory_policies import MemoryContext
from staysail.core.ports import ModelTraits
from staysail.testing import ScriptedModel

STORES = (VectorStore, QdrantStore)


class Echo:
    """A model of the program's own."""

    name = "echo"
    traits = ModelTraits()

    async def complete(self, request: CompletionRequest) -> Completion:
        return Completion(Message.assistant(request.messages[-1].text), Usage(1, 1, 2), "stop")

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        yield staysail.TextDelta("said")
        yield await self.complete(request)


class Newest:
    """A policy of the program's own."""

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        return messages[-2:]


class Printed:
    async def export(self, spans: Sequence[Span]) -> None:
        events: list[SpanEvent] = [event for span in spans for event in span.events]
        print(len(events))


def decide(request: ApprovalRequest) -> Approve | Refuse | GiveResult:
    if request.uncertain:
        return GiveResult({"done": True})
    return Approve({"berth": "B2"}) if request.tool == "reserve" else Refuse("not today")


def told(event: Event) -> str:
    """Each kind of event has its own fields."""
    match event:
        case staysail.StepStarted() | staysail.StepDone() | staysail.ReplayDone():
            return event.type
        case staysail.ReasoningDelta(text) | staysail.TextDelta(text):
            return text
        case staysail.ToolCallDelta() | staysail.ToolProgress() | staysail.NestedEvent() | staysail.RunStarted():
            return event.type
        case staysail.ToolCallDone(name=name):
            return name
        case staysail.RetryScheduled(attempt, delay_s):
            return f"{attempt} in {delay_s:.1f} s"
        case staysail.ModelChanged() | staysail.RequestAdjusted() | staysail.HandedOver() | staysail.FileCreated():
            return event.type
        case staysail.MessageQueued() | staysail.MessageDelivered():
            return event.type
        case staysail.SourceFound(source):
            return str(source.get("url"))
        case _:
            return ""


def said(part: Part) -> str:
    match part:
        case Text(text) | staysail.Reasoning(text) | staysail.Refusal(text):
            return text
        case Image() | Audio() | File():
            return part.media_type or ""
        case ToolOutput(content=content):
            return "".join(map(said, content))
        case _:
            return part.type


def stepped(run: Run) -> str:
    action = run.next()
    match action:
        case CallModel(messages):
            return f"call with {len(messages)}"
        case CallTools(calls):
            return f"{len(calls)} tools"
        case Pause(requests):
            return requests[0].tool
        case Deliver(queued):
            first: QueuedMessage = queued[0]
            return first.id
        case Finish(reply):
            return reply.text


def why(error: Exception) -> str:
    if isinstance(error, staysail.ProviderError):
        kinds = (staysail.AuthError, staysail.RateLimitError, staysail.BadRequestError, staysail.ServerError, staysail.StreamError)
        return f"{error.status} {error.request_id} {error.retryable} {isinstance(error, (*kinds, staysail.NetworkError))}"
    if isinstance(error, staysail.MaxTurnsError | staysail.UsageLimitError | staysail.RunStopped | ApprovalNeeded):
        return f"{len(error.history)} {error.usage}"
    stores = (staysail.StoreError, staysail.QuotaError, staysail.DimensionError, staysail.CorruptionError, staysail.ToolFSError)
    return str(isinstance(error, (*stores, staysail.JsonError, staysail.LoaderError, staysail.ConfigError)))


def hosted() -> list[HostedTool]:
    answers = [staysail.web_search(max_uses=2), staysail.web_fetch(), staysail.url_context(), staysail.x_search(), staysail.tool_search()]
    makers = [staysail.code_execution(), staysail.image_generation(), staysail.file_search("files"), staysail.advisor("openai:m")]
    return [*answers, *makers, staysail.mcp("https://example.com/mcp", name="docs")]


async def shot(action: dict[str, Any]) -> Part:
    return Image(b"", media_type="image/png")


def native() -> list[ClientTool]:
    tools = [staysail.bash_tool(lambda command: command), staysail.custom_tool(str.upper, name="upper"), staysail.browser_tool(shot)]
    kinds: list[NativeTool | None] = [made.native for made in tools]
    return [*tools, staysail.computer_tool(shot, width=800, height=600)] if kinds else []


async def services(transport: Transport, clock: staysail.Clock) -> None:
    """Never called: each of these asks a provider."""
    assert_type(await EmbeddingModel("openai:m", transport=transport).embed_text("a"), Embedding)
    assert_type(await staysail.Reranker("cohere:m").rerank("a", ["b"], top_n=1), list[RankedDocument])
    assert_type(await staysail.ImageModel("openai:m").generate("a", n=2), GeneratedImages)
    assert_type(await staysail.SpeechModel("openai:m", voice="a").speak("a"), Audio)
    assert_type(await staysail.TranscriptionModel("openai:m").transcribe(b""), Transcription)
    result: staysail.OcrResult = await staysail.OcrModel("mistral:m").read(b"", pages=[1])
    pages = result.pages
    assert_type(pages, tuple[OcrPage, ...])
    assert_type(await staysail.list_models("openai"), list[ModelInfo])
    assert_type(await ProviderFiles("openai", clock=clock).upload(b"", name="a.pdf"), RemoteFile)
    batch = await Agent("openai:m", timeout_s=Timeouts(total_s=9)).batch(["a", "b"])
    assert_type(batch, Batch)
    assert_type(await batch.state(), BatchState)
    server = McpServer("https://example.com/mcp", limits=McpLimits(items=10), auth=staysail.ClientCredentials("a", client_secret="b"))
    assert_type(await server.read_app("ui://a"), McpApp)
    async for event in staysail.ingest(["a.md"], VectorStore(":memory:")):
        found: IngestEvent = event
        match found:
            case staysail.FileStarted() | staysail.FileProgress() | staysail.FileSkipped() | staysail.FileFailed() | staysail.FileDone():
                print(found.file)
    print(staysail.OAuth, staysail.identity_assertion, staysail.sample_with, staysail.OTLPExporter, staysail.ConsoleExporter)
    print(staysail.load_documents, staysail.use_web_files, staysail.python_tool, staysail.show, staysail.TraceStore)


async def stores(names: Iterable[str]) -> list[str]:
    store, other = VectorStore(":memory:"), VectorStore(":memory:")
    await store.add([Document(name, name) for name in names], vectors=[[1.0, 0.0], [0.0, 1.0]])
    assert_type(await staysail.copy(store, other), int)
    hits = await other.top_n([1.0, 0.0], 1, where={"id": {"ne": "x"}}, threshold=-1.0)
    assert_type(hits, list[SearchHit])
    plan: Projection = await staysail.project(store)
    index = ToolIndex([staysail.search_tool(store)])
    kept = Conversations(":memory:")
    await kept.append("trip", [Message.user("Fog?"), Message.assistant("Sun.")])
    assert_type((await kept.list())[0], staysail.ConversationInfo)
    found: Sequence[staysail.ConversationHit] = await kept.search("fog")
    loaded: staysail.Conversation = await kept.load("trip")
    return [hits[0].id, *plan.ids, type(index).__name__, *(hit.role for hit in found), loaded.messages[-1].text]


async def runs() -> list[str]:
    @tool(approval="always")
    def reserve(berth: str) -> str:
        """Reserves a berth."""
        run, call = staysail.current_run(), staysail.current_call()
        return f"{berth} in step {run.step if run else 0} by {call.name if call else ''}"

    spans, steering = MemoryExporter(), Steering()
    model: Model = ScriptedModel([staysail.ToolCall("1", "reserve", {"berth": "A1"}), "Done."])
    policies: list[MemoryPolicy] = [Newest(), TokenWindow(100), SummaryCompaction(over_tokens=2000)]
    agent = Agent(model, tools=[reserve], approve=decide, hooks=Tracer(spans), memory=policies[0])
    reply = await agent.prompt("A berth.", steering=steering)
    options: CallOptions = {"max_turns": 1, "timeout_s": 9}
    echoed = await Agent(Echo()).prompt("Ahoy", **options)
    helper: Tool = AgentTool(Agent(Echo(), name="echo"))
    definition = ToolDefinition(helper.name, helper.description, helper.parameters)
    spent: Cost | None = staysail.cost(Usage(1, 1, 2), "openai:m", {"openai:m": {"input": 1, "output": 1}})
    total = spent.total_usd if spent else Decimal(0)
    run = Run("A berth?")
    exporter: SpanExporter = Printed()
    log: list[type[RunLog] | type[RunInfo]] = [RunLog, RunInfo]
    print(exporter, log, Skip("x"), Stop("y"), OutputSchema({"type": "string"}), hosted(), native())
    assert_type(reply, Reply[str])
    return [said(reply.messages[-2].content[0]), echoed.text, definition.name, str(total > 0), stepped(run), str(len(spans.spans) > 0)]


def files() -> Session:
    source = PluginSource("wasm", "a", b"")
    print(source.name, staysail.__version__, staysail.provider_names("embeddings"), staysail.estimate_tokens("a"))
    assert not Session("b", Grant()).calls
    return ToolFS(":memory:").session(source.name, {"/toolfs/notes": "read"})


def passages(text: str) -> int:
    cut: list[Passage] = [*staysail.split_text(text), *staysail.split_markdown(text), *staysail.split_html(text)]
    return len([*cut, *staysail.split_code(text), *staysail.split_sentences(text), *staysail.split_tokens(text)])


async def wrong_uses(given: Mapping[str, str], store: VectorStore) -> None:
    await store.top_n([1.0, 0.0], tresh=0.5)  # wrong
    await store.top_n([1.0, 0.0], mode="words")  # wrong
    EmbeddingModel("openai:m", dimension=3)  # wrong
    McpServer("https://example.com/mcp", limit=3)  # wrong
    staysail.web_search(max_use=2)  # wrong
    Approve(3)  # wrong
    Grant(given)  # wrong
    Session("a")  # wrong


async def main() -> list[object]:
    assert files().name == "a"
    assert why(ValueError()) == "False"
    assert told(staysail.TextDelta("a")) == "a"
    assert staysail.RunCancelled.__mro__[1].__name__ == "CancelledError"
    return [await stores(["fog", "sun"]), await runs(), passages("Fog. Sun.")]
