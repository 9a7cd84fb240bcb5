"""Conversations that the provider keeps: only on request, and then each request holds what the provider does not have yet."""

from typing import Any

import pytest

from staysail import Agent, Message, load_model, tool
from tests.rules import RulesTransport

both = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@tool
def weather(city: str) -> str:
    """Current weather."""
    return f"Sun in {city}"


def agent_of(model: str = "openai:gpt-6-sol", **options: Any) -> tuple[Agent, RulesTransport]:
    transport = RulesTransport(model.partition(":")[0])
    return Agent(load_model(model, api_key="k", transport=transport), tools=[weather], retry=False, **options), transport


async def ask(agent: Agent, prompt: str, streamed: bool, **options: Any) -> Any:
    if streamed:
        return [event async for event in agent.stream(prompt, **options)][-1].reply
    return await agent.prompt(prompt, **options)


def kinds(body: dict[str, Any]) -> list[str]:
    return [item.get("role") or item["type"] for item in body["input"]]


@both
@pytest.mark.parametrize("model", ["openai:gpt-6-sol", "xai:grok-4.7"])
async def test_nothing_is_kept_unless_the_caller_says_so(model: str, streamed: bool):
    agent, transport = agent_of(model)
    reply = await ask(agent, "Use weather.", streamed)
    await ask(agent, "And now?", streamed, history=reply.messages)
    assert transport.refused == []
    assert [body["store"] for body in transport.bodies] == [False] * 3
    assert all("reasoning.encrypted_content" in body["include"] for body in transport.bodies)
    thought = [item for item in transport.bodies[-1]["input"] if item.get("type") == "reasoning"]
    assert thought
    assert all(item["encrypted_content"] for item in thought)


@both
async def test_the_last_response_is_gone_on_from_with_what_came_after_it(streamed: bool):
    agent, transport = agent_of(additional_params={"store": True, "previous_response_id": "auto"})
    reply = await ask(agent, "Use weather.", streamed)
    await ask(agent, "And now?", streamed, history=reply.messages)
    assert transport.refused == []
    first, second, third = transport.bodies
    assert [body["store"] for body in transport.bodies] == [True] * 3
    assert [kinds(body) for body in transport.bodies] == [["user"], ["function_call_output"], ["user"]]
    ids = [message.extra["responses"]["id"] for message in reply.messages if message.role == "assistant"]
    assert "previous_response_id" not in first
    assert [second["previous_response_id"], third["previous_response_id"]] == ids


async def test_a_response_that_is_named_stands_for_the_history_before_it():
    agent, transport = agent_of(additional_params={"previous_response_id": "resp_of_yesterday"})
    reply = await agent.prompt("Use weather.")
    assert reply.text
    # The response is not in the history, so the whole history follows it, and it is stored, or the next could not follow.
    assert [body["previous_response_id"] for body in transport.bodies] == ["resp_of_yesterday"] * 2
    assert all("store" not in body for body in transport.bodies)
    assert kinds(transport.bodies[1])[-1] == "function_call_output"


@both
async def test_a_conversation_at_the_provider_gets_what_is_new(streamed: bool):
    agent, transport = agent_of(additional_params={"conversation": "conv_1"})
    history = [Message.user("Hello."), Message.assistant("Hello.").replace(extra={"responses": {"id": "resp_0"}})]
    await ask(agent, "Use weather.", streamed, history=history)
    assert transport.refused == []
    assert [body["conversation"] for body in transport.bodies] == ["conv_1"] * 2
    assert [kinds(body) for body in transport.bodies] == [["user"], ["function_call_output"]]
