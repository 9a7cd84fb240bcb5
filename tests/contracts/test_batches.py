"""Batches: given once, asked again by their id, answered in the order of the prompts, on every provider that has them."""

import json
from typing import Any

import pytest

from staysail import Agent, BadRequestError, ConfigError, Message, StaysailError, load_model, provider_names, tool, web_search
from tests.rules import RulesTransport

MODELS = {
    "openai": "gpt-6-sol",
    "openai-chat": "gpt-6-sol",
    "anthropic": "claude-opus-5-5",
    "gemini": "gemini-3.8-flash",
    "mistral": "mistral-large-4",
    "groq": "openai/gpt-oss-120b",
}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
everywhere = pytest.mark.parametrize("provider", MODELS)


def agent(transport: RulesTransport, **options: Any) -> Agent:
    name = transport.provider
    return Agent(load_model(f"{name}:{MODELS[name]}", api_key="k", transport=transport), **options)


def test_every_provider_with_batches_is_tried():
    assert {*provider_names("batches")} == {*MODELS}


@everywhere
async def test_a_batch_is_given_and_answered(provider: str):
    transport = RulesTransport(provider)
    batch = await agent(transport, preamble="Be brief.", reasoning="low").batch(["One?", Message.user("Two?"), "Three?"])
    assert (await batch.state()).phase == "running"
    with pytest.raises(ConfigError, match="still running"):
        await (await agent(RulesTransport(provider)).batch(["One?"])).replies()
    state = await batch.state()
    assert (state.phase, state.total, state.answered, state.failed) == ("done", 3, 3, 0)
    replies = await batch.replies()
    assert [reply.text for reply in replies] == ["Hello."] * 3
    assert [reply.messages[-2].text for reply in replies] == ["One?", "Two?", "Three?"]
    assert all(reply.usage.input_tokens for reply in replies)


@everywhere
async def test_a_reload_goes_on_with_it(provider: str):
    transport = RulesTransport(provider)
    batch = await agent(transport).batch(["One?", "Two?"])
    saved = json.loads(json.dumps(batch.to_dict()))
    again = agent(transport).open_batch(saved)
    await again.wait(poll_s=0.0)
    assert [reply.messages[-2].text for reply in await again.replies()] == ["One?", "Two?"]
    by_id = agent(transport).open_batch(batch.id)
    assert [reply.text for reply in await by_id.replies()] == ["Hello.", "Hello."]


@everywhere
async def test_typed_answers_are_read(provider: str):
    transport = RulesTransport(provider)
    batch = await agent(transport, output_type=CITY).batch(["One?", "Two?"])
    await batch.wait(poll_s=0.0)
    assert [reply.output for reply in await batch.replies()] == [{"city": "x"}] * 2


@everywhere
async def test_a_request_that_fails_is_an_error_in_its_place(provider: str):
    transport = RulesTransport(provider)
    model = load_model(f"{provider}:no-such-model", api_key="k", transport=transport)
    batch = await Agent(model).batch(["One?", "Two?"])
    await batch.wait(poll_s=0.0)
    replies = await batch.replies()
    assert len(replies) == 2
    assert all(isinstance(reply, StaysailError) for reply in replies)
    assert {getattr(reply, "status", 0) for reply in replies} <= {400, 404}


@everywhere
async def test_a_batch_is_cancelled(provider: str):
    batch = await agent(RulesTransport(provider)).batch(["One?"])
    await batch.cancel()
    assert (await batch.state()).phase in ("cancelled", "done")


@everywhere
async def test_what_a_model_does_not_get_is_told(provider: str):
    transport = RulesTransport(provider)
    batch = await agent(transport, temperature=0.5).batch(["One?"])
    assert len(batch.warnings) == (1 if provider in ("openai", "openai-chat", "anthropic", "gemini") else 0)


async def test_what_a_batch_cannot_do_is_refused_at_once():
    @tool
    def weather(city: str) -> str:
        """Weather."""
        return city

    with pytest.raises(ConfigError, match="runs no tools"):
        await agent(RulesTransport("openai"), tools=[weather]).batch(["x"])
    with pytest.raises(ConfigError, match="at least one"):
        await agent(RulesTransport("openai")).batch([])
    with pytest.raises(ConfigError, match="cohere has no batches"):
        await Agent(load_model("cohere:m", api_key="k")).batch(["x"])
    with pytest.raises(ConfigError, match="is of openai:m"):
        agent(RulesTransport("openai")).open_batch({"id": "b", "model": "openai:m"})
    assert await agent(RulesTransport("openai"), tools=[web_search()]).batch(["x"])


async def test_an_unknown_batch_is_an_error():
    with pytest.raises((BadRequestError, StaysailError), match="No such"):
        await agent(RulesTransport("openai")).open_batch("batch_9").state()
