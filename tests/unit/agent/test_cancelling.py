"""Cancelling is Python's own, on every version that there is here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, sys
from staysail import Agent, RetryScheduled, RunCancelled, ToolCall, tool
from staysail.testing import ScriptedModel


@tool
async def wait() -> str:
    "Waits."
    await asyncio.sleep(60)
    return ""


def agent():
    return Agent(ScriptedModel(["first", ToolCall("1", "wait", {}), "late"], repeat=True), tools=[wait])


async def history_of(start):
    used = agent()
    await used.prompt("Go.")
    return used


async def main():
    used = agent()
    await used.prompt("One.")
    try:  # a limit around a run is asyncio's own
        async with asyncio.timeout(0.05):
            await used.prompt("Two.")
    except TimeoutError as error:
        assert type(error.__cause__) is asyncio.CancelledError, error.__cause__
        assert [message.role for message in error.__cause__.history] == ["user", "assistant", "tool"], error.__cause__.history
        assert error.__cause__.usage.total_tokens == 2
    used = agent()
    await used.prompt("One.")
    try:
        await asyncio.wait_for(used.prompt("Two."), 0.05)
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
        async with asyncio.timeout(0.05):
            await again()
    except TimeoutError:
        pass
    assert tries == 1, tries

    used = agent()
    await used.prompt("One.")
    task = asyncio.create_task(used.prompt("Two."))
    await asyncio.sleep(0.02)
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
        await asyncio.sleep(0.02)
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
        async with asyncio.timeout(0.05):
            await Agent(model, tools=[deaf]).prompt("Go.")
    except TimeoutError as error:
        assert [message.role for message in error.__cause__.history] == ["user", "assistant", "tool"]
    else:
        raise AssertionError("no timeout")
    assert len(model.requests) == 1


asyncio.run(main())
print("done")
"""


def interpreters() -> list[str]:
    found = {sys.executable}
    for version in ("3.12", "3.13", "3.14"):
        for candidate in (shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")):
            known = candidate and not sys.version.startswith(version) and "shims" not in str(candidate)
            if known and subprocess.run([candidate, "-c", ""], check=False).returncode == 0:
                found.add(str(candidate))
    return sorted(found)


@pytest.mark.parametrize("python", interpreters())
def test_a_cancelled_run_is_a_cancelled_task(python: str):
    done = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("done\n", "")


INTERRUPTED = """
import asyncio, os, signal, threading, time
from staysail import Agent, ToolCall, tool
from staysail.testing import ScriptedModel


@tool
async def wait() -> str:
    "Waits."
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    await asyncio.sleep(30)
    return ""


agent = Agent(ScriptedModel([ToolCall("1", "wait", {}), "late"]), tools=[wait])


async def cell():  # as a notebook runs it: a loop is there already
    agent.prompt_sync("Go.")


async def streaming_cell():
    for event in agent.stream_sync("Go."):
        pass


started = time.monotonic()
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    LOOP
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - started < 10)
"""


@pytest.mark.parametrize(
    "way",
    [
        "agent.prompt_sync('Go.')",
        "asyncio.new_event_loop().run_until_complete(cell())",
        "asyncio.new_event_loop().run_until_complete(streaming_cell())",
        "asyncio.run(cell())",  # takes the interrupt to cancel the task, and raises it when the task has ended
        "asyncio.run(streaming_cell())",
    ],
)
def test_an_interrupt_ends_prompt_sync_and_stream_sync_at_once(way: str):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.replace("LOOP", way)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "interrupted True\n", done.stderr
