import asyncio

import pytest

from staysail import Agent, ConfigError, ToolCall, tool
from staysail.core.waiting import blocking, drive, timeout
from staysail.testing import ScriptedModel


async def test_a_limit_raises_timeout_error_inside_and_none_does_not():
    with pytest.raises(TimeoutError):
        async with timeout(0.01):
            await asyncio.Event().wait()
    async with timeout(None), timeout(60):
        await asyncio.sleep(0)


async def test_a_cancellation_from_outside_is_not_taken_for_the_limit():
    inside = asyncio.Event()

    async def wait() -> None:
        async with timeout(60):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(wait())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_of_two_limits_the_shorter_one_ends_it_and_the_longer_goes_on():
    async with timeout(60):
        with pytest.raises(TimeoutError):
            async with timeout(0.01):
                await asyncio.Event().wait()
        await asyncio.sleep(0)


def test_a_coroutine_that_never_waits_is_driven_without_a_loop():
    @tool
    def double(x: int) -> int:
        assert blocking.get()
        return 2 * x

    agent = Agent(
        ScriptedModel([[ToolCall("1", "double", {"x": 1}), ToolCall("2", "double", {"x": 2})], "done"]), tools=[double], timeout_s=9
    )
    reply = drive(agent.prompt("go"))
    assert [output.text for output in reply.messages[2].content] == ["2", "4"]
    assert not blocking.get()


def test_a_coroutine_that_would_wait_is_told_so():
    @tool
    async def waits() -> None:
        await asyncio.sleep(1)

    with pytest.raises((ConfigError, RuntimeError)):
        drive(Agent(ScriptedModel([ToolCall("1", "waits", {}), "done"], delay_s=0.01), tools=[waits]).prompt("go"))
    assert not blocking.get()
