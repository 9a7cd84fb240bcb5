"""The agent against a server that behaves badly, over real sockets."""

import asyncio
import json
import time
import traceback
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from staysail import (
    Agent,
    AuthError,
    BadRequestError,
    ConfigError,
    NetworkError,
    ProviderError,
    RateLimitError,
    Retry,
    RetryScheduled,
    ServerError,
    StepStarted,
    StreamError,
    TextDelta,
    Timeouts,
    ToolCallDelta,
    Usage,
    tool,
)
from tests.server import Box, TestServer

KEY = "sk-test-0123456789abcdef"
QUICK = Retry(base_s=0.001, max_s=0.002)
MODELS = pytest.mark.parametrize("model", ["openai:m", "openai-chat:m", "openai-compatible:m"])
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


def agent_of(box: Box, model: str = "openai:m", **options: Any) -> Agent:
    return Agent(model, api_key=KEY, base_url=box.url, **({"retry": QUICK} | options))


async def run(agent: Agent, streamed: bool, prompt: str = "go") -> list:
    """The events of a run; of one that is not streamed, its reply as if it were the last."""
    if not streamed:
        return [await agent.prompt(prompt)]
    async with aclosing(agent.stream(prompt)) as events:
        return [event async for event in events]


def text_of(events: list) -> str:
    return events[-1].reply.text if hasattr(events[-1], "reply") else events[-1].text


async def ended(box: Box, number: int = -1) -> str | None:
    return await asyncio.to_thread(box.seen[number].wait_closed, 1.0)


@MODELS
@STREAMED
async def test_a_run_with_parallel_tools_over_the_wire(box: Box, model: str, streamed: bool):
    @tool
    async def double(x: int) -> int:
        return 2 * x

    calls = [{"name": "double", "arguments": {"x": n}} for n in (1, 2, 3)]
    box.add({"tool_calls": calls, "reasoning": "let me see"}, {"text": "2, 4, 6 – ça va 👍", "chunk_bytes": 3})
    agent = agent_of(box, model, tools=[double])
    events = await run(agent, streamed)
    assert text_of(events) == "2, 4, 6 – ça va 👍"
    sent = json.dumps(box.bodies[1], ensure_ascii=False)
    assert all(
        f'"{key}": "{n}"' in sent
        for n, key in zip((2, 4, 6), ["content" if "chat" in model or "comp" in model else "output"] * 3, strict=True)
    )
    assert box.unused == 0
    reply = events[-1].reply if streamed else events[-1]
    assert reply.usage == Usage(20, 10, 30)
    assert reply.request_ids == ("req_1", "req_2")
    if streamed:
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == reply.text
        pieces = [event for event in events if isinstance(event, ToolCallDelta)]
        assert {event.id for event in pieces} == {call.id for call in reply.messages[1].tool_calls}


@MODELS
@STREAMED
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "headers": {"retry-after-ms": "3"}, "body": {"error": {"message": "slow down"}}},
        {"status": 429, "headers": {"retry-after": "0.002"}, "body": "busy"},
        {"status": 429, "body": {"error": {"message": "Please try again in 2ms."}}},
        {"status": 500, "body": {"error": {"message": "oops"}}},
        {"status": 503, "body": "<html><body>Unavailable</body></html>", "headers": {"content-type": "text/html"}},
        {"status": 408, "body": ""},
        {"status": 409, "body": ""},
        {"reset": "headers"},
    ],
    ids=["429-ms", "429-s", "429-words", "500", "503-html", "408", "409", "reset"],
)
async def test_trouble_that_time_mends_is_tried_again(box: Box, model: str, streamed: bool, trouble: dict):
    box.add(trouble, {"text": "well"})
    events = await run(agent_of(box, model), streamed)
    assert text_of(events) == "well"
    assert len(box.seen) == 2
    assert box.bodies[0] == box.bodies[1]
    if streamed:
        (retry,) = [event for event in events if isinstance(event, RetryScheduled)]
        assert (retry.attempt, retry.status) == (2, trouble.get("status"))


@MODELS
@STREAMED
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_trouble_that_time_does_not_mend_is_raised_at_once(box: Box, model: str, streamed: bool, status: int):
    body = {"error": {"message": "that will not do", "type": "invalid_request_error", "code": "nope"}}
    box.add({"status": status, "body": body, "headers": {"x-request-id": "req_x"}})
    with pytest.raises(ProviderError, match="that will not do") as raised:
        await run(agent_of(box, model), streamed)
    error = raised.value
    assert type(error) is (AuthError if status in (401, 403) else BadRequestError)
    assert (error.status, error.code, error.request_id, error.body) == (status, "nope", "req_x", body)
    assert error.history[0].text == "go"
    assert len(box.seen) == 1


