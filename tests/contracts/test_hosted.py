"""Hosted tools over every provider's rules: asked for in its own words, shown as events, cited, counted, echoed; an error where it has
none."""

import json
from typing import Any

import pytest

from staysail import (
    Agent,
    ConfigError,
    HostedTool,
    Message,
    Tracer,
    UsageLimits,
    advisor,
    code_execution,
    file_search,
    image_generation,
    load_model,
    mcp,
    provider_names,
    tool,
    tool_search,
    url_context,
    web_fetch,
    web_search,
    x_search,
)
from staysail.core.events import ToolCallDone, ToolResult
from staysail.core.hosted import HostedKind
from tests.rules import RulesTransport

SECRET = "mcp-token-0123456789"
MODELS = {
    "openai": ["gpt-6-sol", "gpt-5-mini"],
    "xai": ["grok-4.7"],
    "anthropic": ["claude-opus-5-5", "claude-haiku-4-5"],
    "gemini": ["gemini-4-argon", "gemini-3.8-flash"],
    "gemini-interactions": ["gemini-4-argon", "gemini-3.8-flash"],
    "mistral-conversations": ["mistral-large-4"],
    "groq": ["openai/gpt-oss-120b"],
    "openrouter": ["openai/gpt-6-sol"],
    "openrouter-responses": ["openai/gpt-6-sol"],
}
TOOLS = {
    "web_search": web_search(),
    "web_fetch": web_fetch(),
    "url_context": url_context(),
    "x_search": x_search(),
    "code_execution": code_execution(),
    "file_search": file_search("vs_1"),
    "image_generation": image_generation(),
    "mcp": mcp("https://mcp.example/sse", name="docs", authorization=SECRET),
    "tool_search": tool_search(),
    "advisor": advisor("claude-opus-5-5"),
}
# Of which the rules server shows calls and results, by provider.
SHOWN = {
    "openai": {"web_search", "code_execution", "file_search", "image_generation", "mcp"},
    "xai": {"web_search", "code_execution", "file_search", "image_generation", "mcp"},
    "anthropic": {"web_search", "web_fetch", "url_context", "code_execution", "mcp", "advisor"},
    "gemini": {"web_search", "web_fetch", "url_context", "code_execution", "file_search"},
    "gemini-interactions": {"web_search", "web_fetch", "url_context", "code_execution", "file_search", "mcp"},
    "mistral-conversations": {"web_search", "code_execution", "file_search", "image_generation"},
    "groq": {"web_search", "code_execution", "mcp"},
    "openrouter": set(),
    "openrouter-responses": set(),
}


@tool
def weather(city: str) -> str:
    """Current weather."""
    return f"Sun in {city}"


def make(provider: str, model: str, *tools: Any, **options: Any) -> tuple[Agent, RulesTransport]:
    transport = RulesTransport(provider)
    base = {"base_url": "https://provider.example/v1"} if provider in ("azure", "openai-compatible") else {}
    loaded = load_model(f"{provider}:{model}", api_key="k", transport=transport, **base)
    return Agent(loaded, tools=tools, retry=False, **options), transport


def test_every_kind_is_tried():
    assert {*TOOLS} == {*HostedKind.__args__}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", TOOLS)
@pytest.mark.parametrize("provider", MODELS)
async def test_a_hosted_tool_is_used_or_refused_at_once(provider: str, kind: str, streamed: bool):
    for model in MODELS[provider]:
        if kind not in load_model(f"{provider}:{model}", api_key="k").traits.hosted_tools:
            with pytest.raises(ConfigError, match=rf"has no {kind}; it has .*local=my_tool"):
                make(provider, model, TOOLS[kind])
            continue
        agent, transport = make(provider, model, TOOLS[kind], *([weather] if kind == "tool_search" else []))
        events = [event async for event in agent.stream("Go.")] if streamed else []
        reply = events[-1].reply if streamed else await agent.prompt("Go.")
        assert transport.refused == [], model
        assert reply.text == "Hello."
        shown = kind in SHOWN[provider]
        assert reply.usage.hosted_calls == (1 if shown and provider != "groq" else 0)
        if streamed and shown:
            called = [event for event in events if isinstance(event, ToolCallDone)]
            answered = [event for event in events if isinstance(event, ToolResult)]
            assert [(event.hosted, event.id) for event in called] == [(True, event.id) for event in answered]
            assert all(event.hosted and not event.is_error for event in answered)
            assert called[0].to_dict()["hosted"] is True
        if kind == "web_search":
            assert [source["source"] for source in reply.sources] == ["https://example.org/"]
        assert SECRET not in repr(agent) + repr(agent.settings) + json.dumps([m.to_dict() for m in reply.messages])
        if kind == "mcp":
            assert SECRET in transport.seen[0].body.decode()


