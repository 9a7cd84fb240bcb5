"""Every provider against servers that refuse, babble, break off or say nothing: whatever comes ends in an answer or an error of ours."""

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail import (
    Agent,
    AuthError,
    CompletionRequest,
    Image,
    Message,
    ProviderError,
    RateLimitError,
    Reasoning,
    Text,
    Timeouts,
    ToolCall,
    ToolOutput,
    load_model,
    provider_names,
)
from staysail.core.ports import HttpRequest
from staysail.providers import load_provider

KEY = "sk-contract-0123456789"
OVER_HTTP = [name for name in provider_names() if hasattr(load_provider(name), "PROVIDER") and load_provider(name).PROVIDER.chat]
PROVIDERS = pytest.mark.parametrize("name", OVER_HTTP)
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
TOOL = {"name": "f", "description": "Does.", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}
CONVERSATION = [
    Message.system("Be kind."),
    Message.user(["What is this?", Image(data=b"\x89PNG", media_type="image/png")]),
    Message.assistant([Reasoning("hm"), Text("Let me look."), ToolCall("c1", "f", {"x": 1}), ToolCall("c2", "f", "{broken")]),
    Message.tool([ToolOutput("c1", "f", (Text("one"),)), ToolOutput("c2", "f", (Text("not JSON"),), is_error=True)]),
    Message.user("And now?"),
]


