"""The tree of files, against a dict of paths as the oracle."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail import CorruptionError, QuotaError, ToolFSError
from staysail.core.memory_records import MemoryRecords
from staysail.fs.blobs import Blobs
from staysail.fs.entry import hash_of
from staysail.fs.tree import TreeMount, used_by_trees

from .mount_contract import Oracle, do, whole
from .stores import DyingStore, LyingStore, PowerCut

# Few names, so that paths meet; one is the beginning of another.
paths = st.lists(st.sampled_from(["a", "ab", "b"]), min_size=1, max_size=3).map(tuple)
contents = st.sampled_from([b"", b"1", b"22", b"\xff\0"])
operations = st.one_of(
    st.tuples(st.just("write"), paths, contents),
    st.tuples(st.just("append"), paths, contents),
    st.tuples(st.just("mkdir"), paths),
    st.tuples(st.just("delete"), paths, st.booleans()),
    st.tuples(st.just("rename"), paths, paths),
)


def tree_of(store: MemoryRecords, name: str = "data") -> TreeMount:
    return TreeMount(Blobs(store, [used_by_trees]), name)


@given(st.lists(operations, max_size=20))
@settings(max_examples=150, deadline=None)
def test_it_does_what_a_dict_of_paths_does(steps: list[tuple[Any, ...]]):
    async def run() -> None:
        store, oracle = MemoryRecords(), Oracle()
        tree, neighbour = tree_of(store), tree_of(store, "data/a")
        await neighbour.write(("a", "b"), b"not mine")
        for step in steps:
            try:
                oracle.do(*step)
                expected = None
            except LookupError as error:
                expected = str(error)
            try:
                await do(tree, *step)
                code = None
            except ToolFSError as error:
                code = error.code
            assert code == expected, step
            assert await whole(tree) == oracle.tree
        assert await whole(neighbour) == {("a",): None, ("a", "b"): b"not mine"}

    asyncio.run(run())


@given(st.lists(operations, max_size=8), operations, st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_power_cut_at_any_commit_leaves_what_was_or_what_is(steps: list[tuple[Any, ...]], last: tuple[Any, ...], after: bool):
    async def run() -> None:
        before = MemoryRecords()
        for step in [*steps]:
            try:
                await do(tree_of(before), *step)
            except ToolFSError:
                continue
        finished = DyingStore(before.records)
        try:
            await do(tree_of(finished), *last)
        except ToolFSError:
            return
        old, new = await whole(tree_of(before)), await whole(tree_of(finished))
        for n in range(finished.commits):
            killed = DyingStore(before.records, dies_at=n, after=after)
            with pytest.raises(PowerCut):
                await do(tree_of(killed), *last)
            assert await whole(tree_of(store_of(killed.records))) in (old, new)

    asyncio.run(run())


def store_of(records: dict[str, bytes]) -> MemoryRecords:
    store = MemoryRecords()
    store.records = dict(records)
    return store


async def test_times_say_when_a_file_was_made_and_changed():
    seconds = [0.0]
    tree = TreeMount(Blobs(MemoryRecords(), [used_by_trees]), "data", now=lambda: seconds[0])
    await tree.write(("a",), b"1")
    seconds[0] = 60.5
    await tree.append(("a",), b"2")
    entry = await tree.stat(("a",))
    assert entry
    assert (entry.created_at, entry.modified_at) == ("1970-01-01T00:00:00.000Z", "1970-01-01T00:01:00.500Z")


async def test_a_change_that_rests_on_what_was_read_fails_where_that_has_changed():
    tree = TreeMount.in_memory()
    await tree.write(("a",), b"1", if_hash="")
    entry = await tree.stat(("a",))
    await tree.write(("a",), b"2", if_hash=entry.hash)
    for hash in (entry.hash, ""):
        with pytest.raises(ToolFSError) as caught:
            await tree.write(("a",), b"3", if_hash=hash)
        assert caught.value.code == "changed"
    assert await tree.read(("a",)) == b"2"


async def test_appends_at_once_lose_nothing():
    tree = TreeMount.in_memory()
    await asyncio.gather(*(tree.append(("log",), b"x") for _ in range(50)))
    assert await tree.read(("log",)) == b"x" * 50


async def test_equal_contents_are_kept_once_and_what_is_unused_is_swept():
    store = MemoryRecords()
    tree, other = tree_of(store), tree_of(store, "other")
    for n in range(5):
        await tree.write((f"f{n}",), b"same")
    await other.write(("f",), b"kept for another tree")
    await tree.write(("f0",), b"new")
    await tree.delete(("f0",))
    assert len(await store.keys("blob/")) == 3
    async with store.exclusive():
        assert await tree.blobs.sweep() == 1
    assert await other.read(("f",)) == b"kept for another tree"
    assert await tree.read(("f1",)) == b"same"


async def test_room_is_made_before_a_full_store_is_complained_of():
    tree = TreeMount.in_memory(quota_bytes=3000)
    for n in range(20):
        await tree.write(("f",), bytes([n]) * 1000)
    assert await tree.read(("f",)) == bytes([19]) * 1000
    with pytest.raises(QuotaError) as caught:
        await tree.write(("g",), bytes(3000))
    assert caught.value.needed_bytes
    assert "delete files" in str(caught.value)
    assert [entry.name for entry in await tree.list(())] == ["f"]


async def test_content_that_storage_has_changed_or_lost_is_never_given():
    store = LyingStore()
    tree = tree_of(store)
    await tree.write(("a",), b"true")
    store.lie = lambda key, data: b"false" if key.startswith("blob/") else data
    with pytest.raises(CorruptionError, match="damaged"):
        await tree.read(("a",))
    del store.records[next(key for key in store.records if key.startswith("blob/"))]
    with pytest.raises(CorruptionError, match="missing"):
        await tree.read(("a",))


class CountingStore(MemoryRecords):
    """Counts the bytes that go in and out."""

    def __init__(self) -> None:
        super().__init__()
        self.moved_bytes = 0

    async def get(self, keys):
        found = await super().get(keys)
        self.moved_bytes += sum(len(data) for data in found if data)
        return found

    async def commit(self, puts, deletes=()):
        self.moved_bytes += sum(map(len, puts.values()))
        await super().commit(puts, deletes)


async def test_appending_costs_what_is_appended_and_not_what_is_there():
    store = CountingStore()
    tree = tree_of(store)
    await tree.write(("log",), bytes(1 << 20))
    await tree.append(("log",), b"x" * 100)  # reads it once, for the hash
    store.moved_bytes = 0
    for _ in range(200):
        await tree.append(("log",), b"x" * 100)
    assert store.moved_bytes < 200 * (100 * 8 + 2500)  # each byte about log n times, and a record a time
    whole = bytes(1 << 20) + b"x" * 20_100
    assert await tree.read(("log",)) == whole
    entry = await tree.stat(("log",))
    assert entry
    assert (entry.size_bytes, entry.hash) == (len(whole), hash_of(whole))
    (record,) = (await tree.records()).values()
    assert 1 < len(record.parts) < 12
    async with store.exclusive():
        await tree.blobs.sweep()
    assert await tree_of(store).read(("log",)) == whole
    await tree.write(("log",), b"short")
    assert await tree.read(("log",)) == b"short"