@pytest.mark.parametrize("provider", [name for name in provider_names("chat") if name not in MODELS])
def test_a_provider_without_hosted_tools_says_so_or_takes_the_local_one(provider: str):
    if provider in ("local", "prompt-api"):
        return
    with pytest.raises(ConfigError, match="has no web_search; it has no hosted tools"):
        make(provider, "some-model", web_search())
    agent, _ = make(provider, "some-model", web_search(local=weather))
    assert agent.settings.tools == (weather,)
    assert agent.settings.hosted_tools == ()


@pytest.mark.parametrize(
    ("model", "hosted", "elsewhere"),
    [
        ("mistral:mistral-large-4", web_search(), "mistral-conversations:mistral-large-4"),
        ("mistral:mistral-large-4", mcp("https://mcp.example/sse", name="docs"), None),
        ("openai-chat:gpt-6-sol", code_execution(), "openai:gpt-6-sol"),
        ("gemini:gemini-4-argon", mcp("https://mcp.example/sse", name="docs"), "gemini-interactions:gemini-4-argon"),
        ("gemini-interactions:gemini-4-argon", x_search(), None),
        ("deepseek:deepseek-chat", web_search(), None),
    ],
)
def test_a_tool_that_the_provider_has_in_its_other_api_is_named_there(model: str, hosted: HostedTool, elsewhere: str | None):
    with pytest.raises(ConfigError) as raised:
        Agent(model, api_key="k", tools=[hosted])
    assert (f'"{elsewhere}" has it, with the same key' in str(raised.value)) is (elsewhere is not None)
    if elsewhere:
        assert Agent(elsewhere, api_key="k", tools=[hosted]).settings.hosted_tools == (hosted,)
    else:
        assert "has it" not in str(raised.value)


@pytest.mark.parametrize("provider", MODELS)
async def test_hosted_tools_go_beside_others_a_schema_and_reasoning_and_are_echoed(provider: str):
    kinds = [TOOLS["web_search"], TOOLS["code_execution"]]
    for model in MODELS[provider]:
        have = load_model(f"{provider}:{model}", api_key="k").traits.hosted_tools
        tools = [one for one in kinds if one.kind in have]
        agent, transport = make(provider, model, *tools, weather, reasoning="low")
        reply = await agent.prompt("Use weather.")
        again = await agent.prompt("And now?", history=reply.messages)
        assert transport.refused == [], model
        assert again.text == "Hello."
        schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
        typed, transport = make(provider, model, *tools, output_type=schema)
        assert (await typed.prompt("Where?")).output == {"city": "x"}, model
        assert transport.refused == [], model


async def test_blocks_of_hosted_tools_are_echoed_as_they_came_and_not_to_another_provider():
    agent, _ = make("anthropic", "claude-opus-5-5", web_search())
    reply = await agent.prompt("Go.")
    same, transport = make("anthropic", "claude-opus-5-5", web_search())
    await same.prompt("And?", history=reply.messages)
    sent = transport.bodies[0]["messages"][1]["content"]
    assert [block["type"] for block in sent if "server_tool" in block["type"] or "web_search" in block["type"]] == [
        "server_tool_use",
        "web_search_tool_result",
    ]
    other, transport = make("openai", "gpt-6-sol", web_search())
    await other.prompt("And?", history=reply.messages)
    assert "srvtoolu" not in json.dumps(transport.bodies[0])
    assert transport.refused == []


