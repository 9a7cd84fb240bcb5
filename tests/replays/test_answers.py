"""Every recorded answer, parsed at every cut, held against an oracle that reads the bodies by itself."""

import json
import os
from contextlib import aclosing

import pytest

from staysail import (
    AuthError,
    BadRequestError,
    Completion,
    CompletionRequest,
    ProviderError,
    RateLimitError,
    ReasoningDelta,
    ServerError,
    TextDelta,
    ToolCallDelta,
    ToolCallDone,
    load_model,
)
from staysail.core.framing import NDJSONReader, SSEReader
from staysail.testing import ReplayTransport
from tests.replays.meaning import Expected, formats
from tests.replays.scope import Scenario, ending, played

ASK = CompletionRequest("x", tools=[{"name": "f", "parameters": {"type": "object"}}])
# The whole of a stream goes through at these sizes where it is not longer than so many bytes: a byte at a time, and as a network cuts it.
# The framing itself, which alone sees the cuts, is cut at every byte below.
EVERY = bool(os.environ.get("STAYSAIL_EVERY"))
LONGEST_BYTE_BY_BYTE = 8_000 if EVERY else 2_000
SIZES = {1: 1_500, 7: 6_000, 64: 40_000, 1_400: 1_000_000, 16_384: 10_000_000} if EVERY else {1: 1_500, 1_400: 40_000}


def model_of(scenario: Scenario, interaction: dict, chunk_bytes: int | None = None):
    transport = ReplayTransport([interaction], chunk_bytes=chunk_bytes)
    return load_model(f"{scenario.provider_of(interaction)}:m", api_key="test-key", base_url="http://127.0.0.1", transport=transport)


async def ask(scenario: Scenario, interaction: dict, chunk_bytes: int | None = None) -> tuple[list, Completion]:
    """(events, completion) in the way that was recorded: streamed or whole."""
    model = model_of(scenario, interaction, chunk_bytes)
    request = ASK if model.traits.tools else ASK.replace(tools=())
    if not is_streamed(interaction):
        return [], await model.complete(request)
    async with aclosing(model.stream(request)) as stream:
        events = [event async for event in stream]
    assert isinstance(events[-1], Completion)
    return events[:-1], events[-1]


def is_streamed(interaction: dict) -> bool:
    request = interaction["request"]
    return bool(json.loads(request["body"]).get("stream")) or ":stream" in request["path"]


def request_id(interaction: dict) -> str | None:
    headers = interaction["response"]["headers"]
    return next((headers[name] for name in ("x-request-id", "request-id", "mistral-correlation-id") if name in headers), None)


def is_answer(interaction: dict) -> bool:
    return interaction["response"]["status"] < 400


@pytest.mark.parametrize("scenario", played(), ids=str)
async def test_a_recorded_answer_is_read_as_its_body_says(scenario: Scenario):
    for interaction in filter(is_answer, scenario.interactions):
        told: Expected = formats()[ending(interaction)].expected(interaction["response"])
        events, completion = await ask(scenario, interaction)
        assert completion.text == told.text
        assert completion.reasoning == told.reasoning
        ids = [call.id for call in completion.tool_calls]
        assert [(told_id or id, *rest) for id, (told_id, *rest) in zip(ids, told.calls, strict=False)] == [
            (call.id, call.name, call.arguments) for call in completion.tool_calls
        ]
        assert len(ids) == len(set(ids)) == len(told.calls)
        assert all(ids)
        assert {name: getattr(completion.usage, name) for name in told.usage} == told.usage
        assert completion.finish_reason == told.finish
        assert completion.request_id == request_id(interaction)
        if is_streamed(interaction):
            check_events(events, completion)


def check_events(events: list, completion: Completion) -> None:
    """The events of a stream add up to its completion."""
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == completion.text
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == completion.reasoning.replace("\n\n", "") or (
        "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == completion.reasoning
    )
    assert [(event.id, event.name, event.arguments) for event in events if isinstance(event, ToolCallDone)] == [
        (call.id, call.name, call.arguments) for call in completion.tool_calls
    ]
    for call in completion.tool_calls:
        deltas = [event for event in events if isinstance(event, ToolCallDelta) and event.id == call.id]
        written = "".join(event.arguments_delta for event in deltas)
        assert (json.loads(written or "{}") or {}) == call.arguments if isinstance(call.arguments, dict) else written == call.arguments


