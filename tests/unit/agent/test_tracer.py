"""What a run leaves behind as spans."""

import asyncio
import itertools
import json
import logging
from contextlib import aclosing

import pytest

from staysail import (
    Agent,
    AskAgain,
    Completion,
    ConfigError,
    ConsoleExporter,
    Hooks,
    MemoryExporter,
    Message,
    OTLPExporter,
    ProviderError,
    Skip,
    ToolCall,
    Tracer,
    TraceStore,
    Usage,
    tool,
)
from staysail.core.memory_records import MemoryRecords
from staysail.core.ports import HttpRequest
from staysail.testing import ReplayTransport, ScriptedClock, ScriptedModel

KEY = "sk-marked-0123456789abcdef"


@tool
async def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@tool
def sink() -> str:
    """Fails."""
    raise ValueError("a secret of the hold")


def call(name: str, id: str = "c1", **arguments) -> list[ToolCall]:
    return [ToolCall(id, name, arguments)]


def named(memory: MemoryExporter, name: str):
    (span,) = [span for span in memory.spans if span.name == name]
    return span


async def test_a_run_is_a_span_around_its_model_calls_and_tools():
    memory, ticks = MemoryExporter(), itertools.count(1000, 10)
    answer = Completion(Message.assistant("5."), Usage(10, 5, 115, 100, 0, 2), request_id="req-2", model="gpt-4o-2024")
    agent = Agent(
        ScriptedModel([call("add", a=2, b=3), answer], name="gemini:flash"),
        name="adder",
        tools=[add],
        temperature=0.5,
        hooks=Tracer(memory, now=lambda: next(ticks)),
    )
    await agent.prompt("2 + 3?")
    first, ran, last, run = memory.spans
    assert [span.name for span in memory.spans] == ["chat flash", "execute_tool add", "chat flash", "invoke_agent adder"]
    assert {span.trace_id for span in memory.spans} == {run.trace_id}
    assert len(run.trace_id) == 32
    assert [span.parent_id for span in memory.spans] == [run.span_id] * 3 + [None]
    assert len({span.span_id for span in memory.spans}) == 4
    assert all(run.start_ns <= span.start_ns < span.end_ns <= run.end_ns for span in memory.spans)
    assert [span.kind for span in memory.spans] == ["client", "internal", "client", "internal"]
    assert last.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "flash",
        "gen_ai.request.temperature": 0.5,
        "staysail.step": 2,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.id": "req-2",
        "gen_ai.usage.input_tokens": 110,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 100,
        "gen_ai.usage.reasoning.output_tokens": 2,
    }
    assert first.attributes["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert ran.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "add",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c1",
    }
    assert run.attributes["staysail.requests"] == 2
    assert run.attributes["gen_ai.agent.name"] == "adder"
    assert "2 + 3" not in str([span.to_dict() for span in memory.spans])


