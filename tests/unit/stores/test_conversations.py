"""What every place that keeps conversations must do."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
from pathlib import Path

import pytest

from staysail import ConfigError, Conversations, Image, Message, StoreError, Text, ToolCall, ToolFS, ToolOutput
from staysail.agent.exchanges import unpaired
from staysail.core.memory_records import MemoryRecords
from staysail.stores.conversations import QUESTION

HELLO = [Message.user("Hello there, crew"), Message.assistant("Ahoy.")]
LOOK = [
    Message.user([Text("Look: 見て"), Image(data=b"\x89PNG", media_type="image/png")]),
    Message.assistant([Text("Looking."), ToolCall("c", "look", {"at": "sea"}), ToolCall("d", "look", {})]),
    Message.tool([ToolOutput("c", "look", (Text("calm"),)), ToolOutput("d", "look", (Text("boom"),), is_error=True)]),
    Message.assistant("A calm sea."),
]


class Ticking:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def in_memory(folder: Path) -> Conversations:
    return Conversations(":memory:", now=Ticking())


def in_directory(folder: Path) -> Conversations:
    return Conversations(folder / "chats", now=Ticking())


def in_toolfs(folder: Path) -> Conversations:
    toolfs = ToolFS(":memory:")
    toolfs.mount("/toolfs/data")
    session = toolfs.session("chat", {"/toolfs/data/chats": "read write list delete"})
    store = Conversations.in_toolfs(toolfs, session, "/toolfs/data/chats")
    store._now = Ticking()
    return store


@pytest.fixture(params=[in_memory, in_directory, in_toolfs])
async def store(request, tmp_path):
    opened = request.param(tmp_path)
    yield opened
    await opened.close()


async def test_what_was_appended_is_loaded_in_order(store):
    await store.append("a", HELLO)
    await store.append("a", LOOK)
    await store.append("b", ["Only text"])
    loaded = await store.load("a")
    assert loaded.messages == (*HELLO, *LOOK)
    assert loaded.problems == ()
    assert (loaded.info.id, loaded.info.title, loaded.info.messages) == ("a", "Hello there, crew", 6)
    assert loaded.info.created_at < loaded.info.updated_at


async def test_one_that_is_not_there_is_empty_and_nothing_begins_with_nothing(store):
    assert (await store.load("none")).messages == ()
    await store.append("none", [])
    assert await store.list() == []


async def test_the_list_tells_the_last_used_first(store):
    await store.append("a", HELLO)
    await store.append("b/../c %2F.", [Message.user("Two\nlines " + "long " * 50)])
    await store.append("a", HELLO)
    infos = await store.list()
    assert [(info.id, info.messages) for info in infos] == [("a", 4), ("b/../c %2F.", 1)]
    assert infos[1].title == "Two"
    assert len(await store.list()) == 2


async def test_a_title_can_be_changed_and_is_short(store):
    await store.append("a", HELLO)
    await store.rename("a", "  A   better\nname ")
    assert (await store.load("a")).info.title == "A better name"
    await store.append("a", LOOK)
    assert [info.title for info in await store.list()] == ["A better name"]
    await store.rename("a", "x" * 500)
    assert len((await store.list())[0].title) == 80
    with pytest.raises(ConfigError, match="empty"):
        await store.rename("a", "  ")
    with pytest.raises(StoreError, match="no conversation 'b'"):
        await store.rename("b", "x")


async def test_search_finds_messages_with_every_word_whatever_the_case(store):
    await store.append("a", HELLO)
    await store.append("b", LOOK)
    assert [(hit.id, hit.at, hit.role) for hit in await store.search("CREW hello")] == [("a", 0, "title"), ("a", 0, "user")]
    [title, hit] = await store.search("見て")
    assert (title.role, hit.excerpt) == ("title", "Look: 見て")
    assert [hit.at for hit in await store.search("calm")] == [3]
    assert await store.search("calm crew") == []
    assert await store.search("   ") == []
    await store.append("c", [Message.user("word " * 100 + "needle " + "word " * 100)])
    [found] = await store.search("needle")
    assert found.excerpt.startswith("… word")
    assert "needle" in found.excerpt
    assert len(found.excerpt) < 160


async def test_a_fork_is_a_copy_up_to_a_message_and_then_its_own(store):
    await store.append("a", HELLO)
    await store.append("a", LOOK)
    await store.put_note("a", "summaries", [{"text": "n"}])
    fork = await store.fork("a", 2, title="Other")
    assert (await store.load(fork)).messages == tuple(HELLO)
    assert (await store.load(fork)).info.forked_from == "a"
    assert (await store.load(fork)).info.title == "Other"
    assert await store.get_note(fork, "summaries") == [{"text": "n"}]
    await store.append(fork, [Message.user("Else")])
    assert len((await store.load("a")).messages) == 6
    assert (await store.load(await store.fork("a"))).messages == (*HELLO, *LOOK)
    assert len((await store.load(await store.fork("a", 4))).messages) == 3, "moved back to before the calls, as 4 parts them from results"
    assert (await store.load(await store.fork("a", 0))).messages == ()
    with pytest.raises(StoreError, match="no conversation 'z'"):
        await store.fork("z")


async def test_what_is_deleted_is_gone_with_all_that_belongs_to_it(store):
    await store.append("a", HELLO)
    await store.append("ab", HELLO)
    await store.put_note("a", "summaries", 1)
    await store.delete("a")
    await store.delete("never was")
    assert [info.id for info in await store.list()] == ["ab"]
    assert (await store.load("a")).messages == ()
    assert await store.get_note("a", "summaries") is None
    assert [key for key in await store._records.keys("") if "/a" in key and "/ab" not in key] == []


async def test_an_export_goes_through_text_into_another_store(store, tmp_path):
    await store.append("a", HELLO)
    await store.append("a", LOOK)
    await store.append("b", ["Only text"])
    text = json.dumps(await store.export())
    other = Conversations(tmp_path / "other")
    assert sorted(await other.import_(text)) == ["a", "b"]
    assert [info.to_dict() for info in await other.list()] == [info.to_dict() for info in await store.list()]
    assert (await other.load("a")).messages == (*HELLO, *LOOK)
    await other.close()


async def test_what_is_here_already_does_not_come_in_twice(store, tmp_path):
    other = Conversations(tmp_path / "other")
    await store.append("a", HELLO)
    await store.fork("a", title="A copy")
    before = await store.export()
    [empty] = await store.import_({**before, "conversations": [{"title": "Empty", "messages": []}]})
    both = await store.export()
    for _ in range(2):
        assert len(await store.import_(both)) == 3
        assert await store.export() == both
    await other.import_(before)
    await other.append("a", LOOK)
    assert await store.import_(await other.export("a")) == ["a"], "it went on elsewhere"
    assert (await store.load("a")).messages == (*HELLO, *LOOK)
    assert (await store.import_(before))[0] in [info.id for info in await store.list()], "it went on since"
    assert (await store.load("a")).messages == (*HELLO, *LOOK)
    assert (await store.load(empty)).messages == ()
    await other.replace("a", 0, ["Something else."])
    for _ in range(2):
        [copy] = await store.import_(await other.export("a"))
        assert copy != "a"
        assert [message.text for message in (await store.load(copy)).messages] == ["Something else."]
        assert len(await store.list()) == 4
    await other.close()


async def test_a_question_begins_a_conversation_that_a_fork_does_not_get(store):
    await store.put_note("a", QUESTION, "{}", begin=[Message.user("Why?\nTell me.")])
    [info] = await store.list()
    assert (info.title, info.messages) == ("Why?", 0)
    await store.append("a", HELLO)
    await store.put_note("a", QUESTION, "[]", begin=[Message.user("Other")])
    await store.put_note("b", QUESTION, "{}")
    assert [info.title for info in await store.list()] == ["Why?"]
    assert await store.get_note("a", QUESTION) == "[]"
    assert await store.get_note(await store.fork("a"), QUESTION) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("{", "not JSON"),
        ({}, "format"),
        ({"format": "staysail-conversations", "version": 2, "conversations": []}, "another version"),
        ({"format": "staysail-conversations", "version": 1, "conversations": [{"messages": HELLO[:1]}, {}]}, "list of"),
        ({"format": "staysail-conversations", "version": 1, "conversations": [{"messages": [{"role": "pirate"}]}]}, "role"),
        ({"format": "staysail-conversations", "version": 1, "conversations": [{"messages": [LOOK[1].to_dict()]}]}, "stands alone"),
    ],
)
async def test_what_is_no_export_is_refused_whole(store, data, why):
    with pytest.raises(ConfigError, match=why):
        await store.import_(data)
    assert await store.list() == []


@pytest.mark.parametrize("id", ["", "x" * 151, 7])
async def test_an_id_that_is_none_is_refused(store, id):
    with pytest.raises(ConfigError, match="id is a text"):
        await store.append(id, HELLO)


async def test_a_call_without_its_result_is_refused(store):
    with pytest.raises(ConfigError, match="'c' stands alone"):
        await store.append("a", LOOK[:2])


async def test_many_that_append_at_once_all_get_their_place(store):
    await asyncio.gather(*(store.append("a", [Message.user(f"{n}"), Message.assistant(f"re {n}")]) for n in range(20)))
    messages = (await store.load("a")).messages
    assert sorted(int(message.text) for message in messages[::2]) == list(range(20))
    assert [f"re {message.text}" for message in messages[::2]] == [message.text for message in messages[1::2]]


async def test_what_is_damaged_is_told_and_the_rest_is_readable(store):
    for n in range(4):
        await store.append("a", [Message.user(f"Question {n}"), Message.assistant("ok")])
    keys = sorted(await store._records.keys("entry/a/"))
    [data] = await store._records.get([keys[1]])
    damaged = {keys[0]: b"", keys[1]: data.replace(b"Question 1", b"Question 9"), keys[2]: data[:30], "head/a": b"{"}
    await store._records.commit(damaged)
    loaded = await store.load("a")
    assert [message.text for message in loaded.messages] == ["Question 3", "ok"]
    assert len(loaded.problems) == 4
    assert sum("damaged" in problem for problem in loaded.problems) == 4
    assert [info.title for info in await store.list()] == ["a"]
    await store.append("a", HELLO)
    assert len((await store.load("a")).messages) == 4


async def test_appending_writes_what_is_new_and_no_more():
    class Counting(MemoryRecords):
        written = 0

        async def commit(self, puts, deletes=()):
            self.written = sum(map(len, puts.values()))
            await super().commit(puts, deletes)

        async def scan(self, prefix):
            raise AssertionError("an append reads no messages")

    records = Counting()
    store = Conversations(records)
    await store.append("a", HELLO)
    await store.append("a", HELLO)
    early = records.written
    for _ in range(300):
        await store.append("a", HELLO)
    assert records.written == early


class Counting(MemoryRecords):
    """Counts the keys that it returns."""

    returned = 0

    async def keys(self, prefix):
        found = await super().keys(prefix)
        self.returned += len(found)
        return found


async def test_appending_to_a_long_conversation_reads_few_keys():
    records = Counting()
    store, other = Conversations(records), Conversations(records)
    for _ in range(500):
        await store.append("a", HELLO)
    records.returned = 0
    await store.append("a", HELLO)
    assert records.returned <= 10
    for _ in range(35):
        await other.append("a", HELLO)
    records.returned = 0
    await store.append("a", HELLO)
    assert records.returned <= 50


@pytest.mark.parametrize("seed", range(20))
async def test_two_stores_of_the_same_records_append_cut_and_replace_in_one_order(seed: int):
    chance, records = random.Random(seed), MemoryRecords()
    stores = [Conversations(records) for _ in range(2)]
    expected: list[str] = []
    for turn in range(120):
        store, kind = chance.choice(stores), chance.random()
        at = chance.randint(max(0, len(expected) - 25), len(expected))
        said = [str((turn, part)) for part in range(chance.randint(1, 3))]
        messages = [Message.user(text) for text in said]
        if kind < 0.1:
            await store.cut("a", at)
            del expected[at:]
        elif kind < 0.2:
            await store.replace("a", at, messages)
            expected[at:] = said
        else:
            await store.append("a", messages)
            expected += said
    for store in stores:
        assert [message.text for message in (await store.load("a")).messages] == expected


class Dying(MemoryRecords):
    """Writes so many records of a commit, then dies, as a file system may."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes

    async def commit(self, puts, deletes=()):
        for key, data in puts.items():
            await self._one({key: data}, ())
        for key in deletes:
            await self._one({}, (key,))

    async def _one(self, puts, deletes):
        if self.left == 0:
            raise StoreError("died")
        self.left -= 1
        await super().commit(puts, deletes)


