"""Cancelling is Python's own, on every version that there is here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("cancelling.py")


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
    done = subprocess.run([python, PROGRAM], capture_output=True, text=True, timeout=60)
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
