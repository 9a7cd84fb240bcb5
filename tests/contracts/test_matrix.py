"""Every provider held to its rules: each kind of request gives an answer or the promised error, and no known model refuses anything."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from staysail import Agent, ConfigError, File, Image, Message, ProviderError, Reasoning, Text, ToolCall, ToolOutput, load_model, tool
from tests.rules import RulesTransport

GEMINI = ["gemini-4-argon", "gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro", "gemini-2.5-flash"]
MISTRAL = ["mistral-large-4", "mistral-medium-3.5", "mistral-large-2512", "magistral-medium-latest"]
# What is tried of each provider: models whose rules differ.
MODELS = {
    "openai": ["gpt-6-sol", "gpt-6.1-sol", "gpt-5.6", "gpt-5.4", "gpt-5-mini", "gpt-5.5-pro", "o3", "gpt-4.1-nano", "gpt-7-next"],
    "openai-chat": ["gpt-6-sol", "gpt-5-mini", "gpt-4.1-nano"],
    "azure": ["gpt-5.6", "my-deployment"],
    "anthropic": [
        *(
            "claude-opus-5-5",
            "claude-sonnet-5-5",
            "claude-haiku-5-5",
            "claude-fable-5-2",
            "claude-fable-5",
            "claude-opus-5",
            "claude-sonnet-5",
        ),
        *("claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5", "claude-opus-4-1", "claude-opus-6-next"),
    ],
    "gemini": GEMINI,
    "gemini-interactions": GEMINI,
    "xai": ["grok-4.7", "grok-4.3", "grok-4.20-0309-reasoning", "grok-4.20-non-reasoning"],
    "mistral": MISTRAL,
    "mistral-conversations": MISTRAL,
    "groq": ["openai/gpt-oss-120b", "qwen/qwen3.8-27b", "llama-3.3-70b-versatile"],
    "deepseek": ["deepseek-v4-pro", "deepseek-v4-flash"],
    "cohere": ["command-a-03-2025", "command-a-reasoning-08-2025", "command-a-vision-07-2025"],
    "openrouter": ["openai/gpt-6-sol"],
    "openrouter-responses": ["openai/gpt-6-sol"],
    "moonshot": ["kimi-k3", "kimi-k2.6"],
    "perplexity": ["sonar", "sonar-reasoning-pro"],
    "ollama": ["gpt-oss:20b", "qwen3:8b", "llama3.2"],
    "together": ["openai/gpt-oss-120b"],
    "huggingface": ["openai/gpt-oss-120b"],
    "hyperbolic": ["meta-llama/Llama-3.3-70B-Instruct"],
    "galadriel": ["llama3.1:70b"],
    "mira": ["gpt-4o"],
    "llamacpp": ["qwen3-8b"],
    "lmstudio": ["qwen3-8b"],
    "vllm": ["qwen3-8b"],
    "openai-compatible": ["some-model"],
}
# Of these nothing is known beforehand: what they refuse is learned.
UNKNOWN = {"gpt-7-next", "my-deployment", "qwen3-8b", "some-model"}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
PICTURE = Image(data=b"\x89PNG\r\n\x1a\n", media_type="image/png")
PDF = File(data=b"%PDF-1.4", media_type="application/pdf", name="a.pdf")


@tool
def weather(city: str) -> str:
    """Current weather."""
    return f"Sun in {city}"


def long_history() -> list[Message]:
    out: list[Message] = []
    for n in range(40):
        call = ToolCall(f"call{n:05d}", "weather", {"city": "Oslo"})
        out += [Message.user(f"Question {n}"), Message.assistant([Text("Looking."), call])]
        out += [Message.tool([ToolOutput(call.id, "weather", (Text("Sun"),))]), Message.assistant(f"Answer {n}")]
    return out


def foreign_history(others: dict[str, dict[str, Any]]) -> list[Message]:
    """A run of every other wire format, the last cut off after its tool call: what they keep for themselves is there."""
    out: list[Message] = []
    for n, (wire, extra) in enumerate(others.items()):
        call = ToolCall(f"{wire}-call-with-a-long-id-{n}", "weather", {"city": "Oslo"}, {wire: extra})
        thought = Reasoning("Let me see.", signature="sig_foreign", extra={wire: extra})
        out += [Message.user("And?"), Message.assistant([thought, Text("Looking."), call])]
        out += [Message.tool([ToolOutput(call.id, "weather", (Text("Sun"),))])]
    return out


@dataclass(frozen=True)
class Kind:
    """errors: words of the promised error, by provider or "provider:model"; "*" for every other."""

    prompt: Any = "Hello?"
    options: dict[str, Any] = field(default_factory=dict)
    history: Any = None
    errors: dict[str, str] = field(default_factory=dict)
    needs_tools: bool = False


FORCED = {
    "anthropic": "cannot be made to call a tool",
    "ollama": "cannot be made to call a tool",
    "moonshot": "cannot be made to call a tool",
}
NO_PICTURES = {
    "deepseek": "unknown variant",
    "cohere:command-a-03-2025": "does not support images",
    "cohere:command-a-reasoning-08-2025": "does not support images",
}
NO_FILES = {
    "deepseek": "unknown variant",
    "cohere": "takes text and images",
    "ollama": "takes no file",
    "groq": "takes no files",
    **dict.fromkeys(["together", "huggingface", "hyperbolic", "galadriel", "mira", "perplexity", "moonshot"], "takes no files"),
    "lmstudio": "unknown variant",
}
KINDS = {
    "plain": Kind(),
    "sampling": Kind(options={"temperature": 0.5, "max_tokens": 100}),
    **{f"reasoning {level}": Kind(options={"reasoning": level}) for level in ("none", "minimal", "low", "medium", "high", "max")},
    "reasoning by budget": Kind(options={"reasoning": {"budget_tokens": 2000}, "temperature": 0.2}),
    "forced tool": Kind(options={"tool_choice": "required"}, errors=FORCED, needs_tools=True),
    "named tool": Kind(options={"tool_choice": "weather"}, errors=FORCED, needs_tools=True),
    "schema": Kind(options={"output_type": CITY}, errors=dict.fromkeys(["hyperbolic", "mira"], "neither structured output nor tools")),
    "tools and schema": Kind("Use weather.", {"output_type": CITY, "reasoning": "low"}, needs_tools=True),
    "picture": Kind(["What is this?", PICTURE], errors=NO_PICTURES),
    "PDF": Kind(["What is this?", PDF], errors=NO_FILES),
    "long history": Kind(history=long_history(), needs_tools=True),
}


def agent_of(provider: str, model: str, kind: Kind) -> tuple[Agent, RulesTransport]:
    transport = RulesTransport(provider)
    base = {"base_url": "https://provider.example/v1"} if provider in ("azure", "openai-compatible") else {}
    loaded = load_model(f"{provider}:{model}", api_key="k", transport=transport, **base)
    tools = [weather] if kind.needs_tools and loaded.traits.tools else []
    return Agent(loaded, tools=tools, retry=False, **kind.options), transport


async def ask(agent: Agent, kind: Kind, streamed: bool) -> Any:
    if streamed:
        return [event async for event in agent.stream(kind.prompt, history=kind.history)][-1].reply
    return await agent.prompt(kind.prompt, history=kind.history)


def promised(kind: Kind, provider: str, model: str) -> str | None:
    return kind.errors.get(f"{provider}:{model}") or kind.errors.get(provider)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("provider", MODELS)
async def test_each_kind_of_request_gives_an_answer_or_the_promised_error(provider: str, name: str, streamed: bool):
    kind = KINDS[name]
    for model in MODELS[provider]:
        agent, transport = agent_of(provider, model, kind)
        if kind.needs_tools and not agent.model.traits.tools:
            continue
        words = promised(kind, provider, model)
        if words:
            with suppress(ConfigError, ProviderError):
                await ask(agent, kind, streamed)
                words = None
            if words:
                with pytest.raises((ConfigError, ProviderError), match=words):
                    await ask(agent, kind, streamed)
                continue
        reply = await ask(agent, kind, streamed)
        assert transport.refused == [] or model in UNKNOWN, f"{model}: {transport.refused}"
        assert reply.text
        if "output_type" in kind.options:
            assert reply.output == {"city": "x"}, model
        if name in ("forced tool", "named tool"):
            assert reply.steps[0].tool_results, model


WIRES = {
    "responses": {"id": "fc_1", "status": "completed"},
    "anthropic": {"type": "thinking", "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}},
    "gemini": {"thoughtSignature": "sig", "id": "g1"},
    "chat": {"field": "reasoning_content"},
    "cohere": {"field": "tool_plan"},
    "interactions": {"type": "thought", "signature": "sig_foreign", "id": "fc1"},
    "conversations": {"type": "thinking", "thinking": [{"type": "text", "text": "sig_foreign"}]},
    "ollama": {"field": "thinking"},
}


@pytest.mark.parametrize("provider", MODELS)
async def test_the_history_of_every_other_provider_is_taken(provider: str):
    for model in MODELS[provider]:
        kind = Kind(needs_tools=True)
        agent, transport = agent_of(provider, model, kind)
        own = agent.model.wire.name
        history = foreign_history({wire: extra for wire, extra in WIRES.items() if wire != own})
        reply = await agent.prompt("So?", history=history)
        assert transport.refused == [] or model in UNKNOWN, f"{model}: {transport.refused}"
        assert reply.text == "Hello."
        sent = json.dumps(transport.bodies[0])
        assert "sig_foreign" not in sent
        assert "Sun" in sent
        # A run that was handed over in its middle: no word of the user's comes after the tool's result.
        again, transport = agent_of(provider, model, kind)
        await again.model.complete(again.request(tuple(history), 1, again.settings, again.start("x"), []))
        assert transport.refused == [] or model in UNKNOWN, f"{model}: {transport.refused}"


@pytest.mark.parametrize("provider", ["deepseek", "mistral", "groq", "openrouter", "moonshot", "openai-chat"])
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "details", "parts"])
async def test_reasoning_of_another_provider_that_speaks_the_same_format_is_taken(provider: str, field: str):
    kept = {"details": [{"type": "reasoning.text", "text": "Hm."}]} if field == "details" else {"field": field}
    kept = {"parts": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]} if field == "parts" else kept
    call = ToolCall("call00001", "weather", {"city": "Oslo"})
    answer = Message.assistant([Reasoning("Hm.", extra={"chat": kept}), Text("Looking."), call])
    history = [Message.user("x"), answer, Message.tool([ToolOutput(call.id, "weather", (Text("Sun"),))])]
    for model in MODELS[provider]:
        agent, transport = agent_of(provider, model, Kind(needs_tools=True))
        assert (await agent.prompt("So?", history=history)).text
        assert transport.refused == [], f"{model}: {transport.refused}"