async def test_content_is_held_only_when_asked_for():
    memory = MemoryExporter()
    agent = Agent(ScriptedModel([call("add", a=2, b=3), "5."]), tools=[add], preamble="Be brief.", hooks=Tracer(memory, content=True))
    await agent.prompt("2 + 3?")
    first, ran, last, run = memory.spans
    assert json.loads(ran.attributes["gen_ai.tool.call.arguments"]) == {"a": 2, "b": 3}
    assert ran.attributes["gen_ai.tool.call.result"] == "5"
    assert json.loads(first.attributes["gen_ai.system_instructions"]) == [{"type": "text", "content": "Be brief."}]
    assert json.loads(last.attributes["gen_ai.input.messages"])[1:] == [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 2, "b": 3}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "5"}]},
    ]
    assert json.loads(last.attributes["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "5."}], "finish_reason": "stop"}
    ]
    assert json.loads(run.attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == "5."


async def test_retries_and_errors_stand_in_the_spans():
    memory = MemoryExporter()
    busy = ProviderError("busy", code="server", status=503, retryable=True)
    agent = Agent(ScriptedModel([busy, busy, "Well."]), clock=ScriptedClock(), hooks=Tracer(memory))
    await agent.prompt("go")
    chat, run = memory.spans
    assert [(event.name, event.attributes["staysail.attempt"], event.attributes["http.response.status_code"]) for event in chat.events] == [
        ("staysail.retry", 2, 503),
        ("staysail.retry", 3, 503),
    ]
    assert chat.status == "unset"
    assert chat.attributes["staysail.retries"] == run.attributes["staysail.retries"] == 2

    memory.clear()
    with pytest.raises(ProviderError):
        await Agent(ScriptedModel([ProviderError("no such model", code="bad_request")]), hooks=Tracer(memory)).prompt("go")
    assert [(span.status, span.message, span.attributes["error.type"]) for span in memory.spans] == [
        ("error", "no such model", "bad_request")
    ] * 2
    assert [event.name for event in memory.spans[0].events] == ["exception"]


async def test_a_tool_that_fails_is_an_error_whose_words_are_content():
    for content in (False, True):
        memory = MemoryExporter()
        await Agent(ScriptedModel([call("sink"), "ok"]), tools=[sink], hooks=Tracer(memory, content=content)).prompt("go")
        failed = named(memory, "execute_tool sink")
        assert failed.status == "error"
        assert failed.attributes["error.type"] == "tool_error"
        assert ("secret" in str(failed.to_dict())) is content


async def test_every_span_ends_when_a_run_is_left_stopped_or_cancelled():
    class Hanging(ScriptedModel):
        async def complete(self, request):
            await asyncio.Event().wait()

    memory = MemoryExporter()
    task = asyncio.ensure_future(Agent(Hanging([]), hooks=Tracer(memory)).prompt("go"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(span.name.split()[0], span.status, span.attributes["error.type"]) for span in memory.spans] == [
        ("chat", "error", "cancelled"),
        ("invoke_agent", "error", "cancelled"),
    ]
    memory.clear()
    async with aclosing(Agent(ScriptedModel(["one two three"]), hooks=Tracer(memory)).stream("go")) as events:
        await anext(events)
    assert [(span.name.split()[0], span.status) for span in memory.spans] == [("chat", "error"), ("invoke_agent", "error")]


async def test_what_other_hooks_decide_leaves_no_span_open():
    class Decides(Hooks):
        async def after_model(self, context, completion):
            return AskAgain("again") if context.step == 1 else None

        async def before_tool(self, context, call):
            return Skip("skipped")

        async def on_error(self, context, error):
            return Skip("instead")

    memory = MemoryExporter()
    answers = ["first", call("add", a=1, b=1), ProviderError("down", code="server")]
    reply = await Agent(ScriptedModel(answers), tools=[add], retry=False, hooks=[Decides(), Tracer(memory)]).prompt("go")
    assert reply.text == "instead"
    assert [span.name.split()[0] for span in memory.spans] == ["chat", "chat", "chat", "invoke_agent"]
    assert [span.status for span in memory.spans] == ["unset", "unset", "error", "unset"]
    assert all(span.parent_id == memory.spans[-1].span_id for span in memory.spans[:-1])


async def test_agents_that_serve_as_tools_nest_within_the_call_and_runs_at_once_keep_apart():
    memory = MemoryExporter()
    inner = Agent(ScriptedModel([lambda request: request.messages[-1].text.upper()], repeat=True), name="shouter")

    def outer_answers(request):
        said = request.messages[-1]
        return f"done {said.text}" if said.role == "tool" else call("shouter", f"of-{said.text}", prompt=said.text)

    outer = Agent(ScriptedModel([outer_answers], repeat=True), name="boss", tools=[inner.as_tool()], hooks=Tracer(memory))
    await asyncio.gather(*(outer.prompt(word) for word in ("a", "b", "c")))
    roots = [span for span in memory.spans if span.parent_id is None]
    assert len({span.trace_id for span in roots}) == 3
    assert {span.name for span in roots} == {"invoke_agent boss"}
    for root in roots:
        trace = {span.span_id: span for span in memory.spans if span.trace_id == root.trace_id}
        assert len(trace) == 6
        (nested,) = [span for span in trace.values() if span.name == "invoke_agent shouter"]
        around = trace[nested.parent_id]
        assert around.name == "execute_tool shouter"
        assert trace[around.parent_id] is root
        assert around.start_ns <= nested.start_ns <= nested.end_ns <= around.end_ns
        assert [trace[span.parent_id].name for span in trace.values() if span.name.startswith("chat")].count("invoke_agent shouter") == 1


async def test_an_exporter_that_fails_breaks_no_run(caplog):
    class Broken:
        def __init__(self, later: bool):
            self.later = later

        def export(self, spans):
            if not self.later:
                raise OSError("the disk is gone")
            return self.fail()

        async def fail(self):
            raise OSError("the network is gone")

    for later in (False, True):
        tracer = Tracer(Broken(later), wait=True)
        with caplog.at_level(logging.WARNING, "staysail.trace"):
            assert (await Agent(ScriptedModel(["fine"]), hooks=tracer).prompt("go")).text == "fine"
        assert "is gone" in caplog.text
        caplog.clear()
    with pytest.raises(ConfigError, match="exporter"):
        Tracer("console")


ANSWER = {
    "choices": [{"message": {"role": "assistant", "content": f"You sent {KEY}?"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.25},
}
STREAM = (
    b"".join(
        b"data: " + json.dumps(piece).encode() + b"\n\n"
        for piece in (
            {"choices": [{"delta": {"content": "Hel"}}]},
            {"choices": [{"delta": {"content": KEY}, "finish_reason": "stop"}]},
        )
    )
    + b"data: [DONE]\n\n"
)


def served(*answers: tuple[int, object]) -> ReplayTransport:
    def text(body):
        return body.decode() if isinstance(body, bytes) else json.dumps(body)

    def kind(body):
        return "text/event-stream" if isinstance(body, bytes) else "application/json"

    return ReplayTransport(
        [
            {
                "request": {},
                "response": {"status": status, "headers": {"content-type": kind(body), "set-cookie": KEY}, "body": text(body)},
            }
            for status, body in answers
        ]
    )


@pytest.mark.parametrize("streamed", [False, True])
async def test_raw_exchanges_hold_everything_but_the_key(streamed):
    memory = MemoryExporter()
    transport = served((429, {"error": {"message": f"slow down, {KEY}"}}), (200, STREAM if streamed else ANSWER))
    agent = Agent(
        "openrouter:some/model",
        api_key=KEY,
        transport=transport,
        clock=ScriptedClock(),
        headers={"x-api-key": KEY},
        hooks=Tracer(memory, raw=True, content=True),
    )
    if streamed:
        async with aclosing(agent.stream("Say it.")) as events:
            _ = [event async for event in events]
    else:
        await agent.prompt("Say it.")
        assert named(memory, "invoke_agent").attributes["staysail.cost_usd"] == 0.25
    chat = named(memory, "chat some/model")
    refused, answered = [event.attributes for event in chat.events if event.name == "staysail.exchange"]
    assert (refused["http.response.status_code"], answered["http.response.status_code"]) == (429, 200)
    assert json.loads(answered["staysail.request.body"])["messages"][-1]["content"] == "Say it."
    assert json.loads(answered["staysail.request.headers"])["authorization"] == "[removed]"
    assert "slow down" in refused["staysail.response.body"]
    assert "[key removed]" in answered["staysail.response.body"]
    assert KEY not in str([event.attributes for span in memory.spans for event in span.events])


class Collector:
    """A transport that takes spans, as a collector would."""

    def __init__(self, status: int = 200):
        self.requests: list[HttpRequest] = []
        self._answer = ReplayTransport(
            [{"request": {}, "response": {"status": status, "headers": {}, "body": f"{'-' * 290} {KEY} {KEY}"}}] * 9
        )

    def send(self, request: HttpRequest):
        self.requests.append(request)
        return self._answer.send(request)


async def test_a_trace_goes_to_a_collector_as_one_otlp_request(caplog):
    collector, memory = Collector(), MemoryExporter()
    exporter = OTLPExporter("http://collector:4318/", headers={"Authorization": KEY}, service="harbour", transport=collector)
    tracer = Tracer(exporter, wait=True)
    await Agent(ScriptedModel([call("sink"), "5."]), tools=[sink], hooks=[tracer, Tracer(memory)]).prompt("go")
    (request,) = collector.requests
    assert (request.method, request.url, request.headers["content-type"]) == ("POST", "http://collector:4318/v1/traces", "application/json")
    (resource,) = json.loads(request.body)["resourceSpans"]
    assert resource["resource"]["attributes"] == [{"key": "service.name", "value": {"stringValue": "harbour"}}]
    spans = resource["scopeSpans"][0]["spans"]
    assert [span["name"] for span in spans] == [span.name for span in memory.spans]
    chat, failed, *_, run = spans
    assert chat["parentSpanId"] == run["spanId"]
    assert "parentSpanId" not in run
    assert (chat["kind"], run["kind"]) == (3, 1)
    assert int(run["endTimeUnixNano"]) >= int(run["startTimeUnixNano"]) > 1_700_000_000 * 10**9
    values = {item["key"]: item["value"] for item in chat["attributes"]}
    assert values["gen_ai.response.finish_reasons"] == {"arrayValue": {"values": [{"stringValue": "tool_calls"}]}}
    assert values["staysail.step"] == {"intValue": "1"}
    assert failed["status"] == {"code": 2, "message": "the tool failed"}
    assert run["status"] == {"code": 0}

    refusing = OTLPExporter("http://collector:4318/v1/traces", headers={"authorization": f"Bearer {KEY}"}, transport=Collector(503))
    with caplog.at_level(logging.WARNING, "staysail.trace"):
        await Agent(ScriptedModel(["fine"]), hooks=Tracer(refusing, wait=True)).prompt("go")
    assert "answered 503" in caplog.text
    assert KEY not in caplog.text + repr(refusing)


async def test_spans_are_kept_and_read_again_the_newest_of_them():
    records = MemoryRecords()
    store = TraceStore(records, most=10)
    tracer = Tracer(store)
    for _ in range(6):
        await Agent(ScriptedModel([call("add", a=1, b=2), "3."]), tools=[add], hooks=tracer).prompt("go")
    await tracer.flush()
    kept = await TraceStore(records).spans()
    assert 10 <= len(kept) <= 12
    assert kept == sorted(kept, key=lambda span: span.start_ns)
    last = [span for span in kept if span.parent_id is None][-1]
    assert [span.name.split()[0] for span in await store.spans(last.trace_id)] == ["invoke_agent", "chat", "execute_tool", "chat"]
    await store.clear()
    assert await store.spans() == []


async def test_the_console_gets_a_line_for_each_span(capsys):
    await Agent(ScriptedModel(["hi"]), name="greeter", hooks=Tracer(ConsoleExporter())).prompt("go")
    chat, run = capsys.readouterr().out.splitlines()
    assert "chat" in chat
    assert "invoke_agent greeter" in run
    assert "gen_ai.usage.output_tokens=" in run


def test_a_run_without_a_loop_is_traced_too():
    from staysail.core.waiting import drive

    memory = MemoryExporter()
    seen = []

    async def keep(span):
        seen.append(span.name)

    drive(Agent(ScriptedModel(["hi"]), hooks=[Tracer(memory), Tracer(keep)]).prompt("go"))
    assert len(memory.spans) == len(seen) == 2