@STREAMED
async def test_a_server_that_is_long_in_trouble_is_given_up(box: Box, streamed: bool):
    box.add({"status": 500, "body": {"error": {"message": "oops"}}, "times": 9})
    with pytest.raises(ServerError, match="oops"):
        await run(agent_of(box), streamed)
    assert len(box.seen) == 4


@STREAMED
async def test_a_delay_beyond_patience_is_raised_at_once_with_the_delay(box: Box, streamed: bool):
    box.add({"status": 429, "headers": {"retry-after": "3600"}, "body": {"error": {"message": "tomorrow"}}})
    with pytest.raises(RateLimitError) as raised:
        await run(agent_of(box), streamed)
    assert raised.value.retry_after_s == 3600
    assert len(box.seen) == 1


@MODELS
@pytest.mark.parametrize("ending", [{"drop": -400}, {"reset": -400}, {"cut": -400}], ids=str)
async def test_a_stream_that_breaks_in_the_middle_is_an_error_and_not_an_answer(box: Box, model: str, ending: dict):
    box.add({"text": "half of it"} | ending)
    seen: list = []
    agent = agent_of(box, model)
    with pytest.raises((StreamError, NetworkError)) as raised:
        await collect(agent, seen)
    assert raised.value.retryable
    assert "".join(event.text for event in seen if isinstance(event, TextDelta)) == "half of it"
    assert len(box.seen) == 1  # output was handed on, so nothing was tried again
    assert [(message.role, message.text) for message in raised.value.history] == [("user", "go"), ("assistant", "half of it")]


async def collect(agent: Agent, seen: list) -> None:
    async with aclosing(agent.stream("go")) as events:
        async for event in events:
            seen.append(event)  # noqa: PERF401  what came before the error counts


@pytest.mark.parametrize("model", ["openai:m", "openai-chat:m"])
async def test_a_stream_that_breaks_before_any_output_is_tried_again(box: Box, model: str):
    box.add({"text": "x", "drop": 30}, {"text": "x", "cut": 30}, {"text": "x", "cut": 0}, {"text": "whole"})
    assert text_of(await run(agent_of(box, model), True)) == "whole"
    assert len(box.seen) == 4


@MODELS
async def test_an_overload_told_in_the_stream_is_tried_again_and_another_error_is_not(box: Box, model: str):
    box.add({"stream_error": {"error": {"type": "overloaded_error", "message": "Overloaded"}}}, {"text": "well"})
    assert text_of(await run(agent_of(box, model), True)) == "well"
    box.add({"stream_error": {"error": {"code": "invalid_prompt", "message": "Bad prompt"}}})
    with pytest.raises(StreamError, match="Bad prompt") as raised:
        await run(agent_of(box, model), True)
    assert raised.value.code == "invalid_prompt"
    assert len(box.seen) == 3


@MODELS
@STREAMED
@pytest.mark.parametrize(
    "garbage",
    [
        {"body": "<!doctype html><html><body>Welcome to nginx</body></html>", "headers": {"content-type": "text/html"}},
        {"body": b"\x00\xff\xfe garbage \x80", "headers": {"content-type": "application/octet-stream"}},
        {"body": '{"hello": "world"}', "headers": {"content-type": "application/json"}},
        {"body": '["a"]', "headers": {"content-type": "application/json"}},
        {"body": '{"choices": [{"mess', "headers": {"content-type": "application/json"}},
        {"body": "data: {not json}\n\n", "headers": {"content-type": "text/event-stream"}},
        {"body": 'data: "text"\n\ndata: [DONE]\n\n', "headers": {"content-type": "text/event-stream"}},
        {"status": 302, "headers": {"location": "/elsewhere"}, "body": "moved"},
    ],
    ids=["html", "bytes", "other-json", "list", "cut-json", "sse-no-json", "sse-text", "redirect"],
)
async def test_an_answer_that_is_none_is_told_for_what_it_is(box: Box, model: str, streamed: bool, garbage: dict):
    box.add(garbage | {"times": 9})
    with pytest.raises(ProviderError) as raised:
        await run(agent_of(box, model), streamed)
    assert str(raised.value)
    assert not raised.value.retryable
    assert len(box.seen) == 1


@MODELS
async def test_a_server_that_does_not_stream_is_understood_whatever_it_calls_its_answer(box: Box, model: str):
    kind = "responses" if model == "openai:m" else "chat/completions"
    whole = await whole_answer(box, kind)
    for content_type in ("application/json", "text/plain", "text/event-stream"):
        box.add({"body": whole, "headers": {"content-type": content_type}})
        events = await run(agent_of(box, model), True)
        assert [event.text for event in events if isinstance(event, TextDelta)] == ["said at once"]


