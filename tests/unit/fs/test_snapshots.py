"""Snapshots, against a dict of everything as the oracle."""

import asyncio
import contextlib
import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail import CorruptionError, ToolFS, ToolFSError
from staysail.core.memory_records import MemoryRecords

from .stores import DyingStore, PowerCut

ALL = {"/toolfs": "*"}
PARTS = ("/toolfs/data", "/toolfs/scratch", "/toolfs/memory", "/toolfs/skills")


class State:
    """A retrieval index, as far as a snapshot is concerned."""

    def __init__(self) -> None:
        self.value = b"empty"

    async def export(self) -> bytes:
        return self.value

    async def import_(self, data: bytes) -> None:
        self.value = data

    async def top_n(self, query: str, n: int):
        return []


def make(store: MemoryRecords | None = None, *, scratch: bool = True) -> tuple[ToolFS, State]:
    state = State()
    toolfs = ToolFS(store, search_index=state, now=iter(range(10**9)).__next__)
    toolfs.mount("/toolfs/data")
    if scratch:
        toolfs.mount_memory("/toolfs/scratch")
    return toolfs, state


async def whole(toolfs: ToolFS, state: State) -> dict:
    """Everything that a snapshot holds, read the way anybody reads it; times of files included."""
    session = toolfs.session("a", ALL)
    found: dict = {}

    async def walk(path: str) -> None:
        for entry in await toolfs.list(path, session):
            found[entry.path] = (entry, await toolfs.read(entry.path, session) if entry.kind == "file" else None)
            if entry.kind == "directory":
                await walk(entry.path)

    for part in PARTS:
        if await toolfs.exists(part, session):
            await walk(part)
    return found | {"": state.value}  # after the first call, which ends what a crash interrupted


names = st.sampled_from(["a", "ab", "b"])
files = st.tuples(st.sampled_from(["/toolfs/data", "/toolfs/scratch", "/toolfs/skills"]), st.lists(names, min_size=1, max_size=2)).map(
    lambda parts: "/".join([parts[0], *parts[1]])
)
steps = st.one_of(
    st.tuples(st.just("write"), files, st.sampled_from(["1", "2", "3"])),
    st.tuples(st.just("delete"), files),
    st.tuples(st.just("rename"), files, files),
    st.tuples(st.just("mkdir"), files),
    st.tuples(st.just("remember"), names, st.sampled_from(["1", "2"])),
    st.tuples(st.just("state"), st.sampled_from([b"1", b"2"])),
)


async def do(toolfs: ToolFS, state: State, step: tuple) -> None:
    session = toolfs.session("a", ALL)
    try:
        match step:
            case ("delete", path):
                await toolfs.delete(path, session, recursive=True)
            case ("remember", id, content):
                await toolfs.remember(content, session, id=id)
            case ("state", value):
                state.value = value
            case (name, *args):
                await getattr(toolfs, name)(*args, session)
    except ToolFSError:
        pass


def differences(before: dict, after: dict) -> tuple:
    """added, removed, changed, states: by hand, from what was read."""

    def content(item):
        return item[0].kind, item[0].hash

    common = before.keys() & after.keys() - {""}
    return (
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(path for path in common if content(before[path]) != content(after[path]))),
        ("rag",) if before[""] != after[""] else (),
    )


@given(st.lists(steps, max_size=8), st.lists(steps, max_size=8), st.lists(steps, max_size=4))
@settings(deadline=None)
def test_rolling_back_gives_back_every_byte_and_a_diff_says_what_it_will_change(first: list, second: list, third: list):
    async def run() -> None:
        toolfs, state = make()
        session = toolfs.session("a", ALL)
        seen = {}
        for name, part in (("one", first), ("two", second), ("three", third)):
            for step in part:
                await do(toolfs, state, step)
            seen[name] = await whole(toolfs, state)
            await toolfs.snapshot(session, name)
        for old, new in (("one", "two"), ("two", "one"), ("one", "three")):
            diff = await toolfs.diff(old, new, session)
            shown = [
                tuple(path.replace("/memory/a/", "/memory/") for path in paths if path != "/toolfs/memory/a")
                for paths in (diff.added, diff.removed, diff.changed)
            ]
            assert (*shown, diff.states) == differences(seen[old], seen[new])
        for name in ("one", "three", "two", "one"):
            await toolfs.rollback(name, session)
            assert await whole(toolfs, state) == seen[name]
            assert await toolfs.diff(name, None, session) == await toolfs.diff(name, name, session)

    asyncio.run(run())


