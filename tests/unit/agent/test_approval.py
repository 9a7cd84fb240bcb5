"""Tool calls that wait for a person's answer."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from staysail import (
    Agent,
    ApprovalNeeded,
    ApprovalRequest,
    Approve,
    ConfigError,
    GiveResult,
    Refuse,
    Reply,
    RunDone,
    Skip,
    ToolCall,
    ToolResult,
    tool,
)
from staysail.testing import ScriptedModel

done: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done():
    done.clear()


@tool(approval="always")
async def delete(path: str) -> str:
    """Deletes a file."""
    done.append(f"delete {path}")
    return f"{path} is gone"


@tool(approval=lambda args: args["amount"] > 100)
async def pay(amount: int) -> str:
    """Pays."""
    done.append(f"pay {amount}")
    return f"paid {amount}"


@tool
async def look() -> str:
    """Looks."""
    done.append("look")
    return "seen"


TOOLS = [delete, pay, look]
DELETE = ToolCall("d", "delete", {"path": "/a"})
LOOK = ToolCall("l", "look", {})


def agent_for(*answers: Any, **options: Any) -> Agent:
    return Agent(ScriptedModel(answers), tools=TOOLS, **options)


def told(reply: Reply) -> list[tuple[str, bool]]:
    """What the model was told of each call, in order."""
    return [(part.text, part.is_error) for message in reply.messages if message.role == "tool" for part in message.content]


async def drain(stream: Any) -> list:
    async with aclosing(stream) as events:
        return [event async for event in events]


async def test_a_run_pauses_as_a_value_and_goes_on_after_the_answer():
    agent = agent_for([DELETE, LOOK], "done")
    paused = await agent.prompt("clean up")
    assert paused.pending == (ApprovalRequest("d", "delete", {"path": "/a"}),)
    assert (paused.finish_reason, paused.text, done) == ("paused", "", ["look"])
    saved = json.loads(json.dumps(paused.to_dict()))
    assert saved["pending"] == [{"id": "d", "tool": "delete", "arguments": {"path": "/a"}, "uncertain": False, "expires_at": None}]
    reply = await agent.resume(saved["run"], approvals={"d": Approve()})
    assert reply.text == "done"
    assert told(reply) == [("/a is gone", False), ("seen", False)]
    assert done == ["look", "delete /a"]
    assert reply.pending == ()


@pytest.mark.parametrize(
    ("answer", "expected", "effects"),
    [
        (True, ("/a is gone", False), ["delete /a"]),
        (Approve({"path": "/b"}), ('The user changed the arguments to {"path": "/b"}.\n/b is gone', False), ["delete /b"]),
        ({"approve": True, "arguments": {"path": "/a"}}, ("/a is gone", False), ["delete /a"]),
        (Approve({"wrong": 1}), ('The user changed the arguments to {"wrong": 1}.\nbad arguments for delete: missing path', True), []),
        (False, ("The user refused this call.", True), []),
        (Refuse("I need it."), ("The user refused this call: I need it.", True), []),
        ({"refuse": "mine"}, ("The user refused this call: mine", True), []),
        (GiveResult({"gone": True}), ('{"gone": true}', False), []),
    ],
)
@pytest.mark.parametrize("in_process", [False, True])
async def test_every_answer_does_what_it_says(answer: Any, expected: tuple, effects: list, in_process: bool):
    agent = agent_for(DELETE, "ok")
    if in_process:
        reply = await agent.prompt("go", approve=lambda request: answer)
    else:
        reply = await agent.resume(await agent.prompt("go"), approvals={"d": answer})
    assert reply.text == "ok"
    text, is_error = told(reply)[0]
    assert text.startswith(expected[0].partition("missing")[0])
    assert is_error == expected[1]
    assert done == effects


async def test_a_function_of_the_arguments_decides_who_asks():
    calls = [ToolCall("1", "pay", {"amount": 5}), ToolCall("2", "pay", {"amount": 500}), ToolCall("3", "pay", {"amount": "x"})]
    paused = await agent_for(calls).prompt("go")
    assert [request.id for request in paused.pending] == ["2"]
    assert done == ["pay 5"]

    @tool(approval="never")
    async def free() -> str:
        return "free"

    assert (await Agent(ScriptedModel([ToolCall("1", "free", {}), "ok"]), tools=[free]).prompt("go")).text == "ok"
    with pytest.raises(ConfigError, match="approval of the tool bad is"):
        tool(name="bad", approval="sometimes")(lambda: None)  # type: ignore[call-overload]


@pytest.mark.parametrize("arguments", [{"amount": "500"}, {"amount": 500.0}], ids=str)
async def test_arguments_that_are_read_leniently_are_asked_about_too(arguments: dict):
    agent = Agent(ScriptedModel([ToolCall("p", "pay", arguments), "Paid."]), tools=TOOLS)
    reply = await agent.prompt("Pay.")
    assert reply.finish_reason == "paused"
    assert done == []


async def test_an_async_function_may_decide_too():
    async def ask_later(args: dict) -> bool:
        await asyncio.sleep(0)
        return args["path"] != "/tmp"

    @tool(approval=ask_later)
    async def erase(path: str) -> str:
        return "gone"

    calls = [ToolCall("1", "erase", {"path": "/tmp"}), ToolCall("2", "erase", {"path": "/"})]
    paused = await Agent(ScriptedModel([calls]), tools=[erase]).prompt("go")
    assert [request.id for request in paused.pending] == ["2"]


async def test_several_are_answered_one_by_one_and_the_rest_stays_pending():
    calls = [DELETE, DELETE.replace(id="e", arguments={"path": "/e"}), DELETE]
    agent = agent_for(calls, "ok")
    paused = await agent.prompt("go")
    assert [request.id for request in paused.pending] == ["d", "e", "d#2"]
    paused = await agent.resume(paused, approvals={"e": True})
    assert (done, [request.id for request in paused.pending]) == (["delete /e"], ["d", "d#2"])
    paused = await agent.resume(paused.run.to_dict(), approvals={"d#2": False})
    assert [request.id for request in paused.pending] == ["d"]
    with pytest.raises(ConfigError, match="no tool call 'x' waits for approval; those that do: d"):
        await agent.resume(paused, approvals={"x": True})
    reply = await agent.resume(paused, approvals={"d": Approve()})
    assert [text for text, _ in told(reply)] == ["/a is gone", "/e is gone", "The user refused this call."]
    assert reply.text == "ok"


async def test_a_stream_tells_of_the_question_and_ends_paused():
    agent = agent_for([DELETE, LOOK], "done")
    events = await drain(agent.stream("go"))
    kinds = [type(event) for event in events[-3:]]
    assert kinds == [ApprovalNeeded, ToolResult, RunDone]
    assert events[-3].to_dict()["request"]["tool"] == "delete"
    assert events[-1].reply.pending
    events = await drain(agent.resume_stream(events[-1].reply, {"d": True}))
    assert isinstance(events[0], ToolResult)
    assert events[-1].reply.text == "done"


async def test_an_answer_in_the_process_holds_up_nobody_else():
    asked, answered = asyncio.Event(), asyncio.Event()

    async def approve(request: ApprovalRequest) -> bool:
        asked.set()
        await answered.wait()
        return True

    agent = agent_for([DELETE, LOOK], "done", tool_concurrency=1)
    async with aclosing(agent.stream("go", approve=approve)) as events:
        seen: list = []
        async for event in events:
            seen.append(event)
            if isinstance(event, ToolResult):
                await asyncio.wait_for(asked.wait(), 5)
                answered.set()
    assert done == ["look", "delete /a"]
    assert seen[-1].reply.text == "done"


async def test_no_answer_yet_pauses_the_run():
    agent = agent_for(DELETE, "ok")
    paused = await agent.prompt("go", approve=lambda request: None)
    assert paused.pending
    assert (await agent.resume(paused, approve=lambda request: True)).text == "ok"


@pytest.mark.parametrize("in_process", [False, True])
async def test_who_does_not_answer_in_time_has_refused(in_process: bool):
    agent = agent_for(DELETE, "ok", approval_timeout_s=0.05)
    if in_process:
        reply = await agent.prompt("go", approve=lambda request: asyncio.Event().wait())
    else:
        paused = await agent.prompt("go")
        assert paused.pending[0].expires_at
        saved = json.loads(json.dumps(paused.run.to_dict()))
        await asyncio.sleep(0.06)
        reply = await agent.resume(saved)
    assert told(reply) == [("The user refused this call: nobody answered in time", True)]
    assert (reply.text, done) == ("ok", [])


async def test_what_approve_raises_ends_the_run_as_itself():
    def approve(request: ApprovalRequest) -> bool:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await agent_for(DELETE).prompt("go", approve=approve)
    with pytest.raises(ConfigError, match="an approval is answered with"):
        await agent_for(DELETE).prompt("go", approve=lambda request: "yes")


async def test_hooks_stand_between_the_answer_and_the_call():
    class Canned:
        async def before_tool(self, context: Any, call: ToolCall) -> Any:
            return Skip(f"as if {call.arguments['path']}")

    agent = agent_for(DELETE, "ok", hooks=Canned())
    paused = await agent.prompt("go")
    reply = await agent.resume(paused, {"d": Approve({"path": "/z"})})
    assert told(reply)[0][0].endswith("as if /z")
    assert done == []


async def test_a_paused_reply_may_be_dropped_and_its_history_gone_on_with():
    agent = agent_for(DELETE, "fine")
    paused = await agent.prompt("go")
    assert told(paused) == [("The run stopped before this tool answered.", True)]
    assert (await agent.prompt("Never mind.", history=paused.messages)).text == "fine"
    with pytest.raises(ConfigError, match="this reply is final"):
        await agent.resume(await agent_for("x").prompt("go"))
