"""Relays and servers that are nearly right: what they send is read where its meaning is certain, on every wire."""

import json
from contextlib import aclosing
from typing import Any

import pytest

from staysail import (
    Agent,
    Completion,
    CompletionRequest,
    ProviderError,
    ReasoningDelta,
    StreamError,
    TextDelta,
    ToolCallDelta,
    load_model,
    tool,
)
from staysail.testing import ReplayTransport
from tests.contracts.specimens import SPECIMENS, sse
from tests.contracts.spoken import MODELS, recorded, speak

WIRES = pytest.mark.parametrize("wire", MODELS)
EVENT_STREAMS = [wire for wire in MODELS if wire != "ollama"]
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


async def read(wire: str, body: str | bytes | dict[str, Any], *, streamed: bool = True) -> tuple[list[Any], Completion]:
    """The events and the answer that a body is read as."""
    text = json.dumps(body) if isinstance(body, dict) else body.decode() if isinstance(body, bytes) else body
    return await ask(wire, recorded(wire, streamed, text), streamed=streamed)


async def ask(wire: str, answer: dict[str, Any], *, streamed: bool = True) -> tuple[list[Any], Completion]:
    transport = ReplayTransport([answer])
    base = {"base_url": "http://relay.example/v1"} if wire == "chat" else {}
    model = load_model(MODELS[wire], api_key="k", transport=transport, **base)
    if not streamed:
        return [], await model.complete(CompletionRequest("x"))
    async with aclosing(model.stream(CompletionRequest("x"))) as events:
        *told, completion = [event async for event in events]
    assert isinstance(completion, Completion)
    return told, completion


def frames(body: bytes) -> list[str]:
    return [f"{frame}\n\n" for frame in body.decode().split("\n\n") if frame]


HEARTBEATS = {
    "an event without data": "data:\n\n",
    "data of white space": "data:  \n\n",
    "a comment": ": keep-alive\n\n",
    "a ping without data": "event: ping\ndata:\n\n",
    "a ping with a word": "event: ping\ndata: pong\n\n",
    "a word": "data: ping\n\n",
    "a comment as data": "data: : OPENROUTER PROCESSING\n\n",
    "null": "data: null\n\n",
    "an empty object of another name": 'event: heartbeat\ndata: {"type": "heartbeat"}\n\n',
}


@pytest.mark.parametrize("beat", HEARTBEATS.values(), ids=HEARTBEATS)
@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_a_heartbeat_anywhere_changes_nothing(wire: str, beat: str):
    stream = SPECIMENS[wire]().stream
    plain = await read(wire, stream)
    assert await read(wire, beat + beat.join(frames(stream)) + beat) == plain


@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_done_anywhere_changes_nothing(wire: str):
    stream = SPECIMENS[wire]().stream
    plain = await read(wire, stream)
    told = frames(stream)
    for at in range(len(told) + 1):
        assert await read(wire, "".join([*told[:at], "data: [DONE]\n\n", *told[at:]])) == plain


@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_events_without_blank_lines_between_them_are_read(wire: str):
    stream = SPECIMENS[wire]().stream
    assert await read(wire, stream.replace(b"\n\n", b"\n")) == await read(wire, stream)


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/event-stream", "application/json", ""])
@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_lines_of_json_in_place_of_events_are_read(wire: str, kind: str):
    stream = SPECIMENS[wire]().stream
    lines = [line.removeprefix("data: ") for line in stream.decode().split("\n") if line.startswith("data: ")]
    sent = recorded(wire, True, "\n".join([*lines, ""]))
    sent["response"]["headers"] = {"content-type": kind}
    assert await ask(wire, sent) == await read(wire, stream)


@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_a_whole_body_in_place_of_a_stream_is_read_however_it_is_laid_out(wire: str):
    body = SPECIMENS[wire]().whole
    texts = [json.dumps(body), json.dumps(body) + "\n\n", json.dumps(body, indent=1), "\ufeff\n" + json.dumps(body)]
    answers = [(await read(wire, text))[1] for text in texts]
    assert answers == answers[:1] * len(texts)