@given(st.lists(steps, max_size=6), st.lists(steps, max_size=6), st.booleans())
@settings(max_examples=min(settings().max_examples, 40), deadline=None)
def test_a_power_cut_in_a_snapshot_or_a_rollback_leaves_one_or_the_other(first: list, second: list, after: bool):
    async def run() -> None:
        store = MemoryRecords()
        toolfs, state = make(store, scratch=False)
        session = toolfs.session("a", ALL)
        for step in first:
            await do(toolfs, state, step)
        await toolfs.snapshot(session, "one")
        one = await whole(toolfs, state)
        for step in second:
            await do(toolfs, state, step)
        two = await whole(toolfs, state)
        for work in ("snapshot", "rollback"):
            for n in range(4):
                killed_store = DyingStore(store.records, dies_at=n, after=after)
                killed, killed_state = make(killed_store, scratch=False)
                killed_state.value = state.value
                with contextlib.suppress(PowerCut):
                    await (killed.snapshots.create("two") if work == "snapshot" else killed.snapshots.rollback("one"))
                again_store = MemoryRecords()
                again_store.records = dict(killed_store.records)
                again, again_state = make(again_store, scratch=False)
                again_state.value = killed_state.value
                now = await whole(again, again_state)
                assert now in ((two,) if work == "snapshot" else (one, two))
                for snapshot in await again.snapshots.list():
                    await again.snapshots.rollback(snapshot.name)
                    assert await whole(again, again_state) == {"one": one, "two": two}[snapshot.name]
                assert (await again.audit.verify()) == []

    asyncio.run(run())


async def test_an_interrupted_rollback_is_ended_by_whoever_comes_next():
    store = MemoryRecords()
    toolfs, state = make(store)
    session = toolfs.session("a", ALL)
    state.value = b"then"
    await toolfs.write("/toolfs/data/f", "then", session)
    await toolfs.snapshot(session, "one")
    state.value = b"now"
    await toolfs.write("/toolfs/data/f", "now", session)
    killed_store = DyingStore(store.records, dies_at=0, after=True)
    killed, _ = make(killed_store)
    with pytest.raises(PowerCut):
        await killed.snapshots.rollback("one")
    store.records = killed_store.records
    again, again_state = make(store)
    assert await again.read("/toolfs/data/f", session) == b"then"
    assert again_state.value == b"then"


async def test_unchanged_files_cost_nothing_and_deleted_snapshots_give_their_room_back():
    toolfs, _ = make()
    session = toolfs.session("a", ALL)
    for n in range(20):
        await toolfs.write(f"/toolfs/data/{n}", str(n) * 100, session)
    store = toolfs._store
    blobs = len(await store.keys("blob/"))
    await toolfs.snapshot(session, "one")
    once = len(await store.keys("blob/"))
    await toolfs.snapshot(session, "two")
    assert len(await store.keys("blob/")) == once
    assert once - blobs <= 5  # listings, not files
    await toolfs.delete("/toolfs/data/3", session)
    await toolfs.delete("/toolfs/snapshots/one", session)
    assert await toolfs.read("/toolfs/snapshots/two/tree/data/3", session) == b"3" * 100
    await toolfs.delete("/toolfs/snapshots/two", session)
    assert len(await store.keys("blob/")) == 19


async def test_a_branch_goes_its_own_way():
    toolfs, _ = make()
    session = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/f", "base", session)
    base = await toolfs.snapshot(session, "base")
    branch = await toolfs.branch("base", "other", session)
    assert branch.parent == base.id
    await toolfs.write("/toolfs/data/f", "main", session)
    main = await toolfs.snapshot(session, "main")
    await toolfs.rollback("other", session)
    await toolfs.write("/toolfs/data/f", "on the branch", session)
    ahead = await toolfs.snapshot(session, "ahead")
    assert (main.parent, ahead.parent) == (base.id, branch.id)
    await toolfs.rollback("main", session)
    assert await toolfs.read("/toolfs/data/f", session) == b"main"
    assert (await toolfs.diff("main", "ahead", session)).changed == ("/toolfs/data/f",)
    manifest = json.loads(await toolfs.read("/toolfs/snapshots/ahead/manifest.json", session))
    assert (manifest["id"], manifest["parent"], manifest["files"]) == (ahead.id, branch.id, 1)


