"""Whatever stands in a history, each provider is sent messages that its rules allow, and what was stored stays as it was."""

import asyncio
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from staysail import CompletionRequest, Image, Message, Reasoning, Text, ToolCall, ToolOutput, load_model
from staysail.core.messages import Opaque, Part
from tests.rules import RulesTransport, provider_names

EVERY = bool(os.environ.get("STAYSAIL_EVERY"))
PROVIDERS = [name for name in provider_names() if name != "xai-chat"]
NEEDS_BASE = ("azure", "openai-compatible")
# Claude and Gemini of the last generation: the rules of the newest are those and more.
NAMES = {"anthropic": "claude-opus-4-8", "gemini": "gemini-2.5-flash", "cohere": "command-a-vision-07-2025"}
PNG = b"\x89PNG\r\n\x1a\n"
HALF = "Ship \ud83d"
TOOL = {"name": "look", "description": "Looks.", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}


def call(id: str, arguments: Any = None, name: str = "look") -> ToolCall:
    return ToolCall(id, name, {"at": "sea"} if arguments is None else arguments)


def result(id: str, *content: Part, name: str = "look") -> ToolOutput:
    return ToolOutput(id, name, content or (Text("calm"),))


ASK, GO_ON = Message.user("Look."), Message.user("And now?")
BAD = {
    "arguments that are no JSON": [ASK, Message.assistant(call("c1", '{"at": "se')), Message.tool([result("c1")]), GO_ON],
    "half an emoji": [Message.user(HALF), Message.assistant(HALF), Message.user("\udea2 went by")],
    "half an emoji in arguments and results": [
        ASK,
        Message.assistant(call("c1", {"at": HALF})),
        Message.tool([result("c1", Text(HALF))]),
        GO_ON,
    ],
    "NaN in arguments": [
        ASK,
        Message.assistant(call("c1", {"at": float("nan"), "to": [float("inf")]})),
        Message.tool([result("c1")]),
        GO_ON,
    ],
    "white space alone": [Message.user(" \n"), Message.assistant("\n\n"), Message.user("Well?"), Message.assistant(" "), GO_ON],
    "empty messages": [Message.user(""), Message("assistant"), Message("user"), Message.assistant(""), GO_ON],
    "an empty prompt": [Message.user("Hi."), Message.assistant("Hello."), Message.user("")],
    "results out of order": [ASK, Message.assistant([call("c1"), call("c2")]), Message.tool([result("c2"), result("c1")]), GO_ON],
    "results in messages of their own": [
        ASK,
        Message.assistant([call("c1"), call("c2")]),
        Message.tool([result("c2")]),
        Message.tool([result("c1")]),
        GO_ON,
    ],
    "a result after other words": [ASK, Message.assistant(call("c1")), Message.user("Hurry."), Message.tool([result("c1")]), GO_ON],
    "a result without its call": [ASK, Message.tool([result("gone")]), GO_ON],
    "a result that opens the conversation": [Message.tool([result("gone")]), Message.assistant("Calm."), GO_ON],
    "a call without its result": [ASK, Message.assistant([Text("Looking."), call("c1")]), GO_ON],
    "one result of two": [ASK, Message.assistant([call("c1"), call("c2")]), Message.tool([result("c1")]), GO_ON],
    "two results of one call": [ASK, Message.assistant(call("c1")), Message.tool([result("c1"), result("c1")]), GO_ON],
    "a call at the end": [ASK, Message.assistant(call("c1"))],
    "an id in two turns": [
        ASK,
        *[Message.assistant(call("c1")), Message.tool([result("c1", Text("first"))])],
        *[Message.assistant(call("c1")), Message.tool([result("c1", Text("second"))])],
        GO_ON,
    ],
    "an id twice in a turn": [ASK, Message.assistant([call("c1"), call("c1")]), Message.tool([result("c1"), result("c1")]), GO_ON],
    "an id of another provider": [
        ASK,
        Message.assistant([call("functions.look:0"), call("call_|fc_" + "0" * 90), call("")]),
        Message.tool([result("functions.look:0"), result("call_|fc_" + "0" * 90), result("")]),
        GO_ON,
    ],
    "a name that no provider takes": [
        ASK,
        Message.assistant([call("c1", name="functions.look(sea)"), call("c2", name="")]),
        Message.tool([result("c1", name="functions.look(sea)"), result("c2", name="")]),
        GO_ON,
    ],
    "an answer that opens the conversation": [Message.assistant("Welcome."), Message.user("Hi.")],
    "thinking alone": [ASK, Message.assistant(Reasoning("Hm.", extra={"elsewhere": {"field": "x"}})), GO_ON],
    "blocks of another provider": [ASK, Message.assistant([Text("Found."), Opaque({"elsewhere": {"type": "search"}})]), GO_ON],
    "several of one role": [ASK, Message.user("Please."), Message.assistant("Calm."), Message.assistant("Very."), GO_ON],
    "a picture in an answer": [ASK, Message.assistant([Text("Here."), Image(data=PNG, media_type="image/png")]), Message.user("Nice.")],
    "a picture in a result": [
        ASK,
        Message.assistant(call("c1")),
        Message.tool([result("c1", Text("calm"), Image(data=PNG, media_type="image/png"))]),
        GO_ON,
    ],
    "a result beside words of the user": [ASK, Message.assistant(call("c1")), Message("user", (result("c1"), Text("And?")))],
}


