"""Answers that are not the end: paused, continued, worked on in the background, and what of them is echoed."""

import json
from contextlib import aclosing
from typing import Any

import pytest

from staysail import (
    Agent,
    CompletionRequest,
    MaxTurnsError,
    Message,
    NetworkError,
    StreamError,
    TextDelta,
    Timeouts,
    ToolCallDelta,
    load_model,
    tool,
)
from staysail.testing import ReplayTransport
from staysail.wire import background
from tests.contracts.specimens import sse
from tests.contracts.spoken import MODELS, recorded, speak

STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tides"}}


async def played(wire: str, streamed: bool, *answers: dict[str, Any], **options: Any) -> tuple[Any, ReplayTransport, list[Any]]:
    transport = ReplayTransport(list(answers))
    base = {"base_url": "http://relay.example/v1"} if wire == "chat" else {}
    agent = Agent(MODELS[wire], api_key="k", transport=transport, **({"retry": False} | base | options))
    if not streamed:
        return await agent.prompt("Go."), transport, []
    async with aclosing(agent.stream("Go.")) as events:
        told = [event async for event in events]
    return told[-1].reply, transport, told


def paused(streamed: bool) -> dict[str, Any]:
    """Half an answer of Anthropic's, with a search that has no result yet."""
    blocks = [{"type": "text", "text": "Half of it, "}, SEARCH]
    message = {"id": "m", "type": "message", "role": "assistant", "content": blocks, "stop_reason": "pause_turn"}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message | {"content": [], "stop_reason": None}}]
    events += [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Half of it, "}},
        {"type": "content_block_start", "index": 1, "content_block": SEARCH | {"input": {}}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"query": "tides"}'}},
        {"type": "message_delta", "delta": {"stop_reason": "pause_turn"}},
        {"type": "message_stop"},
    ]
    return recorded("anthropic", streamed, sse(*events, named=True).decode() if streamed else json.dumps(message))


@STREAMED
async def test_a_paused_turn_is_sent_back_as_it_came_and_goes_on(streamed: bool):
    reply, transport, events = await played("anthropic", streamed, paused(streamed), speak("anthropic", streamed, "and the rest."))
    assert (reply.text, reply.finish_reason, len(reply.steps)) == ("Half of it, and the rest.", "stop", 2)
    assert reply.steps[0].completion.finish_reason == "paused"
    sent = transport.bodies[1]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant"]
    assert sent[1]["content"] == [{"type": "text", "text": "Half of it, "}, SEARCH]
    assert [message.role for message in reply.messages] == ["user", "assistant"]
    if streamed:
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == reply.text


@STREAMED
async def test_pauses_are_turns(streamed: bool):
    with pytest.raises(MaxTurnsError) as raised:
        await played("anthropic", streamed, *[paused(streamed)] * 3, max_turns=3)
    assert [message.role for message in raised.value.history] == ["user", "assistant"]


@STREAMED
async def test_a_run_that_was_paused_goes_on_with_tools_and_a_typed_answer(streamed: bool):
    @tool
    def look(at: str) -> str:
        """Looks."""
        return "calm"

    answers = [paused(streamed), speak("anthropic", streamed, "", [("look", '{"at": "sea"}')]), speak("anthropic", streamed, '{"n": 7}')]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    reply, transport, _ = await played("anthropic", streamed, *answers, tools=[look], output_type=schema)
    assert reply.output == {"n": 7}
    assert [message["role"] for message in transport.bodies[2]["messages"]] == ["user", "assistant", "user"]


def continued(streamed: bool, text: str, token: str, *, marked: bool = True) -> dict[str, Any]:
    """A piece of an answer of Gemini's. marked: its finish reason says that it goes on."""
    end = {"continuationToken": token} | ({"finishReason": "CONTINUATION"} if marked else {})
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}} | end
    body = {"candidates": [candidate]}
    return recorded("gemini", streamed, sse(body).decode() if streamed else json.dumps(body))