async def test_names_are_used_once_and_made_where_none_is_given():
    toolfs, _ = make()
    session = toolfs.session("a", ALL)
    await toolfs.snapshot(session, "one")
    for name in ("one", (await toolfs.snapshots.get("one")).id):
        with pytest.raises(ToolFSError) as caught:
            await toolfs.snapshot(session, name)
        assert caught.value.code == "exists"
    for name in ("", "..", "a/b", "a\\b"):
        with pytest.raises(ToolFSError):
            await toolfs.snapshot(session, name)
    made = await toolfs.snapshot(session)
    assert ":" not in made.name
    assert [snapshot.name for snapshot in await toolfs.snapshots.list()] == ["one", made.name]
    with pytest.raises(ToolFSError, match="there is no snapshot 'none'; there are: "):
        await toolfs.rollback("none", session)


async def test_a_snapshot_shows_its_files_to_whoever_may_read_them_now():
    toolfs, _ = make()
    everything = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/open/f", "1", everything)
    await toolfs.write("/toolfs/data/secret/f", "2", everything)
    await toolfs.remember("mine", everything, id="m")
    await toolfs.snapshot(everything, "one")
    session = toolfs.session("b", {"/toolfs/data/open": "read list", "/toolfs/snapshots": "read list"})
    found = [entry.path async for entry in toolfs.walk("/toolfs/snapshots", session)]
    assert found == ["/toolfs/snapshots/one/manifest.json", "/toolfs/snapshots/one/tree/data/open/f"]
    assert await toolfs.read("/toolfs/snapshots/one/tree/data/open/f", session) == b"1"
    with pytest.raises(ToolFSError):
        await toolfs.read("/toolfs/snapshots/one/tree/data/secret/f", session)
    lister = toolfs.session("c", {"/toolfs/data/secret": "list", "/toolfs/snapshots": "read list"})
    assert [entry.name for entry in await toolfs.list("/toolfs/snapshots/one/tree/data/secret", lister)] == ["f"]
    with pytest.raises(ToolFSError, match="may not read /toolfs/data/secret/f"):
        await toolfs.read("/toolfs/snapshots/one/tree/data/secret/f", lister)
    with pytest.raises(ToolFSError):
        await toolfs.read("/toolfs/snapshots/one/tree/memory/a/m", everything)
    with pytest.raises(ToolFSError):
        await toolfs.rollback("one", session)
    with pytest.raises(ToolFSError):
        await toolfs.export_snapshot("one", session)
    await toolfs.write("/toolfs/data/secret/f", "3", everything)
    await toolfs.write("/toolfs/data/open/f", "3", everything)
    assert (await toolfs.diff("one", None, session)).changed == ("/toolfs/data/open/f",)


async def test_a_snapshot_that_lost_a_content_changes_nothing():
    toolfs, _ = make()
    session = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/f", "then", session)
    await toolfs.snapshot(session, "one")
    hash = (await toolfs.stat("/toolfs/data/f", session)).hash
    await toolfs.write("/toolfs/data/f", "now", session)
    del toolfs._store.records[f"blob/{hash}"]
    with pytest.raises(CorruptionError, match="nothing was changed"):
        await toolfs.rollback("one", session)
    assert await toolfs.read("/toolfs/data/f", session) == b"now"


async def exported() -> tuple[ToolFS, bytes, dict]:
    toolfs, state = make()
    session = toolfs.session("a", ALL)
    state.value = b"an index"
    await toolfs.write("/toolfs/data/é/f.bin", bytes(range(256)), session)
    await toolfs.write("/toolfs/scratch/g", "in memory", session)
    await toolfs.remember("a fact", session, id="fact")
    await toolfs.snapshot(session, "one")
    return toolfs, await toolfs.export_snapshot("one", session), await whole(toolfs, state)