@pytest.mark.parametrize("laid_out", [None, 1])
@pytest.mark.parametrize("wire", MODELS)
async def test_a_whole_body_in_place_of_a_stream_keeps_to_the_limit(wire: str, laid_out: int | None):
    body = json.dumps(SPECIMENS[wire]().whole, indent=laid_out)
    for limit_bytes, refused in ((len(body.encode()), False), (len(body.encode()) - 1, True)):
        sent = recorded(wire, True, body)
        sent["response"]["headers"] = {"content-type": "application/json"}
        base = {"base_url": "http://relay.example/v1"} if wire == "chat" else {}
        transport = ReplayTransport([sent])
        model = load_model(MODELS[wire], api_key="k", transport=transport, max_response_bytes=limit_bytes, **base)
        if refused:
            with pytest.raises(ProviderError, match="max_response_bytes"):
                [event async for event in model.stream(CompletionRequest("x"))]
        else:
            assert [event async for event in model.stream(CompletionRequest("x"))]


@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_done_stands_for_an_end_that_a_relay_leaves_out(wire: str):
    told = frames(speak(wire, True, "Ahoy there")["response"]["body"].encode())
    ends = {"anthropic": 2, "chat": 2}.get(wire, 1)
    events, completion = await read(wire, "".join([*told[:-ends], "data: [DONE]\n\n"]))
    assert (completion.text, completion.finish_reason) == ("Ahoy there", "stop")
    assert "".join(event.text for event in events) == "Ahoy there"
    called = frames(speak(wire, True, "", [("look", '{"at": "sea"}')])["response"]["body"].encode())
    _, completion = await read(wire, "".join([*called[:-ends], "data: [DONE]\n\n"]))
    assert (completion.tool_calls[0].arguments, completion.finish_reason) == ({"at": "sea"}, "tool_calls")


async def test_a_message_may_start_twice():
    told = frames(SPECIMENS["anthropic"]().stream)
    plain = await read("anthropic", "".join(told))
    for at in range(1, len(told)):
        assert await read("anthropic", "".join([*told[:at], told[0] if "message_start" in told[0] else told[1], *told[at:]])) == plain


def chunk(delta: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta} | more]}


SAID = [chunk({"content": "Ahoy "}), chunk({"content": "there"}, finish_reason="stop")]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
NEARLY: dict[str, list[Any]] = {
    "usage within the choice": [SAID[0], chunk({"content": "there"}, finish_reason="stop", usage=USAGE)],
    "usage with numbers as text": [*SAID, {"choices": [], "usage": {key: str(value) for key, value in USAGE.items()}}],
    "usage with each chunk": [one | {"usage": USAGE} for one in SAID],
    "usage that is null until the end": [SAID[0] | {"usage": None}, SAID[1] | {"usage": USAGE}],
    "no index": [{"choices": [{"delta": {"content": "Ahoy "}}]}, {"choices": [{"delta": {"content": "there"}, "finish_reason": "stop"}]}],
    "an index as text": [{"choices": [{"index": "0", "delta": {"content": "Ahoy there"}, "finish_reason": "stop"}]}],
    "no choices": [{"choices": []}, *SAID, {"choices": []}],
    "choices that are null": [{"choices": None}, *SAID],
    "a delta that is null": [chunk(None), *SAID, chunk(None)],
    "a message for a delta": [{"choices": [{"message": {"content": "Ahoy there"}, "finish_reason": "stop"}]}],
    "content as a list": [
        chunk({"content": [{"type": "text", "text": "Ahoy "}]}),
        chunk({"content": [{"text": "there"}]}, finish_reason="stop"),
    ],
    "content as null between": [SAID[0], chunk({"content": None, "tool_calls": None, "refusal": None}), SAID[1]],
    "an id as a number": [one | {"id": 7, "created": "now"} for one in SAID],
    "an empty reason until the end": [SAID[0] | {"choices": [SAID[0]["choices"][0] | {"finish_reason": ""}]}, SAID[1]],
    "an error that is null": [one | {"error": None} for one in SAID],
    "a list around a chunk": [[one] for one in SAID],
    "the text of a completion": [{"choices": [{"index": 0, "text": "Ahoy there", "finish_reason": "stop"}]}],
}


