"""Cancels runs in every way that asyncio has. Run as a program by test_cancelling.py, and in Pyodide by tests/web/cancelling.test.mjs."""
# ruff: noqa: BLE001, E722, PT017, PT018

import asyncio

from staysail import Agent, ToolCall, tool
from staysail.testing import ScriptedModel

LIMIT_S = 0.2


@tool
async def wait() -> str:
    "Waits."
    await asyncio.sleep(60)
    return ""


def agent():
    return Agent(ScriptedModel(["first", ToolCall("1", "wait", {}), "late"], repeat=True), tools=[wait])


async def main():
    used = agent()
    await used.prompt("One.")
    try:  # a limit around a run is asyncio's own
        async with asyncio.timeout(LIMIT_S):
            await used.prompt("Two.")
    except TimeoutError as error:
        assert type(error.__cause__) is asyncio.CancelledError, error.__cause__
        assert [message.role for message in error.__cause__.history] == ["user", "assistant", "tool"], error.__cause__.history
        assert error.__cause__.usage.total_tokens == 2
    used = agent()
    await used.prompt("One.")
    try:
        await asyncio.wait_for(used.prompt("Two."), LIMIT_S)
    except TimeoutError:
        pass
    else:
        raise AssertionError("no timeout")

    tries = 0
    used = agent()
    await used.prompt("One.")

    async def again():  # a loop that takes every failure for a reason to try again
        nonlocal tries
        while True:
            tries += 1
            try:
                return await used.prompt("Two.")
            except Exception:
                await asyncio.sleep(0)

    try:
        async with asyncio.timeout(LIMIT_S):
            await again()
    except TimeoutError:
        pass
    assert tries == 1, tries

    used = agent()
    await used.prompt("One.")
    task = asyncio.create_task(used.prompt("Two."))
    await asyncio.sleep(LIMIT_S)
    task.cancel("enough")
    try:
        await task
    except asyncio.CancelledError as error:
        assert error.args == ("enough",)
        assert error.history and error.usage
    assert task.cancelled()
    used = agent()
    await used.prompt("One.")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(used.prompt("Two."))
        await asyncio.sleep(LIMIT_S)
        task.cancel()
    assert task.cancelled()  # and the group is no failure

    @tool
    async def deaf() -> str:
        "Catches everything."
        try:
            await asyncio.sleep(60)
        except:
            return "late"

    model = ScriptedModel([ToolCall("1", "deaf", {}), "late"])
    try:
        async with asyncio.timeout(LIMIT_S):
            await Agent(model, tools=[deaf]).prompt("Go.")
    except TimeoutError as error:
        assert [message.role for message in error.__cause__.history] == ["user", "assistant", "tool"]
    else:
        raise AssertionError("no timeout")
    assert len(model.requests) == 1


@tool
async def cancel_in_every_way() -> str:
    """Cancels runs in every way."""
    await main()
    return "done"


if __name__ == "__main__":
    asyncio.run(main())
    print("done")