@STREAMED
@pytest.mark.parametrize("marked", [True, False])
async def test_a_continuation_is_asked_for_with_its_token(streamed: bool, marked: bool):
    first, second = continued(streamed, "One, ", "t1", marked=marked), continued(streamed, "two, ", "t2", marked=marked)
    reply, transport, _ = await played("gemini", streamed, first, second, speak("gemini", streamed, "three."))
    assert reply.text == "One, two, three."
    assert [body.get("continuationToken") for body in transport.bodies] == [None, "t1", "t2"]
    assert transport.bodies[0]["contents"] == transport.bodies[1]["contents"] == transport.bodies[2]["contents"]
    _, transport, _ = await played("gemini", streamed, speak("gemini", streamed, "Yes."))
    assert "continuationToken" not in transport.bodies[0]
    assert len(reply.messages) == 2
    assert Message.from_dict(json.loads(json.dumps(reply.messages[1].to_dict()))) == reply.messages[1]


QUEUED = {"id": "resp_1", "object": "response", "status": "queued", "background": True, "output": []}
DONE = QUEUED | {"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "Done."}]}]}


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(background, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(background, "LONGEST_DELAY_S", 0.002)


@STREAMED
@pytest.mark.usefixtures("_quick")
async def test_a_background_response_is_waited_for(streamed: bool):
    bodies = [QUEUED, QUEUED | {"status": "in_progress"}, DONE]
    answers = [recorded("responses", False, json.dumps(body)) for body in bodies]
    busy = {"response": {"status": 503, "headers": {}, "body": "busy"}}
    reply, transport, _ = await played("responses", streamed, answers[0], busy, *answers[1:], additional_params={"background": True})
    assert (reply.text, reply.finish_reason) == ("Done.", "stop")
    assert [(request.method, request.url.rpartition("/v1/")[2]) for request in transport.requests] == [
        ("POST", "responses"),
        *[("GET", "responses/resp_1")] * 3,
    ]


@pytest.mark.usefixtures("_quick")
async def test_a_background_response_that_fails_or_never_ends_is_an_error():
    for end in ({"status": "failed", "error": {"code": "server_error", "message": "sank"}}, {"status": "cancelled"}):
        answers = [recorded("responses", False, json.dumps(body)) for body in (QUEUED, QUEUED | end)]
        with pytest.raises(StreamError, match=r"sank|cancelled"):
            await played("responses", False, *answers)
    transport = ReplayTransport([recorded("responses", False, json.dumps(QUEUED))] * 2000)
    model = load_model("openai:m", api_key="k", transport=transport)
    with pytest.raises(NetworkError, match="not finished in time") as raised:
        await model.complete(CompletionRequest("Go.", timeouts=Timeouts(total_s=0.5)))
    assert (raised.value.code, raised.value.provider) == ("timeout", "openai")


async def test_a_background_stream_that_breaks_off_is_taken_up_after_its_last_event():
    head = {"type": "response.created", "sequence_number": 0, "response": QUEUED}
    deltas = [
        {"type": "response.output_text.delta", "sequence_number": n, "output_index": 0, "delta": text}
        for n, text in enumerate(["Do", "ne", "."], 1)
    ]
    end = {"type": "response.completed", "sequence_number": 4, "response": DONE}
    pieces = [sse(head, deltas[0]), sse(deltas[1]), sse(deltas[2], end)]
    answers = [recorded("responses", True, piece.decode()) for piece in pieces]
    reply, transport, events = await played("responses", True, *answers, additional_params={"background": True})
    assert reply.text == "Done." == "".join(event.text for event in events if isinstance(event, TextDelta))
    assert [request.url.rpartition("/v1/")[2] for request in transport.requests] == [
        "responses",
        "responses/resp_1?stream=true&starting_after=1",
        "responses/resp_1?stream=true&starting_after=2",
    ]
    with pytest.raises(StreamError, match="middle of the answer"):
        await played("responses", True, answers[0], recorded("responses", True, sse(head).decode()))


async def test_a_compaction_block_arrives_whole_and_is_echoed_as_it_came():
    block = {"type": "compaction", "content": "They spoke of tides.", "encrypted_content": "e"}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "compaction", "content": None, "encrypted_content": None}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "compaction_delta", "content": "They spoke of tides."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "compaction_delta", "content": None, "encrypted_content": "e"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "On we go."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    reply, _, _ = await played("anthropic", True, recorded("anthropic", True, sse(*events, named=True).decode()))
    transport = ReplayTransport([speak("anthropic", False, "Yes.")])
    await Agent(MODELS["anthropic"], api_key="k", transport=transport).prompt("And?", history=reply.messages)
    assert transport.bodies[0]["messages"][1]["content"][0] == block


@STREAMED
async def test_why_a_model_refused_is_in_the_reply(streamed: bool):
    details = {"type": "refusal", "category": "cyber", "explanation": "No locks are picked here."}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "stop_reason": "refusal", "stop_details": details}
    end = {"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": details}}
    events = [{"type": "message_start", "message": message | {"stop_reason": None, "stop_details": None}}, end, {"type": "message_stop"}]
    answer = recorded("anthropic", streamed, sse(*events, named=True).decode() if streamed else json.dumps(message))
    reply, _, _ = await played("anthropic", streamed, answer)
    assert (reply.text, reply.finish_reason, reply.stop_details) == ("", "content_filter", details)
    assert reply.to_dict()["stop_details"] == details