@pytest.mark.parametrize("kind", NEARLY)
async def test_chunks_that_are_nearly_right_are_read(kind: str):
    events, completion = await read("chat", sse(*NEARLY[kind], done=True))
    assert (completion.text, completion.finish_reason) == ("Ahoy there", "stop")
    assert "".join(event.text for event in events) == "Ahoy there"
    if "usage" in kind:
        assert (completion.usage.input_tokens, completion.usage.output_tokens, completion.usage.total_tokens) == (3, 2, 5)


WORDS = "the upstream is overloaded"
ERRORS: list[Any] = [
    {"error": {"message": WORDS, "code": 502}},
    {"error": WORDS},
    {"object": "error", "message": WORDS, "code": 50001},
    {"type": "error", "error": {"type": "overloaded_error", "message": WORDS}},
    {"message": WORDS, "code": 503},
    {"detail": WORDS},
    {"choices": [], "error": {"message": WORDS}},
    {"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": {"message": WORDS}}]},
]


@pytest.mark.parametrize("error", ERRORS, ids=range(len(ERRORS)))
@STREAMED
async def test_an_error_within_a_200_is_an_error_in_its_words(error: Any, streamed: bool):
    with pytest.raises(StreamError, match=WORDS):
        await read("chat", sse(SAID[0], error, done=True) if streamed else error, streamed=streamed)


@pytest.mark.parametrize("wire", EVENT_STREAMS)
async def test_an_event_named_error_is_one_whatever_it_holds(wire: str):
    told = frames(speak(wire, True, "Ahoy")["response"]["body"].encode())
    for data in (json.dumps({"error": {"message": WORDS}}), WORDS):
        with pytest.raises(StreamError, match=WORDS):
            await read(wire, "".join([*told[:-1], f"event: error\ndata: {data}\n\n"]))


THOUGHTS = [
    ("<think>Hm, a ship.</think>Ahoy", "Hm, a ship.", "Ahoy"),
    ("\n<think>\nHm.\n</think>\n\nAhoy", "Hm.", "Ahoy"),
    ("<think>\n\n</think>\n\nAhoy", "", "Ahoy"),
    ("[THINK]Hm.[/THINK]Ahoy", "Hm.", "Ahoy"),
    ("<think>a < b </thin k></think>Ahoy", "a < b </thin k>", "Ahoy"),
    ("<think>Hm, and no end", "Hm, and no end", ""),
    ("Say <think> and </think>", "", "Say <think> and </think>"),
    ("<thinking> is a word", "", "<thinking> is a word"),
    ("<thi", "", "<thi"),
    ("\n\nAhoy\n", "", "\n\nAhoy\n"),
]


