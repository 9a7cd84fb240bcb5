"""Sampling: a server that uses the client's model."""

import asyncio

import pytest

from staysail import Agent, BadRequestError, ConfigError, McpServer, ToolCall, sample_with
from staysail.testing import ScriptedModel
from tests.mcp.misbehaving import misbehaving


async def sampled(params, answerer):
    """What the server is answered when it samples in the middle of a call, and what the client says that it can do."""
    replies = asyncio.Queue()

    async def ask(call):
        await call.stream()
        await call.event({"jsonrpc": "2.0", "id": "s1", "method": "sampling/createMessage", "params": params})
        reply = await replies.get()
        await call.event({"jsonrpc": "2.0", "id": call.id, "result": {"content": "done", "structuredContent": reply}})

    async def take(call):
        replies.put_nowait(call.message)
        await call.begin(202)

    async with (
        misbehaving({"tools/call": ask, "POST": take}) as server,
        McpServer(server.url, answerers={"sampling/createMessage": answerer}) as client,
    ):
        reply = (await client.call_tool("add")).structured
        greeting = next(call.message for call in server.calls if call.method == "initialize")
    return reply, greeting["params"]["capabilities"]


async def test_a_server_gets_a_completion_of_the_agents_model():
    model = ScriptedModel(["It is five."])
    params = {
        "messages": [
            {"role": "user", "content": {"type": "text", "text": "How deep?"}},
            {"role": "assistant", "content": {"type": "text", "text": "Where?"}},
            {"role": "user", "content": [{"type": "text", "text": "Here."}, {"type": "image", "data": "aGk=", "mimeType": "image/png"}]},
        ],
        "systemPrompt": "Be brief.",
        "maxTokens": 100_000,
        "temperature": 0.5,
        "modelPreferences": {"hints": [{"name": "claude"}]},
    }
    reply, capabilities = await sampled(params, sample_with(Agent(model), max_tokens=500))
    assert capabilities == {"sampling": {"tools": {}}}
    assert reply["result"] == {
        "role": "assistant",
        "content": {"type": "text", "text": "It is five."},
        "model": "scripted",
        "stopReason": "endTurn",
    }
    [request] = model.requests
    assert (request.preamble, request.max_tokens, request.temperature) == ("Be brief.", 500, 0.5)
    assert [(message.role, [part.type for part in message.content]) for message in request.messages] == [
        ("user", ["text"]),
        ("assistant", ["text"]),
        ("user", ["text", "image"]),
    ]


async def test_a_server_offers_the_model_tools_of_its_own():
    model = ScriptedModel([[ToolCall("c2", "sound", {"at": "bow"})]])
    params = {
        "messages": [
            {"role": "assistant", "content": {"type": "tool_use", "id": "c1", "name": "sound", "input": {"at": "stern"}}},
            {"role": "user", "content": {"type": "tool_result", "toolUseId": "c1", "content": [{"type": "text", "text": "5 m"}]}},
        ],
        "maxTokens": 50,
        "tools": [{"name": "sound", "inputSchema": {"type": "object", "properties": {"at": {"type": "string"}}}}],
        "toolChoice": {"mode": "required"},
    }
    reply, _ = await sampled(params, sample_with(model))
    assert reply["result"]["content"] == {"type": "tool_use", "id": "c2", "name": "sound", "input": {"at": "bow"}}
    assert reply["result"]["stopReason"] == "toolUse"
    [request] = model.requests
    assert [message.role for message in request.messages] == ["assistant", "tool"]
    assert (request.tools[0].name, request.tool_choice, request.max_tokens) == ("sound", "required", 50)


@pytest.mark.parametrize("params", [{}, {"messages": []}, {"messages": "hi"}, {"messages": [5, None]}, {"messages": [{"role": "user"}]}])
async def test_a_request_that_cannot_be_read_is_refused_without_a_call_of_the_model(params):
    model = ScriptedModel(["never"])
    reply, _ = await sampled(params, sample_with(model))
    assert reply["error"] == {"code": -32602, "message": "a sampling request needs messages"}
    assert not model.requests


async def test_a_person_decides_about_each_request():
    seen = []

    async def refuse(params):
        seen.append(params["maxTokens"])
        return False

    model = ScriptedModel(["never"])
    params = {"messages": [{"role": "user", "content": {"type": "text", "text": "Spend!"}}], "maxTokens": 9}
    reply, _ = await sampled(params, sample_with(model, approve=refuse))
    assert reply["error"] == {"code": -1, "message": "the user refused the sampling request"}
    assert seen == [9]
    assert not model.requests
    with pytest.raises(BadRequestError):
        await sample_with(model, approve=lambda params: False)(params)
    with pytest.raises(ConfigError, match="max_tokens"):
        sample_with(model, max_tokens=0)


async def test_a_fault_of_the_model_is_not_told_to_the_server():
    def fail(params):
        raise BadRequestError("sk-secret is not allowed gpt-6", provider="openai")

    reply, _ = await sampled({"messages": []}, fail)
    assert reply["error"] == {"code": -32603, "message": "BadRequestError"}