OPTIONS = [
    (
        "anthropic",
        web_search(max_uses=3, allowed_domains=["a.org"], user_location={"city": "Oslo"}),
        {"max_uses": 3, "allowed_domains": ["a.org"]},
    ),
    ("openai", web_search(allowed_domains=["a.org"]), {"filters": {"allowed_domains": ["a.org"]}}),
    ("xai", web_search(blocked_domains=["a.org"]), {"excluded_domains": ["a.org"]}),
    ("openai", web_search(extra={"search_context_size": "low"}), {"search_context_size": "low"}),
    ("openai", mcp("https://a.example", name="a", approval="always"), {"server_label": "a", "require_approval": "always"}),
    ("openai", file_search(["a", "b"], max_results=2), {"vector_store_ids": ["a", "b"], "max_num_results": 2}),
    ("gemini", file_search("stores/a", max_results=2), {"fileSearch": {"fileSearchStoreNames": ["stores/a"], "topK": 2}}),
    ("anthropic", mcp("https://a.example", name="a", allowed_tools=["x"]), {"configs": {"x": {"enabled": True}}}),
]


@pytest.mark.parametrize(("provider", "hosted", "sent"), OPTIONS)
async def test_options_are_sent_in_the_providers_words(provider: str, hosted: HostedTool, sent: dict):
    agent, transport = make(provider, MODELS[provider][0], hosted)
    await agent.prompt("Go.")
    [entry] = transport.bodies[0]["tools"]
    assert entry == entry | sent
    assert transport.refused == []


@pytest.mark.parametrize(
    ("provider", "hosted"),
    [
        ("openai", web_search(max_uses=3)),
        ("gemini", web_search(allowed_domains=["a.org"])),
        ("xai", mcp("https://a.example", name="a", approval="always")),
    ],
)
async def test_an_option_that_the_provider_lacks_is_an_error_that_says_so(provider: str, hosted: HostedTool):
    agent, _ = make(provider, MODELS[provider][0], hosted)
    with pytest.raises(ConfigError, match=r"takes no|cannot ask"):
        await agent.prompt("Go.")


async def test_the_betas_that_a_tool_needs_are_sent_beside_those_of_the_caller():
    agent, transport = make("anthropic", "claude-opus-5-5", web_fetch(), headers={"anthropic-beta": "mine-2026-01-01"})
    await agent.prompt("Go.")
    assert transport.seen[0].headers["anthropic-beta"] == "mine-2026-01-01,web-fetch-2025-09-10"
    with pytest.raises(ConfigError, match="starts with https"):
        mcp("ftp://x", name="a")
    with pytest.raises(ConfigError, match="at least one"):
        file_search([])
    with pytest.raises(ConfigError, match="there is no hosted tool"):
        Agent("openai:m", api_key="k", tools=[{"hosted": "teleport"}])


async def test_gemini_before_the_third_says_that_it_takes_no_hosted_tools_beside_others():
    agent, transport = make("gemini", "gemini-2.5-flash", web_search(), weather)
    with pytest.raises(ConfigError, match="no hosted tools beside other tools"):
        await agent.prompt("Go.")
    alone, transport = make("gemini", "gemini-2.5-flash", web_search())
    assert (await alone.prompt("Go.")).sources
    assert transport.refused == []


async def test_durable_runs_tracing_and_limits_work_over_hosted_tools(tmp_path):
    spans = []

    agent, _ = make(
        "anthropic",
        "claude-opus-5-5",
        web_search(),
        mcp("https://a.example", name="a", authorization=SECRET),
        weather,
        durable=str(tmp_path),
        hooks=[Tracer(spans.append, content=True)],
        usage_limits=UsageLimits(requests=5),
    )
    events = [event async for event in agent.stream("Use weather.")]
    reply = events[-1].reply
    assert reply.usage.hosted_calls == 2
    again = [event async for event in agent.resume_stream(reply.run_id)][-1].reply
    assert again.messages == reply.messages
    assert again.usage == reply.usage
    assert spans
    assert SECRET not in repr(spans)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept


async def test_a_hosted_call_is_no_call_of_a_tool_here():
    agent, _ = make("anthropic", "claude-opus-5-5", web_search())
    reply = await agent.prompt("Go.")
    assert reply.steps[0].tool_results == ()
    assert Message.from_dict(reply.messages[-1].to_dict()) == reply.messages[-1]
