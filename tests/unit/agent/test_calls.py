import asyncio
import dataclasses
import datetime
import enum
import time
from contextvars import ContextVar
from typing import Any

import pytest

from staysail import Agent, Image, Text, ToolCall, ToolError, tool
from staysail.testing import ScriptedModel


async def results_of(calls: list[ToolCall], tools: list[Any], **options: Any) -> list:
    """What the model was told, in history's order."""
    model = ScriptedModel([calls, "done"])
    reply = await Agent(model, tools=tools, **options).prompt("go")
    assert [output.id for output in reply.messages[-2].content] == [call.id for call in calls]
    return list(reply.messages[-2].content)


class Mood(enum.Enum):
    GOOD = "good"


@dataclasses.dataclass
class Found:
    name: str
    when: datetime.date


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([Text("said")], "said"),
        ("text", "text"),
        (None, "null"),
        (3, "3"),
        ({"a": "ä"}, '{"a": "ä"}'),
        ([1, 2], "[1, 2]"),
        ((1, 2), "[1, 2]"),
        ({1}, "[1]"),
        (Mood.GOOD, '"good"'),
        (Found("a", datetime.date(2026, 1, 2)), '{"name": "a", "when": "2026-01-02"}'),
        (Text("part"), "part"),
        ({"content": [{"type": "text", "text": "as MCP has it"}]}, "as MCP has it"),
        ([], "[]"),
    ],
)
async def test_whatever_a_tool_returns_is_told_to_the_model(value: Any, told: str):
    (output,) = await results_of([ToolCall("1", "f", {})], [tool(name="f")(lambda: value)])
    assert (output.text, output.is_error) == (told, False)


async def test_pictures_come_back_as_pictures():
    (output,) = await results_of([ToolCall("1", "f", {})], [tool(name="f")(lambda: [Text("see"), Image(data=b"x")])])
    assert [part.type for part in output.content] == ["text", "image"]


@tool
def fail(kind: str) -> str:
    """Fails as told."""
    if kind == "told":
        raise ToolError("no such city; try Oslo")
    if kind == "circle":
        loop: list = []
        loop.append(loop)
        return loop  # type: ignore[return-value]
    raise KeyError(kind)


class Strict:
    """A tool that is no function."""

    name, description = "strict", ""
    parameters = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

    async def call(self, args: dict) -> int:
        return args["n"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (ToolCall("1", "nothing", {}), "there is no tool 'nothing'; the tools are: fail, strict"),
        (ToolCall("1", "fail", '{"kind": '), 'the arguments are not a JSON object: {"kind": '),
        (ToolCall("1", "fail", {}), "bad arguments for fail: missing kind"),
        (ToolCall("1", "fail", {"kind": "told"}), "no such city; try Oslo"),
        (ToolCall("1", "fail", {"kind": "x"}), "KeyError: 'x'"),
        (ToolCall("1", "fail", {"kind": "circle"}), "the result cannot be written as JSON: Circular reference detected"),
        (ToolCall("1", "strict", {"n": "x"}), "bad arguments for strict: n: expected integer"),
    ],
)
async def test_what_goes_wrong_with_a_tool_is_told_to_the_model_and_the_run_goes_on(call: ToolCall, said: str):
    (output,) = await results_of([call], [fail, Strict()])
    assert output.is_error
    assert said in output.text


async def test_a_tool_that_takes_too_long_is_given_up_and_the_others_are_not():
    @tool
    async def forever() -> None:
        await asyncio.Event().wait()

    @tool(timeout_s=60)
    async def quick() -> str:
        return "here"

    late, fine = await results_of([ToolCall("1", "forever", {}), ToolCall("2", "quick", {})], [forever, quick], tool_timeout_s=0.02)
    assert "forever did not answer within 0.02 s" in late.text
    assert (late.is_error, fine.is_error) == (True, False)


async def test_a_tools_own_timeout_error_is_told_as_its_own():
    @tool
    async def slow() -> None:
        raise TimeoutError("the database is slow")

    (output,) = await results_of([ToolCall("1", "slow", {})], [slow])
    assert output.text == "TimeoutError: the database is slow"


@pytest.mark.parametrize("concurrency", [1, 2, 8])
async def test_tools_run_side_by_side_up_to_the_limit_and_results_keep_the_order_of_the_calls(concurrency: int):
    running = most = 0
    turn = asyncio.Condition()
    finished: list[int] = []

    @tool
    async def work(n: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(12 - 2 * n):  # the later, the quicker
            await asyncio.sleep(0)
        running -= 1
        finished.append(n)
        async with turn:
            turn.notify_all()
        return n

    calls = [ToolCall(str(n), "work", {"n": n}) for n in range(6)]
    outputs = await results_of(calls, [work], tool_concurrency=concurrency)
    assert [output.text for output in outputs] == ["0", "1", "2", "3", "4", "5"]
    assert most == min(concurrency, 6)
    assert (finished == sorted(finished)) == (concurrency == 1)


async def test_ordinary_functions_run_side_by_side_in_threads():
    both = asyncio.Barrier(2)
    loop = asyncio.get_running_loop()

    @tool
    def meet(n: int) -> int:
        asyncio.run_coroutine_threadsafe(both.wait(), loop).result(5)
        return n

    outputs = await results_of([ToolCall("1", "meet", {"n": 1}), ToolCall("2", "meet", {"n": 2})], [meet])
    assert [output.text for output in outputs] == ["1", "2"]


user: ContextVar[str] = ContextVar("user")


async def test_runs_at_once_see_each_their_own_context():
    @tool
    def who_sync() -> str:
        return user.get()

    @tool
    async def who() -> str:
        await asyncio.sleep(0)
        return user.get()

    async def run(name: str) -> list[str]:
        user.set(name)
        outputs = await results_of([ToolCall("1", "who", {}), ToolCall("2", "who_sync", {})], [who, who_sync])
        return [output.text for output in outputs]

    names = [f"user{n}" for n in range(8)]
    assert await asyncio.gather(*map(run, names)) == [[name, name] for name in names]


async def test_a_tool_that_waits_for_something_cancelled_has_failed_and_the_run_goes_on():
    @tool
    async def waits() -> None:
        task = asyncio.ensure_future(asyncio.Event().wait())
        await asyncio.sleep(0)
        task.cancel()
        await task

    (output,) = await results_of([ToolCall("1", "waits", {})], [waits])
    assert output.is_error
    assert "cancelled" in output.text


async def test_the_time_a_tool_took_is_told():
    @tool
    def sleeps() -> None:
        time.sleep(0.02)

    reply = await Agent(ScriptedModel([ToolCall("1", "sleeps", {}), "done"]), tools=[sleeps]).prompt("go")
    assert reply.steps[0].tool_results[0].duration_s >= 0.02
