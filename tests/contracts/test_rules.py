"""The rules server itself: what it refuses, in whose words, and that what it answers is read as what it says."""

import httpx
import pytest

from staysail import Agent, BadRequestError, ProviderError, ServerError, load_model, tool
from tests.rules import RulesTransport, provider_names, rules_box
from tests.server import TestServer

ANTHROPIC = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
CHAT = {"messages": [{"role": "user", "content": "x"}]}
CALLED = {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}
LONG_ID = {"role": "assistant", "tool_calls": [CALLED["tool_calls"][0] | {"id": "call_of_another_provider"}]}
GEMINI_CALL = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
GEMINI_RESULT = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}
PATHS = {
    "openai": "responses",
    "xai": "responses",
    "openrouter-responses": "responses",
    "anthropic": "messages",
    "cohere": "chat",
    "ollama": "chat",
    "gemini": "models/{model}:generateContent",
    "gemini-interactions": "interactions",
    "mistral-conversations": "conversations",
}
REFUSED = [
    ("openai", {"model": "gpt-6-sol", "input": "x", "temperature": 1}, "'temperature' is not supported with this model"),
    ("openai", {"model": "gpt-5.6", "input": "x", "temperature": 1}, "'temperature' is not supported with this model"),
    ("openai", {"model": "gpt-6.1-sol", "input": "x", "reasoning": {"effort": "none"}}, "Supported values are: 'low', 'medium'"),
    ("openai", {"model": "gpt-4.1-nano", "input": "x", "reasoning": {"effort": "low"}}, "'reasoning.effort' is not supported"),
    ("openai", {"model": "gpt-4.1-nano", "input": "x", "include": ["reasoning.encrypted_content"]}, "Encrypted content is not supported"),
    ("openai", {"model": "gpt-6-sol", "input": "x", "seed": 1}, "Unknown parameter: 'seed'"),
    (
        "openai",
        {
            "model": "gpt-6-sol",
            "store": False,
            "input": [{"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "x"}],
        },
        "Items are not persisted when `store` is set to false",
    ),
    (
        "openai",
        {"model": "gpt-6-sol", "input": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
        "Invalid value: 'input_audio'",
    ),
    ("openai-chat", CHAT | {"model": "gpt-5", "max_tokens": 9}, "Use 'max_completion_tokens' instead"),
    ("openai-chat", CHAT | {"model": "gpt-5", "temperature": 0}, "Only the default"),
    ("xai", {"model": "grok-4.20", "input": "x", "reasoning": {"effort": "low"}}, "reasoningEffort"),
    ("anthropic", ANTHROPIC | {"temperature": 0}, "`temperature` is deprecated for this model"),
    ("anthropic", ANTHROPIC | {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking.type.adaptive"),
    ("anthropic", ANTHROPIC | {"thinking": {"type": "disabled"}}, "thinking.type.disabled"),
    (
        "anthropic",
        ANTHROPIC | {"tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"}},
        'type "tool" and "any" are not supported',
    ),
    ("anthropic", ANTHROPIC | {"max_tokens": 128_001}, "which is the maximum allowed number of output tokens"),
    ("gemini", {"contents": [], "model": "gemini-3.8-flash"}, "contents is not specified"),
    ("gemini", {"contents": [{"role": "user", "parts": [{"text": "x"}]}, GEMINI_CALL, GEMINI_RESULT]}, "missing a thought_signature"),
    ("gemini-interactions", {"model": "gemini-4-argon", "input": "x", "generation_config": {"thinking_level": "minimal"}}, "MINIMAL"),
    ("deepseek", {"model": "deepseek-v4-pro", "messages": [*CHAT["messages"], CALLED]}, "`reasoning_content` in the thinking mode"),
    ("mistral", CHAT | {"model": "mistral-large-4", "stream_options": {}}, "Extra inputs are not permitted"),
    ("mistral", {"model": "m", "messages": [*CHAT["messages"], LONG_ID]}, "length of 9"),
    ("mistral-conversations", {"model": "mistral-large-4", "inputs": "x", "seed": 1}, "Extra inputs are not permitted"),
    (
        "mistral-conversations",
        {"model": "mistral-large-4", "inputs": "x", "completion_args": {"tool_choice": {"type": "function"}}},
        "Input should be 'auto', 'none', 'any' or 'required'",
    ),
    ("moonshot", CHAT | {"model": "kimi-k3", "temperature": 0.5}, "only 1 is allowed"),
    ("groq", CHAT | {"model": "llama-3.3-70b", "reasoning_effort": "low"}, "not supported with this model"),
    ("perplexity", {"model": "sonar", "messages": [*CHAT["messages"], *CHAT["messages"]]}, "should alternate"),
    ("cohere", CHAT | {"model": "command-a-03-2025", "thinking": {"type": "enabled"}}, "thinking is not supported"),
    ("ollama", CHAT | {"model": "llama3.2", "think": True}, "does not support thinking"),
]


@pytest.fixture(scope="module")
def server():
    with TestServer() as server:
        yield server


@pytest.mark.parametrize(("provider", "body", "words"), REFUSED, ids=[f"{one[0]}: {one[2][:30]}" for one in REFUSED])
def test_a_request_against_the_rules_is_refused_in_the_providers_words(server: TestServer, provider: str, body: dict, words: str):
    box = rules_box(server, provider)
    path = PATHS.get(provider, "chat/completions").format(model=body.get("model", "gemini-3.8-flash"))
    sent = {key: value for key, value in body.items() if provider != "gemini" or key != "model"}
    answer = httpx.post(f"{box.url}/{path}", json=sent, headers={"anthropic-version": "2023-06-01"})
    assert 400 <= answer.status_code < 500
    assert words in answer.text.replace('\\"', '"')


def test_the_newest_version_of_anthropic_knows_no_sampling_at_all(server: TestServer):
    box = rules_box(server, "anthropic")
    body = ANTHROPIC | {"model": "claude-sonnet-4-5", "temperature": 0.5}
    old, new = (httpx.post(f"{box.url}/messages", json=body, headers={"anthropic-version": v}) for v in ("2023-06-01", "2026-10-21"))
    assert (old.status_code, new.status_code) == (200, 400)


@tool
def weather(city: str) -> str:
    """Current weather."""
    return f"Sun in {city}"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", [name for name in provider_names() if name != "xai-chat"])
async def test_what_it_answers_is_read_as_what_it_says(provider: str, streamed: bool):
    transport = RulesTransport(provider)
    base = {"base_url": "https://provider.example/v1"} if provider in ("azure", "openai-compatible") else {}
    model = load_model(f"{provider}:some-model", api_key="k", transport=transport, **base)
    agent = Agent(model, tools=[weather] if model.traits.tools else [])
    if streamed:
        reply = [event async for event in agent.stream("Use weather, please.")][-1].reply
    else:
        reply = await agent.prompt("Use weather, please.")
    assert transport.refused == []
    assert reply.text == "Hello."
    assert len(reply.steps) == (2 if model.traits.tools else 1)
    assert reply.usage.input_tokens == 10 * len(reply.steps)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "cohere", "ollama", "mistral", "openrouter", "xai"])
async def test_a_models_name_says_what_becomes_of_a_request(provider: str):
    def model(name: str):
        return Agent(load_model(f"{provider}:{name}", api_key="k", transport=RulesTransport(provider)), retry=False)

    with pytest.raises(ProviderError, match="no-such-model"):
        await model("no-such-model").prompt("x")
    with pytest.raises(ServerError):
        await model("overloaded").prompt("x")
    with pytest.raises(BadRequestError):
        await model("tiny-context").prompt("x" * 2000)
