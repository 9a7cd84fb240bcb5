"""One object, used from eight threads that each have an event loop of their own. STAYSAIL_EVERY=1: 1,000 operations each, ten times."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import threading

import pytest

from staysail import Agent, Conversations, Message, ToolFS, TraceStore, VectorStore, tool
from staysail.core.messages import ToolCall
from staysail.host.sqlite_records import SqliteRecords
from staysail.testing import ScriptedModel

from ..core.test_locks import THREADS, in_threads

EVERY = os.environ.get("STAYSAIL_EVERY") == "1"
TIMES = 1000 if EVERY else 12
ROUNDS = range(10 if EVERY else 1)
DIM = 8


def vector(number: int) -> list[float]:
    chance = random.Random(number)
    return [chance.gauss(0, 1) for _ in range(DIM)]


@pytest.mark.parametrize("name", [":memory:", "notes"])
@pytest.mark.parametrize("round", ROUNDS)
def test_a_vector_store_loses_no_update(name: str, round: int):
    store = VectorStore(name, dim=DIM)

    async def work(thread: int) -> None:
        for turn in range(TIMES):
            number = thread * TIMES + turn
            await store.upsert([{"id": f"{thread}-{turn}", "text": f"note {number}"}], vectors=[vector(number)])
            if turn % 4 == 0:
                await store.delete([f"{thread}-{turn}"])
            elif turn % 4 == 1:
                (hit,) = await store.search(vector(number), 1)
                assert hit.id == f"{thread}-{turn}"

    async def check(opened: VectorStore) -> None:
        kept = {f"{thread}-{turn}" for thread in range(THREADS) for turn in range(TIMES) if turn % 4}
        assert {*await opened.ids()} == kept
        for id in sorted(kept)[:: max(1, len(kept) // 50)]:
            thread, turn = map(int, id.split("-"))
            (hit,) = await opened.search(vector(thread * TIMES + turn), 1)
            assert (hit.id, hit.document) == (id, f"note {thread * TIMES + turn}")
        await opened.close()

    in_threads(work)
    asyncio.run(check(store))
    if name != ":memory:":
        asyncio.run(check(VectorStore(name)))


@pytest.mark.parametrize("kept", [":memory:", "chats"])
@pytest.mark.parametrize("round", ROUNDS)
def test_conversations_lose_no_message(kept: str, round: int):
    conversations = Conversations(kept)

    async def work(thread: int) -> None:
        for turn in range(TIMES):
            said = [Message.user(f"{thread} {turn}"), Message.assistant("yes")]
            await conversations.append("shared", said)
            await conversations.append(f"own {thread}", said)

    in_threads(work)
    for opened in (conversations, Conversations(kept)) if kept != ":memory:" else (conversations,):
        messages = asyncio.run(opened.load("shared")).messages
        for thread in range(THREADS):
            said = [message.text for message in messages if message.text.startswith(f"{thread} ")]
            assert said == [f"{thread} {turn}" for turn in range(TIMES)]
            assert len(asyncio.run(opened.load(f"own {thread}")).messages) == 2 * TIMES


@pytest.mark.parametrize("kept", [":memory:", "files"])
@pytest.mark.parametrize("round", ROUNDS)
def test_a_toolfs_loses_no_file_and_no_record(kept: str, round: int):
    toolfs = ToolFS(kept)
    toolfs.mount("/toolfs/data")
    session = toolfs.session("a", {"/toolfs/data": "*", "/toolfs/memory": "*"})

    async def work(thread: int) -> None:
        for turn in range(TIMES):
            await toolfs.write(f"/toolfs/data/{thread}/{turn}", f"{turn}", session)
            await toolfs.append("/toolfs/data/log", f"{thread} {turn}\n", session)
            assert await toolfs.read_text(f"/toolfs/data/{thread}/{turn}", session) == f"{turn}"

    async def check() -> None:
        lines = (await toolfs.read_text("/toolfs/data/log", session)).splitlines()
        assert sorted(lines) == sorted(f"{thread} {turn}" for thread in range(THREADS) for turn in range(TIMES))
        for thread in range(THREADS):
            assert len(await toolfs.list(f"/toolfs/data/{thread}", session)) == TIMES
        assert await toolfs.audit.verify() == []
        calls = [record for record in await toolfs.audit.records() if record["operation"] in ("write", "append")]
        assert len(calls) == 2 * THREADS * TIMES
        await toolfs.close()

    in_threads(work)
    assert session.calls == 3 * THREADS * TIMES
    asyncio.run(check())


@pytest.mark.parametrize("durable", [":memory:", "runs"])
@pytest.mark.parametrize("round", ROUNDS)
def test_one_agent_keeps_every_run(durable: str, round: int):
    effects: list[int] = []

    @tool
    def note(number: int) -> str:
        """Notes."""
        effects.append(number)
        return "noted"

    def answer(request):
        last = request.messages[-1]
        return "done" if last.role == "tool" or last.text == "" else ToolCall("1", "note", {"number": int(last.text)})

    agent = Agent(ScriptedModel([answer], repeat=True), tools=[note], durable=durable)
    times = max(1, TIMES // 4)
    before = {run.id for run in asyncio.run(agent.runs())}  # of the same process

    async def work(thread: int) -> None:
        for turn in range(times):
            reply = await agent.prompt(str(thread * times + turn))
            assert reply.text == "done"

    in_threads(work)
    assert sorted(effects) == list(range(THREADS * times))
    runs = [run for run in asyncio.run(agent.runs()) if run.id not in before]
    assert len(runs) == THREADS * times
    assert {run.state for run in runs} == {"done"}


def test_sync_prompts_in_threads_share_a_conversation_and_a_trace():
    traces, agent = TraceStore(":memory:"), Agent(ScriptedModel(["yes"], repeat=True), conversations=Conversations("chats"))

    async def work(thread: int) -> None:
        await asyncio.to_thread(agent.prompt_sync, f"from {thread}", conversation=f"c{thread}")
        agent.prompt_sync(f"again {thread}", conversation=f"c{thread}")
        await traces.export([])

    in_threads(work)
    for thread in range(THREADS):
        messages = asyncio.run(agent.settings.conversations.load(f"c{thread}")).messages
        assert [message.text for message in messages] == [f"from {thread}", "yes", f"again {thread}", "yes"]


@pytest.mark.parametrize("made", ["Conversations('s').list()", "ToolFS('s').snapshots.list()", "VectorStore('s').count()"])
def test_one_new_store_opened_by_many_processes_at_once_opens_in_each(made: str, tmp_path):
    program = f"import asyncio\nfrom staysail import *\nasync def main(): await {made}\nasyncio.run(main())"
    for _ in range(40 if EVERY else 1):
        folder = tmp_path / str(random.random())
        folder.mkdir()
        opened = [subprocess.Popen([sys.executable, "-c", program], cwd=folder, stderr=subprocess.PIPE) for _ in range(3)]
        assert [(process.communicate(timeout=60)[1], process.returncode) for process in opened] == [(b"", 0)] * 3


def test_a_store_that_another_process_writes_for_the_first_time_is_waited_for(tmp_path):
    other = sqlite3.connect(tmp_path / "records.sqlite", check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    commit = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    commit.start()
    assert asyncio.run(SqliteRecords(tmp_path).keys("")) == []  # "database is locked" at once, whatever SQLite's own time limit
    commit.join()
    other.close()