@pytest.mark.parametrize(("said", "thought", "text"), THOUGHTS, ids=range(len(THOUGHTS)))
async def test_thinking_in_tags_is_told_apart_however_it_is_cut(said: str, thought: str, text: str):
    whole = {"choices": [{"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}]}
    _, completion = await read("chat", whole, streamed=False)
    assert (completion.reasoning, completion.text) == (thought, text)
    for size in range(1, len(said) + 1):
        pieces = [chunk({"content": said[at : at + size]}) for at in range(0, len(said), size)]
        events, completion = await read("chat", sse(*pieces, chunk({}, finish_reason="stop"), done=True))
        assert (completion.reasoning, completion.text) == (thought, text)
        assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == thought
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


@WIRES
@STREAMED
async def test_typed_answers_stand_behind_thinking_fences_and_words(wire: str, streamed: bool):
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    base = {"base_url": "http://relay.example/v1"} if wire == "chat" else {}
    for said in (
        '<think>{"n": 0}?</think>{"n": 7}',
        'thinking without a beginning</think>\n{"n": 7}',
        '```json\n{"n": 7}\n```',
        'Here you are:\n```\n{"n": 7}\n```\nAnything else?',
        'The answer is {"n": 7}.',
    ):
        transport = ReplayTransport([speak(wire, streamed, said)])
        agent = Agent(MODELS[wire], api_key="k", transport=transport, output_type=schema, retry=False, **base)
        reply = [event async for event in agent.stream("?")][-1].reply if streamed else await agent.prompt("?")
        assert reply.output == {"n": 7}, said


SHIP = "Ship \U0001f6a2!"
HALVES = ("Ship \ud83d", "\udea2!")


def cut(wire: str) -> str:
    """A stream whose emoji is cut in two deltas, as its two halves are escaped."""
    stream = speak(wire, True, "Ship AB!", [("look", '{"at": "AB"}')] if wire not in ("gemini", "ollama") else ())["response"]["body"]
    out = []
    for frame in stream.split("\n\n") if wire != "ollama" else stream.split("\n"):
        pieces = [frame]
        if "delta" in frame or wire in ("gemini", "ollama"):
            pieces = [frame.replace("Ship AB!", "Ship \\ud83d"), frame.replace("Ship AB!", "\\udea2!")] if "Ship AB!" in frame else [frame]
        out += [piece.replace("AB", "\\ud83d\\udea2") for piece in pieces]
    return ("\n\n" if wire != "ollama" else "\n").join(out)


@pytest.mark.parametrize("wire", ["chat", "anthropic", "gemini", "ollama"])
async def test_an_emoji_cut_in_two_deltas_is_whole(wire: str):
    events, completion = await read(wire, cut(wire))
    assert completion.text == SHIP
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == SHIP
    assert json.dumps(completion.message.to_dict(), ensure_ascii=False).encode()
    for event in events:
        assert json.dumps(event.to_dict(), ensure_ascii=False).encode()
    if completion.tool_calls:
        assert completion.tool_calls[0].arguments == {"at": "\U0001f6a2"}


def escaped(*chunks: dict[str, Any]) -> str:
    return "".join(f"data: {json.dumps(one)}\n\n" for one in chunks)


async def test_half_an_emoji_that_stays_alone_becomes_a_mark_and_no_error():
    events, completion = await read("chat", escaped(chunk({"content": HALVES[0]}), chunk({}, finish_reason="stop")))
    assert completion.text == "Ship \ufffd" == "".join(event.text for event in events)
    arguments = [{"index": 0, "id": "a", "function": {"name": "f", "arguments": piece}} for piece in ('{"at": "\ud83d', '\udea2"}')]
    stream = escaped(*(chunk({"tool_calls": [piece]}) for piece in arguments), chunk({}, finish_reason="tool_calls"))
    events, completion = await read("chat", stream)
    assert completion.tool_calls[0].arguments == {"at": "\U0001f6a2"}
    assert "".join(event.arguments_delta for event in events if isinstance(event, ToolCallDelta)) == '{"at": "\U0001f6a2"}'


@STREAMED
@WIRES
@pytest.mark.parametrize(
    "name", ["functions.tide", "default_api:tide", " tide", "tide<|channel|>json", "functions.tide<|constrain|>json"], ids=str.strip
)
async def test_a_tool_is_found_under_a_name_with_marks_of_the_prompts_format(wire: str, name: str, streamed: bool):
    """gpt-oss and Gemini name a tool as their prompt lists it, with a namespace or the special tokens that follow."""
    transport = ReplayTransport([speak(wire, streamed, "", [(name, "{}")]), speak(wire, streamed, "High at noon.")])

    @tool
    def tide() -> str:
        """Tells the tide."""
        return "high"

    base = {"base_url": "http://relay.example/v1"} if wire == "chat" else {}
    agent = Agent(MODELS[wire], tools=[tide], api_key="k", transport=transport, **base)
    if streamed:
        async with aclosing(agent.stream("x")) as events:
            told = [event async for event in events]
        assert {event.name for event in told if hasattr(event, "name")} == {"tide"}
    reply = await agent.prompt("x") if not streamed else told[-1].reply
    [call] = [call for message in reply.messages for call in message.tool_calls]
    assert (call.name, reply.text) == ("tide", "High at noon.")