def partial(*pieces: dict[str, Any], open: bool = True, **call: Any) -> dict[str, Any]:
    called = call | ({"partialArgs": list(pieces)} if pieces else {}) | ({"willContinue": True} if open else {})
    return {"candidates": [{"content": {"role": "model", "parts": [{"functionCall": called}]}}]}


async def test_arguments_that_gemini_sends_in_pieces_are_put_together():
    ran: list[Any] = []

    @tool
    def book(port: str, berths: list[dict[str, Any]], night: bool, price: float, note: Any = 1) -> str:
        """Books."""
        ran.append((port, berths, night, price, note))
        return "booked"

    chunks = [
        partial(name="book", id="fc1"),
        partial({"jsonPath": "$.port", "stringValue": "Os", "willContinue": True}),
        partial({"jsonPath": "$.port", "stringValue": "lo"}, {"jsonPath": "$.night", "boolValue": True}),
        partial({"jsonPath": "$.berths[0].length", "numberValue": 9}, {"jsonPath": "$['berths'][1]['length']", "numberValue": 12.5}),
        partial({"jsonPath": "$.price", "numberValue": 0}, {"jsonPath": "$.note", "nullValue": "NULL_VALUE"}),
        partial(open=False),
        {"candidates": [{"finishReason": "STOP"}]},
    ]
    stream = recorded("gemini", True, sse(*chunks).decode())
    reply, transport, events = await played("gemini", True, stream, speak("gemini", True, "Booked."), tools=[book])
    assert ran == [("Oslo", [{"length": 9}, {"length": 12.5}], True, 0, None)]
    deltas = [event for event in events if isinstance(event, ToolCallDelta)]
    assert {(event.id, event.name, event.index) for event in deltas} == {("fc1", "book", 0)}
    assert json.loads("".join(event.arguments_delta for event in deltas)) == reply.steps[0].completion.tool_calls[0].arguments
    call, result = transport.bodies[1]["contents"][1]["parts"][0], transport.bodies[1]["contents"][2]["parts"][0]
    assert call["functionCall"]["id"] == result["functionResponse"]["id"] == "fc1"
    assert "partialArgs" not in call["functionCall"]


@STREAMED
async def test_whose_call_it_was_survives_the_echo(streamed: bool):
    @tool
    def look(at: str) -> str:
        """Looks."""
        return "calm"

    caller = {"type": "program", "caller_id": "prog_1"}
    item = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": '{"at": "sea"}', "caller": caller}
    whole = {"id": "r", "status": "completed", "output": [item]}
    body = sse({"type": "response.completed", "response": whole}).decode() if streamed else json.dumps(whole)
    answers = [recorded("responses", streamed, body), speak("responses", streamed, "Calm.")]
    _, transport, _ = await played("responses", streamed, *answers, tools=[look])
    echoed, output = transport.bodies[1]["input"][-2:]
    assert echoed["caller"] == output["caller"] == caller

    block = {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "sea"}, "toolset_name": "browser"}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [block], "stop_reason": "tool_use"}
    if streamed:
        start = {"type": "content_block_start", "index": 0, "content_block": block}
        end = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}}
        body = sse({"type": "message_start", "message": message | {"content": [], "stop_reason": None}}, start, end, named=True).decode()
    answers = [recorded("anthropic", streamed, body if streamed else json.dumps(message)), speak("anthropic", streamed, "Calm.")]
    _, transport, _ = await played("anthropic", streamed, *answers, tools=[look])
    call, result = transport.bodies[1]["messages"][1]["content"][0], transport.bodies[1]["messages"][2]["content"][0]
    assert call["toolset_name"] == result["toolset_name"] == "browser"