@pytest.mark.parametrize("writes", range(14))
async def test_a_crash_between_any_two_writes_leaves_whole_exchanges(writes: int):
    records = Dying(writes)
    store = Conversations(records)
    try:
        await store.append("a", HELLO)
        await store.append("a", LOOK)
        await store.put_note("a", "summaries", 1)
        fork = await store.fork("a")
        await store.import_(await store.export("a"))
        await store.delete("a")
        await store.append(fork, HELLO)
    except StoreError:
        pass
    records.left = -1
    for info in await store.list():
        loaded = await store.load(info.id)
        assert loaded.problems == ()
        assert loaded.messages in ((), tuple(HELLO), (*HELLO, *LOOK), (*HELLO, *LOOK, *HELLO))
        assert unpaired(loaded.messages) == []
        assert info.messages == len(loaded.messages)


def _append_many(folder: str, name: str) -> None:
    async def work() -> None:
        store = Conversations(folder)
        for n in range(15):
            await store.append("a", [Message.user(f"{name} {n}"), Message.assistant("ok")])
        await store.close()

    asyncio.run(work())


async def test_processes_that_append_to_one_conversation_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(str(tmp_path), name)) for name in ("ann", "bob")]
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.join, 120)
        assert worker.exitcode == 0
    store = Conversations(tmp_path)
    said = [message.text for message in (await store.load("a")).messages if message.role == "user"]
    numbers = [int(key.rpartition("/")[2].partition("-")[0]) for key in sorted(await store._records.keys("entry/a/"))]
    await store.close()
    assert numbers == list(range(1, 31)), "each waited for the other"
    for name in ("ann", "bob"):
        assert [text for text in said if text.startswith(name)] == [f"{name} {n}" for n in range(15)]


async def test_messages_are_replaced_together_with_notes(store):
    await store.append("a", HELLO)
    await store.append("a", LOOK)
    await store.replace("a", 2, [Message.user("Or not?"), Message.assistant("No.")], notes={"versions": "[1]"})
    loaded = await store.load("a")
    assert [message.text for message in loaded.messages] == ["Hello there, crew", "Ahoy.", "Or not?", "No."]
    assert await store.get_note("a", "versions") == "[1]"
    await store.append("a", HELLO)
    assert [message.text for message in (await store.load("a")).messages][3:] == ["No.", "Hello there, crew", "Ahoy."]
    copy = await store.fork("a")
    assert await store.get_note(copy, "versions") == "[1]"
    with pytest.raises(ConfigError):
        await store.replace("a", 0, LOOK[:2])
    assert len((await store.load("a")).messages) == 6
    await store.replace("unknown", 0, [], notes={"versions": "[1]"})
    assert "unknown" not in [found.id for found in await store.list()]
    assert await store.get_note("unknown", "versions") is None
