"""What holds for every wire format of conversations."""

import json
import os
from contextlib import nullcontext, suppress

import pytest

from staysail import (
    Completion,
    CompletionRequest,
    ConfigError,
    File,
    Image,
    Message,
    OutputSchema,
    Reasoning,
    StreamError,
    Text,
    ToolCall,
    ToolOutput,
)
from staysail.core.framing import NDJSONReader, SSEReader
from staysail.core.messages import Opaque
from staysail.wire.answer import StreamedAnswer, parse_whole
from staysail.wire.format import ChatWire
from tests.contracts.specimens import CALLS, MODEL, SPECIMENS, TEXT, THOUGHT, Specimen
from tests.contracts.walk import chat_wires, dialect_of

WIRES = chat_wires()
EVERY = bool(os.environ.get("STAYSAIL_EVERY"))
TOOL = {"name": "weather", "description": "Weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


def everywhere(test):
    return pytest.mark.parametrize(("wire", "specimen"), [(wire, SPECIMENS[name]()) for name, wire in WIRES.items()], ids=list(WIRES))(test)


def stream(wire: ChatWire, body: bytes, size: int) -> tuple[list, Completion]:
    frames = SSEReader() if wire.framing == "sse" else NDJSONReader()
    reader, events = StreamedAnswer(wire, dialect_of(wire.name)), []
    for start in range(0, len(body), size):
        for frame in frames.feed(body[start : start + size]):
            events += reader.feed(frame)
    for frame in frames.close():
        events += reader.feed(frame)
    return [*events, *reader.close()], reader.finish()


def test_every_wire_format_has_a_specimen():
    assert set(WIRES) == set(SPECIMENS)


@everywhere
def test_a_whole_answer_is_read(wire: ChatWire, specimen: Specimen):
    completion = parse_whole(wire, specimen.whole, dialect_of(wire.name))
    assert completion.text == TEXT
    assert completion.reasoning == THOUGHT
    assert [(call.name, call.arguments) for call in completion.tool_calls] == CALLS
    assert len({call.id for call in completion.tool_calls}) == len(CALLS)
    assert tuple(completion.usage.to_dict().values()) == specimen.usage
    assert (completion.finish_reason, completion.raw_finish_reason) == ("tool_calls", specimen.raw_finish)
    assert completion.raw == specimen.whole


@everywhere
def test_a_stream_says_the_same_however_it_is_cut(wire: ChatWire, specimen: Specimen):
    whole = parse_whole(wire, specimen.whole, dialect_of(wire.name))
    events, completion = stream(wire, specimen.stream, len(specimen.stream))
    assert completion.message == whole.message
    assert (completion.usage, completion.finish_reason, completion.model) == (whole.usage, whole.finish_reason, whole.model)
    assert "".join(event.text for event in events if event.type == "text_delta") == TEXT
    assert "".join(event.text for event in events if event.type == "reasoning_delta") == THOUGHT
    for index, call in enumerate(completion.tool_calls):
        deltas = [event for event in events if event.type == "tool_call_delta" and event.id == call.id]
        assert json.loads("".join(event.arguments_delta for event in deltas)) == call.arguments
        assert {(event.name, event.index - deltas[0].index) for event in deltas} == {(call.name, 0)}
        assert index == 0 or deltas[0].index > 0
    for size in range(1, 80):
        assert stream(wire, specimen.stream, size) == (events, completion)


@everywhere
def test_a_stream_that_ends_too_early_is_never_taken_for_an_answer(wire: ChatWire, specimen: Specimen):
    whole = stream(wire, specimen.stream, len(specimen.stream))[1]
    for end in range(0, len(specimen.stream), 3 if EVERY else 11):
        with suppress(StreamError, ValueError):  # half a line is no JSON, which the model tells as StreamError
            assert stream(wire, specimen.stream[:end], 10_000)[1].message == whole.message


@everywhere
def test_an_error_inside_a_stream_is_raised_as_one_that_may_be_tried_again(wire: ChatWire, specimen: Specimen):
    with pytest.raises(StreamError, match=r"(?i)overloaded") as raised:
        stream(wire, specimen.fault, 64)
    assert raised.value.retryable


@everywhere
def test_what_came_is_echoed_and_survives_being_stored(wire: ChatWire, specimen: Specimen):
    dialect = dialect_of(wire.name)
    completion = parse_whole(wire, specimen.whole, dialect)
    results = Message.tool(ToolOutput(call.id, call.name, (Text("sunny"),)) for call in completion.tool_calls)
    messages = [Message.user("Weather?"), completion.message, results]
    stored = [json.loads(json.dumps(message.to_dict())) for message in messages]
    body = wire.render(CompletionRequest(messages, tools=[TOOL]), MODEL, dialect, streamed=False)
    assert wire.render(CompletionRequest(stored, tools=[TOOL]), MODEL, dialect, streamed=False) == body
    text = json.dumps(body, ensure_ascii=False)
    for said in (TEXT, THOUGHT, "Oslo", "Zürich", "sunny"):
        assert said in text
    assert text.count("sunny") == len(CALLS)
    unknown = {
        "anthropic": '"new_block"',
        "gemini": '"newPart"',
        "responses": '"new_kind"',
        "cohere": '"new_block"',
        "interactions": '"new_kind"',
    }.get(wire.name, "")
    assert unknown in text


@everywhere
def test_a_request_says_all_it_was_given(wire: ChatWire, specimen: Specimen):
    dialect = dialect_of(wire.name)
    traits = wire.traits(dialect, MODEL)
    request = CompletionRequest(
        [Message.system("Answer in rhyme."), Message.user([Text("What is this?"), Image(data=b"\x89PNG")])],
        preamble="Be brief.",
        documents=["The sky is green."],
        tools=[TOOL],
        tool_choice="required" if traits.forced_tools else "auto",
        temperature=0.25,
        max_tokens=77,
        additional_params={"seed": 1, "nested": {"a": {"b": 2}}},
    )
    for streamed in (False, True):
        body = wire.render(request, MODEL, dialect, streamed=streamed)
        text = json.dumps(body)
        for said in ("Answer in rhyme.", "What is this?", "Be brief.", "The sky is green.", '"weather"', "0.25", "77", "iVBORw=="):
            assert said in text or (said == "iVBORw==" and "iVBORw" in text)
        assert body["seed"] == 1
        assert body["nested"] == {"a": {"b": 2}}
        assert json.loads(text) == body
    assert wire.path(MODEL, streamed=True).partition("?")[0]


@everywhere
def test_structured_output_carries_the_schema_where_the_format_has_it(wire: ChatWire, specimen: Specimen):
    dialect = dialect_of(wire.name)
    schema = {"type": "object", "properties": {"sky": {"type": "string"}}, "required": ["sky"], "additionalProperties": False}
    assert wire.traits(dialect, MODEL).native_output
    body = wire.render(CompletionRequest("x", output=OutputSchema(schema)), MODEL, dialect, streamed=False)
    assert json.dumps(schema) in json.dumps(body)


@everywhere
def test_tools_may_be_forbidden(wire: ChatWire, specimen: Specimen):
    body = wire.render(CompletionRequest("x", tools=[TOOL], tool_choice="none"), MODEL, dialect_of(wire.name), streamed=False)
    assert (
        "tools" not in body
        or "none" in json.dumps([body.get(key) for key in ("tool_choice", "toolConfig", "generation_config", "completion_args")]).lower()
    )


@everywhere
def test_a_history_that_another_provider_wrote_goes_without_its_marks(wire: ChatWire, specimen: Specimen):
    """Signatures, item ids and the like mean something to their own format only."""
    marks = {
        name: {"mark": f"of {name}", "id": "i", "type": "reasoning", "field": "reasoning_content"} for name in WIRES if name != wire.name
    }
    answer = (
        Reasoning("hm", extra=marks),
        Text("Looking.", extra=marks),
        ToolCall("call_0123456789", "weather", {"city": "Oslo"}, marks),
        Opaque(marks),
    )
    result = ToolOutput("call_0123456789", "weather", (Text("sunny"),), is_error=True)
    messages = [Message.user("x"), Message("assistant", answer), Message.tool([result]), Message.user("And?")]
    body = wire.render(CompletionRequest(messages, tools=[TOOL]), MODEL, dialect_of(wire.name), streamed=False)
    text = json.dumps(body)
    assert '"mark"' not in text
    assert "of " not in text
    assert "hm" not in text
    assert "Looking." in text
    assert "sunny" in text


@everywhere
def test_media_that_a_format_has_no_place_for_are_refused_in_words(wire: ChatWire, specimen: Specimen):
    request = CompletionRequest([Message.user([File(data=b"%PDF", media_type="application/pdf", name="a.pdf")])])
    takes_files = wire.name not in ("cohere", "ollama")
    with nullcontext() if takes_files else pytest.raises(ConfigError, match="file"):
        assert "JVBERg" in json.dumps(wire.render(request, MODEL, dialect_of(wire.name), streamed=False))
