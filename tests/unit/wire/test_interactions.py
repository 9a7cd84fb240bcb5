"""Gemini's Interactions: what is kept at the provider, and what an answer's steps become."""

from typing import Any

import pytest

from staysail import Agent, CompletionRequest, Image, Message, load_model
from staysail.core.messages import Opaque
from staysail.wire.answer import parse_whole
from staysail.wire.interactions import WIRE
from tests.rules import RulesTransport


def agent(transport: RulesTransport, **params: Any) -> Agent:
    return Agent(load_model("gemini-interactions:gemini-3.8-flash", api_key="k", transport=transport), additional_params=params)


async def test_nothing_is_kept_at_the_provider_unless_asked_for():
    transport = RulesTransport("gemini-interactions")
    reply = await agent(transport).prompt("Hello?")
    await agent(transport).prompt("And?", history=reply.messages)
    await agent(transport, store=True).prompt("Hello?")
    assert [body.get("store") for body in transport.bodies] == [False, False, True]
    assert len(transport.bodies[1]["input"]) > len(transport.bodies[0]["input"])


async def test_auto_goes_on_from_the_last_interaction_of_the_history():
    transport = RulesTransport("gemini-interactions")
    first = await agent(transport, previous_interaction_id="auto", store=True).prompt("Hello?")
    await agent(transport, previous_interaction_id="auto", store=True).prompt("And?", history=first.messages)
    assert "previous_interaction_id" not in transport.bodies[0]
    assert transport.bodies[1]["previous_interaction_id"] == "v1_1"
    assert transport.bodies[1]["input"] == [{"type": "user_input", "content": [{"type": "text", "text": "And?"}]}]


def test_a_picture_is_a_part_and_goes_back_as_it_came():
    picture = {"type": "image", "mime_type": "image/png", "data": "iVBORw0KGgo="}
    steps = [{"type": "model_output", "content": [{"type": "text", "text": "Here."}, picture]}]
    message = parse_whole(WIRE, {"id": "v", "status": "completed", "steps": steps}, None).message
    assert [type(part).__name__ for part in message.content] == ["Text", "Image"]
    assert isinstance(message.content[1], Image)
    body = WIRE.render(
        CompletionRequest([Message.user("Draw."), message, Message.user("Again.")]), "gemini-3.8-flash", None, streamed=False
    )
    assert {"type": "model_output", "content": [picture]} in body["input"]


@pytest.mark.parametrize(("status", "finish"), [("completed", "stop"), ("incomplete", "length"), ("budget_exceeded", "length")])
def test_a_status_is_a_finish_reason(status: str, finish: str):
    whole = {"id": "v", "status": status, "steps": [{"type": "model_output", "content": [{"type": "text", "text": "x"}]}]}
    assert parse_whole(WIRE, whole, None).finish_reason == finish


def test_what_a_hosted_tool_did_goes_back_as_it_came():
    steps = [
        {"type": "google_search_call", "id": "h", "arguments": {"queries": ["x"]}, "signature": "s"},
        {"type": "google_search_result", "call_id": "h", "result": [], "signature": "s"},
    ]
    message = parse_whole(WIRE, {"id": "v", "status": "completed", "steps": steps}, None).message
    assert all(isinstance(part, Opaque) for part in message.content)
    body = WIRE.render(CompletionRequest([Message.user("x"), message, Message.user("y")]), "gemini-3.8-flash", None, streamed=False)
    assert body["input"][1:3] == steps