async def test_a_snapshot_travels_as_one_file():
    origin, data, seen = await exported()
    toolfs, state = make()
    session = toolfs.session("a", ALL)
    snapshot = await toolfs.import_snapshot(data, session)
    assert snapshot == await origin.snapshots.get("one")
    assert await toolfs.list("/toolfs/data", session) == []  # until it is rolled back to
    await toolfs.rollback("one", session)
    assert await whole(toolfs, state) == seen
    assert await toolfs.export_snapshot("one", session) == data
    assert await toolfs.import_snapshot(data, session) == snapshot


def repacked(data: bytes, change) -> bytes:
    """The file with its members changed: change(name, content) gives what to write, as [(name, content)]."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            for item in change(name, old.read(name)):
                new.writestr(*item)
    return out.getvalue()


def in_manifest(change):
    def apply(name: str, content: bytes):
        if name != "manifest.json":
            return [(name, content)]
        head = json.loads(content)
        change(head)
        return [(name, json.dumps(head))]

    return apply


def with_member(extra: str):
    return lambda name, content: [(name, content), *([(extra, b"x")] if name == "manifest.json" else [])]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda name, content: [(name, content + b"!" if name != "manifest.json" else content)], CorruptionError),
        (in_manifest(lambda head: head["snapshot"].update(name="other")), CorruptionError),
        (in_manifest(lambda head: head["snapshot"].update(name="../x")), ToolFSError),
        (in_manifest(lambda head: head["snapshot"].update(trees={"/toolfs/data": "../../x"})), ToolFSError),
        (in_manifest(lambda head: head.update(format=2)), ToolFSError),
        (in_manifest(lambda head: head.update(snapshot=[])), ToolFSError),
        (in_manifest(lambda head: head.pop("snapshot")), ToolFSError),
        (lambda name, content: [(name, content)] if name == "manifest.json" else [], ToolFSError),
        (lambda name, content: [(name, content)] if name != "manifest.json" else [], ToolFSError),
        (with_member("../../etc/passwd"), ToolFSError),
        (with_member("blobs/x"), ToolFSError),
        (lambda name, content: [(name, b"[" * 100_000 if name == "manifest.json" else content)], ToolFSError),
    ],
)
async def test_a_file_that_was_tampered_with_is_not_taken(change, error: type):
    _, data, _ = await exported()
    toolfs, _ = make()
    session = toolfs.session("a", ALL)
    before = dict(toolfs._store.records)
    with pytest.raises(error):
        await toolfs.import_snapshot(repacked(data, change), session)
    assert {key: value for key, value in toolfs._store.records.items() if not key.startswith("audit")} == before
    assert await toolfs.snapshots.list() == []


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + bytes(18)])
async def test_what_is_no_file_of_ours_is_told(data: bytes):
    toolfs, _ = make()
    with pytest.raises(ToolFSError, match="no snapshot file"):
        await toolfs.import_snapshot(data, toolfs.session("a", ALL))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_to_a_file_goes_unnoticed(data: st.DataObject):
    async def run() -> None:
        _, whole_file, seen = await exported()
        at = data.draw(st.integers(0, len(whole_file) - 1))
        broken = bytearray(whole_file)
        broken[at] ^= data.draw(st.integers(1, 255))
        toolfs, state = make()
        session = toolfs.session("a", ALL)
        try:
            await toolfs.import_snapshot(bytes(broken), session)
        except (ToolFSError, CorruptionError):
            assert await toolfs.snapshots.list() == []
        else:  # it was in a part of the file that says nothing
            await toolfs.rollback("one", session)
            assert await whole(toolfs, state) == seen

    asyncio.run(run())


async def test_a_file_that_unpacks_to_too_much_is_refused_before_it_does():
    from staysail.fs.snapshot_archive import import_snapshot

    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"blobs/{'0' * 64}", bytes(10_000_000))
    toolfs, _ = make()
    with pytest.raises(ToolFSError, match="more than 1000000 bytes"):
        await import_snapshot(toolfs.snapshots, bomb.getvalue(), limit_bytes=1_000_000)