def asked(provider: str, messages: list[Message], transport: RulesTransport) -> Any:
    base = {"base_url": "https://provider.example/v1"} if provider in NEEDS_BASE else {}
    model = load_model(f"{provider}:{NAMES.get(provider, 'some-model')}", api_key="k", transport=transport, **base)
    request = CompletionRequest(messages, tools=[TOOL] if model.traits.tools else [])
    return model.complete(request)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_history_that_a_provider_would_refuse_is_made_fit(provider: str, kind: str):
    messages = BAD[kind]
    stored = repr(messages)
    transport = RulesTransport(provider)
    await asked(provider, messages, transport)
    assert transport.refused == []
    assert repr(messages) == stored
    said = json.dumps(transport.bodies[-1], ensure_ascii=False)
    assert "NaN" not in said
    assert said.encode()  # which half a character refuses


async def test_results_stay_with_their_calls_when_an_id_repeats():
    transport = RulesTransport("anthropic")
    await asked("anthropic", BAD["an id in two turns"], transport)
    blocks = [block for message in transport.bodies[-1]["messages"] for block in message["content"]]
    ids = [block["id"] for block in blocks if block["type"] == "tool_use"]
    told = {block["tool_use_id"]: block["content"][0]["text"] for block in blocks if block["type"] == "tool_result"}
    assert [told[id] for id in ids] == ["first", "second"]
    assert len(set(ids)) == 2


async def test_what_has_no_place_is_told_in_another():
    transport = RulesTransport("openai-chat")
    await asked("openai-chat", BAD["a result without its call"], transport)
    assert transport.bodies[-1]["messages"][1] == {"role": "user", "content": "Result of look:\n\ncalm"}
    await asked("openai-chat", BAD["a call without its result"], transport)
    assert "No result of this call is on record" in transport.bodies[-1]["messages"][2]["content"]
    await asked("openai-chat", BAD["a picture in an answer"], transport)
    assert "image_url" in json.dumps(transport.bodies[-1]["messages"][2])
    await asked("openai-chat", BAD["arguments that are no JSON"], transport)
    (function,) = [made["function"] for message in transport.bodies[-1]["messages"] for made in message.get("tool_calls", ())]
    assert json.loads(function["arguments"]) == {"arguments": '{"at": "se'}


TEXTS = st.sampled_from(["Yes.", "", " ", "\n", HALF, "🚢"])
IDS = st.sampled_from(["a", "b", "functions.x:0", "x" * 70, ""])
CALLS = st.builds(call, IDS, st.sampled_from([{}, {"n": float("nan")}, "{broken", {"at": HALF}]), st.sampled_from(["look", "lo ok", ""]))
RESULTS = st.builds(result, IDS, st.builds(Text, TEXTS))
MESSAGES = st.one_of(
    st.builds(Message.user, TEXTS),
    st.builds(lambda text, calls: Message.assistant([Text(text), *calls]), TEXTS, st.lists(CALLS, max_size=3)),
    st.builds(Message.tool, st.lists(RESULTS, max_size=3)),
    st.builds(lambda text, results: Message("user", (*results, Text(text))), TEXTS, st.lists(RESULTS, max_size=2)),
)


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=300 if EVERY else 20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MESSAGES, max_size=8), TEXTS)
def test_any_history_is_made_fit(provider: str, history: list[Message], prompt: str):
    transport = RulesTransport(provider)
    asyncio.run(asked(provider, [*history, Message.user(prompt)], transport))
    assert transport.refused == []