@MODELS
async def test_a_stream_is_understood_whatever_its_content_type(box: Box, model: str):
    box.add({"text": "streamed all the same", "headers": {"content-type": "application/json"}})
    assert text_of(await run(agent_of(box, model), True)) == "streamed all the same"


async def whole_answer(box: Box, path: str) -> dict:
    box.add({"text": "said at once"})
    async with httpx.AsyncClient() as client:
        return (await client.post(f"{box.url}/{path}", json={"model": "m", "messages": [], "input": []})).json()


@STREAMED
async def test_a_server_that_stalls_before_its_headers_is_left(box: Box, streamed: bool):
    box.add({"stall": "headers"})
    with pytest.raises(NetworkError, match=r"sent nothing for 1 s") as raised:
        await run(agent_of(box, retry=False, timeout_s=Timeouts(connect_s=1, silence_s=1)), streamed)
    assert (raised.value.code, raised.value.retryable) == ("timeout", True)
    assert await ended(box) == "client"


@STREAMED
async def test_a_server_that_stalls_in_the_middle_is_left(box: Box, streamed: bool):
    box.add({"text": "a b c d", "stall": 100})
    with pytest.raises(NetworkError, match=r"sent nothing for 0\.5 s"):
        await run(agent_of(box, retry=False, timeout_s=Timeouts(silence_s=0.5)), streamed)
    assert await ended(box) == "client"


async def test_slow_bytes_are_no_silence(box: Box):
    box.add({"text": "slow but steady", "delay_s": 0.03})
    assert text_of(await run(agent_of(box, timeout_s=Timeouts(silence_s=0.5)), True)) == "slow but steady"


@STREAMED
async def test_slow_bytes_still_end_when_the_whole_time_is_up(box: Box, streamed: bool):
    box.add({"text": "a b c d e f g h i j k l m n o p", "delay_s": 0.1, "chunk_bytes": 20})
    started = time.monotonic()
    with pytest.raises(NetworkError, match=r"limit of 0\.3 s"):
        await run(agent_of(box, retry=False, timeout_s=0.3), streamed)
    assert time.monotonic() - started < 1.5
    assert await ended(box) == "client"


async def test_an_error_whose_body_never_comes_ends_too(box: Box):
    box.add({"status": 500, "body": "never whole", "stall": 3})
    with pytest.raises(NetworkError, match="sent nothing"):
        await run(agent_of(box, retry=False, timeout_s=Timeouts(silence_s=0.1)), True)


@STREAMED
async def test_a_huge_answer_comes_through(box: Box, streamed: bool):
    text = "wörd " * 20_000
    box.add({"text": text.strip(), "chunk_bytes": 60_000})
    assert text_of(await run(agent_of(box), streamed)) == text.strip()


@MODELS
async def test_leaving_a_stream_early_closes_the_connection(box: Box, model: str):
    box.add({"text": "a b c d e", "stall": -40})
    async with aclosing(agent_of(box, model).stream("go")) as events:
        assert [await anext(events), await anext(events)] == [StepStarted(1), TextDelta("a")]
    assert await ended(box) == "client"


@STREAMED
@pytest.mark.parametrize("answer", [{"stall": "headers"}, {"text": "a b c", "stall": 250}], ids=["before headers", "in the middle"])
async def test_cancelling_closes_the_connection_and_tells_what_was_done(box: Box, streamed: bool, answer: dict):
    @tool
    async def noop() -> str:
        return "ok"

    box.add({"tool_calls": [{"name": "noop", "arguments": {}}]}, answer)
    task = asyncio.ensure_future(run(agent_of(box, tools=[noop]), streamed))
    assert await asyncio.to_thread(box.wait_seen, 2)
    assert await asyncio.to_thread(box.seen[1].wait_begun)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    assert await ended(box) == "client"
    assert time.monotonic() - started < 1
    assert raised.value.usage == Usage(10, 5, 15)
    assert [message.role for message in raised.value.history] == ["user", "assistant", "tool"]


async def test_many_runs_at_once_over_one_server_do_not_mix(server: TestServer):
    box = server.box({"echo": True, "delay_s": 0.001}, loop=True)
    agents = [agent_of(box, model) for model in ("openai:m", "openai-chat:m")]
    texts = [f"Number {n} – ünïcödé" for n in range(40)]
    answers = await asyncio.gather(*(run(agents[n % 2], n % 3 == 0, text) for n, text in enumerate(texts)))
    assert [text_of(events) for events in answers] == texts
    assert box.most_at_once > 1