@pytest.mark.parametrize("scenario", [s for s in played() if any(map(is_streamed, s.interactions))], ids=str)
async def test_a_stream_gives_the_same_events_however_it_is_cut(scenario: Scenario):
    for interaction in scenario.interactions:
        if not (is_streamed(interaction) and is_answer(interaction)):
            continue
        whole = await ask(scenario, interaction)
        length = len(interaction["response"]["body"].encode())
        for size, longest in SIZES.items():
            if size < length <= longest:
                assert await ask(scenario, interaction, size) == whole, f"cut every {size} bytes"


@pytest.mark.parametrize("scenario", [s for s in played() if any(map(is_streamed, s.interactions))], ids=str)
def test_the_framing_of_a_recorded_stream_may_be_cut_at_every_byte_and_inside_every_character(scenario: Scenario):
    for interaction in scenario.interactions:
        body = interaction["response"]["body"].encode()
        if not (is_streamed(interaction) and is_answer(interaction)):
            continue
        reader = SSEReader if "event-stream" in interaction["response"]["headers"]["content-type"] else NDJSONReader
        whole = frames([body], reader)
        start = max(0, len(body) - LONGEST_BYTE_BY_BYTE)
        assert frames([body[:start], *(body[n : n + 1] for n in range(start, len(body)))], reader) == whole
        for size in (7, 64, 1_400) if EVERY else (7, 1_400):
            assert frames([body[n : n + size] for n in range(0, len(body), size)], reader) == whole
        inside = [n for n, byte in enumerate(body) if byte & 0xC0 == 0x80]
        assert frames([body[start:end] for start, end in zip([0, *inside], [*inside, len(body)], strict=True)], reader) == whole


def frames(chunks: list[bytes], make: type) -> list:
    reader = make()
    return [frame for chunk in chunks for frame in reader.feed(chunk)] + reader.close()


@pytest.mark.parametrize("scenario", [s for s in played() if not all(map(is_answer, s.interactions))], ids=str)
async def test_a_recorded_refusal_becomes_the_right_error(scenario: Scenario):
    for interaction in scenario.interactions:
        if is_answer(interaction):
            continue
        response = interaction["response"]
        status = response["status"]
        with pytest.raises(ProviderError) as raised:
            await ask(scenario, interaction)
        error = raised.value
        kind = {401: AuthError, 403: AuthError, 429: RateLimitError}.get(status, ServerError if status >= 500 else BadRequestError)
        assert type(error) is kind
        assert error.status == status
        assert error.retryable == (status in (408, 409, 429) or status >= 500)
        body = json.loads(response["body"])
        assert error.request_id == (request_id(interaction) or body.get("request_id"))
        assert error.body == body
        told = body.get("error", body)
        words = told if isinstance(told, str) else told.get("message") or told["detail"]
        assert words in str(error)


def twins() -> list[tuple[Scenario, Scenario]]:
    """Scenarios of the same name but for blocking and streaming."""
    named = {scenario.name: scenario for scenario in played()}
    pairs = [(scenario, named.get(name.replace("/blocking_", "/streaming_"))) for name, scenario in named.items() if "/blocking_" in name]
    return [(blocking, streaming) for blocking, streaming in pairs if streaming]


@pytest.mark.parametrize(("scenario", "twin"), twins(), ids=str)
async def test_blocking_and_streaming_twins_agree_in_kind(scenario: Scenario, twin: Scenario):
    """The model was asked twice, so words and counts differ; what sort of answer came does not."""
    for blocking, streaming in zip(scenario.interactions, twin.interactions, strict=False):
        _, whole = await ask(scenario, blocking)
        _, streamed = await ask(twin, streaming)
        assert whole.finish_reason == streamed.finish_reason
        assert {call.name for call in whole.tool_calls} == {call.name for call in streamed.tool_calls}
        assert [part.type for part in whole.message.content] == [part.type for part in streamed.message.content]