class Told:
    """A transport that gives one answer, whatever is asked."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None, body: bytes = b"", stalls: bool = False) -> None:
        self.status, self.headers, self.body, self.stalls = status, headers or {}, body, stalls
        self.requests: list[HttpRequest] = []
        self.closed = 0

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator["Told"]:
        self.requests.append(request)
        try:
            yield self
        finally:
            self.closed += 1

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 7):
            yield self.body[start : start + 7]
        if self.stalls:
            await asyncio.Event().wait()


def model_of(name: str, transport: Told) -> Any:
    base = {"base_url": "https://provider.example/v1"} if load_provider(name).PROVIDER.base_needed else {}
    return load_model(f"{name}:model-1", api_key=KEY, transport=transport, **base)


async def ask(model: Any, streamed: bool, request: CompletionRequest) -> Any:
    if not streamed:
        return await model.complete(request)
    async with aclosing(model.stream(request)) as events:
        return [event async for event in events][-1]


def test_there_are_providers_to_hold_to_the_contract():
    assert {"openai", "openai-chat", "openai-compatible", "llamacpp", "lmstudio", "vllm", "groq", "deepseek"} <= set(OVER_HTTP)


@PROVIDERS
@STREAMED
async def test_a_whole_conversation_can_be_sent_and_the_key_travels_in_one_header_alone(name: str, streamed: bool):
    transport = Told(401, {"content-type": "application/json"}, b'{"error": {"message": "bad key"}}')
    model = model_of(name, transport)
    tools = [TOOL] if model.traits.tools else []
    conversation = CONVERSATION if tools else [*CONVERSATION[:2], Message.assistant("Let me look. It is not JSON."), CONVERSATION[-1]]
    request = CompletionRequest(conversation, preamble="Be brief.", tools=tools, temperature=0.5, max_tokens=9, documents=["Known."])
    with pytest.raises(AuthError, match=f"{name} answered 401: .*bad key"):
        await ask(model, streamed, request)
    (sent,) = transport.requests
    assert len([header for header, value in sent.headers.items() if KEY in value]) == 1
    assert KEY not in sent.url
    assert KEY.encode() not in sent.body
    text = json.dumps(json.loads(sent.body))
    assert all(said in text for said in ("Be kind.", "Be brief.", "Known.", "Let me look.", "not JSON", "And now?"))
    assert sent.streamed == streamed


@PROVIDERS
@STREAMED
async def test_a_rate_limit_is_one_whatever_the_provider(name: str, streamed: bool):
    transport = Told(429, {"retry-after": "3"}, b"slow down")
    with pytest.raises(RateLimitError) as raised:
        await ask(model_of(name, transport), streamed, CompletionRequest("x"))
    assert (raised.value.retry_after_s, raised.value.retryable, raised.value.provider) == (3, True, name)
    assert transport.closed == 1


GARBAGE = [
    (b"", "application/json"),
    (b"<html><body>hello</body></html>", "text/html"),
    (b'{"a": 1}', "application/json"),
    (b"[]", "application/json"),
    (b'"text"', "application/json"),
    (b"null", "application/json"),
    (b'{"choices": [], "output": null, "candidates": [], "content": null, "message": null}', "application/json"),
    (b'data: {"a": 1}\n\n', "text/event-stream"),
    (b"data: null\n\ndata: []\n\ndata: 3\n\n", "text/event-stream"),
    (b'data: {"choices": [{}], "type": {}, "candidates": [null]}\n\n', "text/event-stream"),
    (b'event: message_start\ndata: {"type": "message_start"}\n\n', "text/event-stream"),
    (b'{"message": 3}\n{"done": true}\n', "application/x-ndjson"),
    (b"\xff\xfe\x00", "application/octet-stream"),
]


@PROVIDERS
@STREAMED
@pytest.mark.parametrize(("body", "kind"), GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_an_error_that_names_the_provider(name: str, streamed: bool, body: bytes, kind: str):
    transport = Told(200, {"content-type": kind}, body)
    with pytest.raises(ProviderError) as raised:
        await ask(model_of(name, transport), streamed, CompletionRequest("x"))
    assert raised.value.provider == name
    assert transport.closed == 1


EVERY = bool(os.environ.get("STAYSAIL_EVERY"))

# What the formats call their parts, so that what is made up looks like an answer often enough.
FIELDS = re.findall(
    r"\w+",
    """choices delta message content tool_calls function arguments name id type index usage output candidates parts text error
    finish_reason role response item delta_index content_block stop_reason done functionCall""",
)
JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 500) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)


@PROVIDERS
@settings(max_examples=25 if EVERY else 8, deadline=None)  # of each provider, of six formats
@given(st.lists(JSONISH, min_size=1, max_size=3), st.booleans())
def test_whatever_json_comes_it_is_an_answer_or_an_error_of_ours(name: str, values: list, streamed: bool):
    framing = model_of(name, Told()).wire.framing
    lines = [json.dumps(value) for value in values]
    streamed_body = "".join(f"data: {line}\n\n" for line in lines) if framing == "sse" else "\n".join(lines)
    kind = "application/json" if not streamed else "text/event-stream" if framing == "sse" else "application/x-ndjson"
    transport = Told(200, {"content-type": kind}, (streamed_body if streamed else lines[0]).encode())
    with suppress(ProviderError):
        asyncio.run(ask(model_of(name, transport), streamed, CompletionRequest("x")))
    assert transport.closed == 1


@PROVIDERS
@STREAMED
async def test_silence_ends_in_a_timeout_and_the_connection_is_closed(name: str, streamed: bool):
    transport = Told(200, {"content-type": "text/event-stream"}, b"\n", stalls=True)
    with pytest.raises(ProviderError) as raised:
        await ask(model_of(name, transport), streamed, CompletionRequest("x", timeouts=Timeouts(silence_s=0.02)))
    assert (raised.value.code, raised.value.retryable) == ("timeout", True)
    assert transport.closed == 1


@PROVIDERS
@STREAMED
async def test_cancelling_closes_the_connection(name: str, streamed: bool):
    transport = Told(200, {"content-type": "text/event-stream"}, b"\n", stalls=True)
    agent = Agent(model_of(name, transport))
    events = agent.stream("x")
    task = asyncio.ensure_future(anext(events) if streamed else agent.prompt("x"))
    while not transport.requests:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await events.aclose()
    assert transport.closed == 1
