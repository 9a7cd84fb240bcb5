"""Reasoning is requested from each provider in such a way that its text, or a summary of it, comes with the answer."""

from typing import Any

import pytest

from staysail import Agent, load_model
from tests.rules import RulesTransport

both = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])

# A model that reasons, and the field of the request that makes its reasoning visible.
VISIBLE = {
    "openai": ("gpt-6-sol", "reasoning", {"effort": "high", "summary": "auto"}),
    "anthropic": ("claude-opus-5-5", "thinking", {"type": "adaptive", "display": "summarized"}),
    "gemini": ("gemini-3-flash-preview", "generationConfig", {"thinkingConfig": {"thinkingLevel": "high", "includeThoughts": True}}),
    "gemini-interactions": ("gemini-3-flash-preview", "generation_config", {"thinking_level": "high", "thinking_summaries": "auto"}),
    "openrouter": ("openai/gpt-6-sol", "reasoning", {"effort": "high"}),
    "openrouter-responses": ("openai/gpt-6-sol", "reasoning", {"effort": "high", "summary": "auto"}),
    "deepseek": ("deepseek-v4-pro", "thinking", {"type": "enabled"}),
    "ollama": ("gpt-oss:20b", "think", "high"),
    "xai": ("grok-4.7", "reasoning", {"effort": "high"}),
    "mistral": ("mistral-large-4", "reasoning_effort", "high"),
    "mistral-conversations": ("mistral-large-4", "completion_args", {"reasoning_effort": "high"}),
    "groq": ("openai/gpt-oss-120b", "reasoning_format", "parsed"),
    "cohere": ("command-a-reasoning-08-2025", "thinking", {"type": "enabled"}),
    "moonshot": ("kimi-k2.6", "thinking", {"type": "enabled"}),
}


@both
@pytest.mark.parametrize("provider", VISIBLE)
async def test_reasoning_is_requested_so_that_it_can_be_seen(provider: str, streamed: bool):
    model, field, value = VISIBLE[provider]
    transport = RulesTransport(provider)
    agent = Agent(load_model(f"{provider}:{model}", api_key="k", transport=transport), reasoning="high", retry=False)
    events: list[Any] = []
    if streamed:
        events = [event async for event in agent.stream("Hello?")]
    reply = events[-1].reply if streamed else await agent.prompt("Hello?")
    assert transport.refused == []
    (body,) = transport.bodies
    sent = body[field]
    assert sent == (sent | value if isinstance(value, dict) else value)
    thought = "".join(part.text for part in reply.messages[-1].content if part.type == "reasoning")
    assert thought or provider == "xai", reply.messages[-1]
    if streamed:
        assert "".join(event.text for event in events if event.type == "reasoning_delta") == thought