@STREAMED
async def test_a_server_that_is_not_there_is_told_by_its_address(streamed: bool):
    agent = Agent("openai:m", api_key=KEY, base_url="http://127.0.0.1:9", retry=False)
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:9 cannot be reached") as raised:
        await run(agent, streamed)
    assert raised.value.retryable


@STREAMED
@pytest.mark.parametrize(
    "echo",
    [
        {
            "status": 401,
            "body": {"error": {"message": f"Incorrect API key: {KEY}", "param": [KEY], "code": KEY}},
            "headers": {"x-request-id": KEY},
        },
        {"status": 500, "body": f"<html>{KEY}</html>"},
        {"body": f"key {KEY} is not JSON"},
        {"body": {"object": "x", "note": KEY}},
        {"body": {"error": {"message": f"bad {KEY}"}}},
        {"body": {"status": "failed", "error": {"message": f"bad {KEY}"}, "output": []}},
        {"body": f"data: {{{KEY}}}\n\n", "headers": {"content-type": "text/event-stream"}},
        {"body": f'data: {{"type": "error", "message": "no {KEY}"}}\n\n', "headers": {"content-type": "text/event-stream"}},
        {"reset": "headers"},
    ],
    ids=["401", "500", "not-json", "shape", "error-200", "failed", "sse", "sse-error", "reset"],
)
@pytest.mark.parametrize("as_header", [False, True], ids=["api_key", "header"])
async def test_no_key_comes_out_of_an_error_even_if_the_server_echoes_it(box: Box, streamed: bool, echo: dict, as_header: bool):
    box.add(echo)
    options: dict = {"headers": {"X-Api-Key": KEY}} if as_header else {"api_key": KEY}
    agent = Agent("openai:m", base_url=box.url, retry=False, **options)
    with pytest.raises(ProviderError) as raised:
        await run(agent, streamed)
    error = raised.value
    told = (
        "".join(traceback.format_exception(error, chain=False))
        + repr(error)
        + str(error)
        + json.dumps(error.to_dict())
        + repr(error.__dict__)
    )
    assert KEY not in told
    assert KEY not in repr(agent) + repr(agent.model) + repr(agent.settings)
    assert any(KEY in value for value in box.seen[0].headers.values())


@pytest.mark.parametrize("awaited", [False, True])
async def test_a_key_may_be_given_when_it_is_needed(box: Box, awaited: bool):
    keys = iter(["first-key-1234", "second-key-5678"])

    def give() -> str:
        return next(keys)

    async def give_later() -> str:
        await asyncio.sleep(0)
        return next(keys)

    box.add({"text": "a"}, {"text": "b"})
    agent = Agent("openai:m", api_key=give_later if awaited else give, base_url=box.url)
    await agent.prompt("x")
    await agent.prompt("x")
    assert [seen.headers["authorization"] for seen in box.seen] == ["Bearer first-key-1234", "Bearer second-key-5678"]


@pytest.mark.parametrize("given", ["", None, 3])
async def test_a_function_that_gives_no_key_is_told(box: Box, given: Any):
    with pytest.raises(ConfigError, match="api_key function of openai gave no key"):
        await Agent("openai:m", api_key=lambda: given, base_url=box.url).prompt("x")
    assert box.seen == []


async def test_white_space_around_a_key_is_not_sent(box: Box):
    box.add({"text": "a"})
    await Agent("openai:m", api_key=f"  {KEY}\n", base_url=box.url).prompt("x")
    assert box.seen[0].headers["authorization"] == f"Bearer {KEY}"


async def test_options_reach_the_wire(box: Box):
    box.add({"text": "a"})
    agent = agent_of(
        box, "openai-chat:m", preamble="p", temperature=0.5, max_tokens=7, additional_params={"seed": 3}, headers={"X-Extra": "e"}
    )
    await agent.prompt("x")
    sent = box.bodies[0]
    assert sent["messages"] == [{"role": "system", "content": "p"}, {"role": "user", "content": "x"}]
    assert (sent["temperature"], sent["max_completion_tokens"], sent["seed"], sent["model"]) == (0.5, 7, 3, "m")
    assert box.seen[0].headers["x-extra"] == "e"
    assert "stream" not in sent


def test_prompt_sync_over_the_wire_again_and_again(box: Box):
    box.add({"text": "a"}, {"text": "b"})
    agent = agent_of(box)
    assert [agent.prompt_sync("x").text for _ in range(2)] == ["a", "b"]
