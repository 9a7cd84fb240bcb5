import asyncio
from types import SimpleNamespace

import pytest

import staysail
from staysail import ConfigError, ToolFS, ToolFSError
from staysail.core.memory_records import MemoryRecords
from staysail.fs import ToolFS as CoreToolFS

ALL = {"/toolfs": "*"}


@pytest.fixture
def toolfs() -> ToolFS:
    toolfs = ToolFS(now=lambda: 1_700_000_000.0)
    toolfs.mount("/toolfs/data")
    return toolfs


async def names(toolfs: ToolFS, path: str, session) -> list[str]:
    return [entry.name for entry in await toolfs.list(path, session)]


def test_it_is_named_at_the_top_of_the_package():
    assert issubclass(staysail.ToolFS, CoreToolFS)


async def test_everything_can_be_listed_from_the_root_down(toolfs: ToolFS):
    session = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/x/y.txt", "1", session)
    await toolfs.remember("a fact", session, id="fact")
    await toolfs.write("/toolfs/skills/sail/SKILL.md", "---\nname: sail\ndescription: d\n---\n", session)
    await toolfs.snapshot(session, "first")

    found: dict[str, str] = {}

    async def walk(path: str) -> None:
        for entry in await toolfs.list(path, session):
            assert await toolfs.stat(entry.path, session) == entry or entry.path.startswith("/toolfs/audit")
            found[entry.path] = entry.kind
            if entry.kind == "directory":
                await walk(entry.path)

    await walk("/")
    day = "2023-11-14.jsonl"
    assert found == {
        "/toolfs": "directory",
        "/toolfs/audit": "directory",
        f"/toolfs/audit/{day}": "file",
        "/toolfs/data": "directory",
        "/toolfs/data/x": "directory",
        "/toolfs/data/x/y.txt": "file",
        "/toolfs/memory": "directory",
        "/toolfs/memory/fact": "file",
        "/toolfs/plugins": "directory",
        "/toolfs/rag": "directory",
        "/toolfs/rag/query": "file",
        "/toolfs/skills": "directory",
        "/toolfs/skills/sail": "directory",
        "/toolfs/skills/sail/SKILL.md": "file",
        "/toolfs/snapshots": "directory",
        "/toolfs/snapshots/first": "directory",
        "/toolfs/snapshots/first/manifest.json": "file",
        "/toolfs/snapshots/first/tree": "directory",
        "/toolfs/snapshots/first/tree/data": "directory",
        "/toolfs/snapshots/first/tree/data/x": "directory",
        "/toolfs/snapshots/first/tree/data/x/y.txt": "file",
        "/toolfs/snapshots/first/tree/skills": "directory",
        "/toolfs/snapshots/first/tree/skills/sail": "directory",
        "/toolfs/snapshots/first/tree/skills/sail/SKILL.md": "file",
    }
    for path, kind in found.items():
        if kind == "file" and path != "/toolfs/rag/query":
            assert await toolfs.read(path, session)


async def test_a_listing_shows_what_the_session_may_do_something_with_and_the_way_there(toolfs: ToolFS):
    everything = toolfs.session("a", ALL)
    for path in ("team/a/notes", "team/b/notes", "secret/x"):
        await toolfs.write(f"/toolfs/data/{path}", "1", everything)
    session = toolfs.session("b", {"/toolfs/data/team/a": "read list"})
    assert await names(toolfs, "/", session) == ["toolfs"]
    assert await names(toolfs, "/toolfs", session) == ["data"]
    assert await names(toolfs, "/toolfs/data", session) == ["team"]
    assert await names(toolfs, "/toolfs/data/team", session) == ["a"]
    assert await names(toolfs, "/toolfs/data/team/a", session) == ["notes"]
    for path in ("/toolfs/data/team/b", "/toolfs/data/secret", "/toolfs/memory"):
        with pytest.raises(ToolFSError) as caught:
            await toolfs.list(path, session)
        assert caught.value.code == "refused"


async def test_the_longest_mount_wins_and_hides_what_lies_below_it(toolfs: ToolFS):
    session = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/deep/hidden", "below", session)
    toolfs.mount_memory("/toolfs/data/deep")
    toolfs.mount_memory("/toolfs/far/away/mount")
    await toolfs.write("/toolfs/data/deep/seen", "above", session)
    assert await names(toolfs, "/toolfs/data", session) == ["deep"]
    assert await names(toolfs, "/toolfs/data/deep", session) == ["seen"]
    assert await names(toolfs, "/toolfs/far", session) == ["away"]
    assert await names(toolfs, "/toolfs/far/away", session) == ["mount"]
    for path in ("/toolfs/data", "/toolfs/data/deep"):
        with pytest.raises(ToolFSError, match="mount"):
            await toolfs.delete(path, session, recursive=True)
    with pytest.raises(ToolFSError, match="unmount that first"):
        await toolfs.delete("/toolfs/data/deep/..", session, recursive=True)
    toolfs.unmount("/toolfs/data/deep")
    assert await names(toolfs, "/toolfs/data/deep", session) == ["hidden"]
    with pytest.raises(ToolFSError, match="belongs to no mount; there are: /toolfs/audit, /toolfs/data, "):
        await toolfs.write("/toolfs/database/x", "1", session)


@pytest.mark.parametrize("path", ["/", "/toolfs", "/toolfs/data", "/toolfs/memory", "/toolfs/../x"])
def test_mounts_stand_below_toolfs_where_nothing_is_yet(toolfs: ToolFS, path: str):
    with pytest.raises((ConfigError, ToolFSError)):
        toolfs.mount(path)
    with pytest.raises(ConfigError, match="part of ToolFS"):
        toolfs.unmount("/toolfs/audit")


async def test_files_are_written_read_moved_and_deleted(toolfs: ToolFS):
    session = toolfs.session("a", ALL)
    entry = await toolfs.write("data/a.txt", "hello", session)
    assert (entry.path, entry.size_bytes, entry.created_at) == ("/toolfs/data/a.txt", 5, "2023-11-14T22:13:20.000Z")
    assert (await toolfs.append("/data/a.txt", b" you", session)).size_bytes == 9
    assert await toolfs.read_text("/toolfs/data/a.txt", session) == "hello you"
    assert (await toolfs.rename("/toolfs/data/a.txt", "/toolfs/data/sub/b.txt", session)).path == "/toolfs/data/sub/b.txt"
    assert not await toolfs.exists("/toolfs/data/a.txt", session)
    assert (await toolfs.mkdir("/toolfs/data/empty", session)).kind == "directory"
    assert [entry.path async for entry in toolfs.walk("/toolfs/data", session)] == ["/toolfs/data/sub/b.txt"]
    await toolfs.delete("/toolfs/data/sub", session, recursive=True)
    assert await names(toolfs, "/toolfs/data", session) == ["empty"]


async def test_a_file_moves_between_mounts(toolfs: ToolFS):
    session = toolfs.session("a", ALL)
    toolfs.mount_memory("/toolfs/scratch")
    await toolfs.write("/toolfs/scratch/a", "1", session)
    await toolfs.write("/toolfs/data/there", "2", session)
    with pytest.raises(ToolFSError) as caught:
        await toolfs.rename("/toolfs/scratch/a", "/toolfs/data/there", session)
    assert caught.value.code == "changed"
    await toolfs.rename("/toolfs/scratch/a", "/toolfs/data/b", session)
    assert await toolfs.read("/toolfs/data/b", session) == b"1"
    assert await names(toolfs, "/toolfs/scratch", session) == []
    assert await toolfs.read("/toolfs/data/there", session) == b"2"


@pytest.mark.parametrize(
    ("name", "args", "code", "told"),
    [
        ("read", ("/toolfs/data/none",), "not_found", "/toolfs/data/none: there is nothing here; list the directory above"),
        ("read", ("/toolfs/data/dir",), "is_directory", "/toolfs/data/dir: this is a directory; list it"),
        ("read", ("/toolfs/data",), "is_directory", "/toolfs/data: this is a directory"),
        ("read", ("/toolfs",), "is_directory", "/toolfs: this is a directory"),
        ("read", ("/toolfs/data/file/x",), "not_a_directory", "/toolfs/data/file: this is a file"),
        ("list", ("/toolfs/data/file",), "not_a_directory", "/toolfs/data/file: this is a file"),
        ("list", ("/toolfs/nowhere",), "not_found", "/toolfs/nowhere: there is nothing here"),
        ("write", ("/toolfs/data/dir", "x"), "is_directory", "/toolfs/data/dir: this is a directory"),
        ("write", ("/toolfs/data/a", 3), "bad_request", "text or bytes, not int"),
        ("write", ("/toolfs/data/a", "\ud800"), "bad_request", "half a character"),
        ("write", ("/toolfs/audit/x", "x"), "read_only", "/toolfs/audit/x: this cannot be changed: the audit is only ever added to"),
        ("mkdir", ("/toolfs/data/file",), "exists", "/toolfs/data/file: there is something here already"),
        ("delete", ("/toolfs/data/dir",), "not_empty", "/toolfs/data/dir: this directory holds 1 entries"),
        ("delete", ("/toolfs/data/none",), "not_found", "/toolfs/data/none: there is nothing here"),
        ("rename", ("/toolfs/data/dir", "/toolfs/data/dir/in"), "bad_path", "/toolfs/data/dir/in: a directory cannot be moved into itself"),
        ("rename", ("/toolfs/data/file", "/toolfs/data/dir"), "exists", "/toolfs/data/dir: there is something here already"),
        ("read", ("/toolfs/plugins/none/plugin.json",), "not_found", "/toolfs/plugins/none/plugin.json: there is nothing here"),
        ("read", ("/toolfs/snapshots/none/manifest.json",), "not_found", "there is no snapshot 'none'"),
        ("load_skill", ("none",), "not_found", "/toolfs/skills/none/SKILL.md: there is nothing here"),
    ],
)
async def test_what_cannot_be_done_is_told_with_the_path_and_what_to_do(toolfs: ToolFS, name: str, args: tuple, code: str, told: str):
    session = toolfs.session("a", ALL)
    await toolfs.write("/toolfs/data/file", "1", session)
    await toolfs.write("/toolfs/data/dir/x", "1", session)
    with pytest.raises(ToolFSError) as caught:
        await getattr(toolfs, name)(*args, session)
    assert caught.value.code == code
    assert told in str(caught.value)
    assert caught.value.path.startswith("/")
    assert await toolfs.read("/toolfs/data/dir/x", session) == b"1"


@pytest.mark.parametrize(
    ("granted", "name", "args"),
    [
        ("list write delete", "read", ("/toolfs/data/a",)),
        ("read list delete", "write", ("/toolfs/data/a", "x")),
        ("read list delete", "append", ("/toolfs/data/a", "x")),
        ("read list delete", "mkdir", ("/toolfs/data/d",)),
        ("read write delete", "list", ("/toolfs/data",)),
        ("read list write", "delete", ("/toolfs/data/a",)),
        ("read list write", "rename", ("/toolfs/data/a", "/toolfs/data/b")),
        ("list write delete", "rename", ("/toolfs/data/a", "/toolfs/data/b")),
        ("read list delete", "rename", ("/toolfs/data/a", "/toolfs/data/b")),
        ("write delete", "stat", ("/toolfs/data/a",)),
    ],
)
async def test_every_operation_needs_its_grant(toolfs: ToolFS, granted: str, name: str, args: tuple):
    await toolfs.write("/toolfs/data/a", "1", toolfs.session("all", ALL))
    with pytest.raises(ToolFSError) as caught:
        await getattr(toolfs, name)(*args, toolfs.session("a", {"/toolfs/data": granted}))
    assert caught.value.code == "refused"
    everything = toolfs.session("all", ALL)
    assert await names(toolfs, "/toolfs/data", everything) == ["a"]
    assert await toolfs.read("/toolfs/data/a", everything) == b"1"


async def test_a_session_is_needed(toolfs: ToolFS):
    with pytest.raises(ConfigError, match="give a session"):
        await toolfs.read("/toolfs/data/a", None)


async def test_limits_end_what_a_session_does(toolfs: ToolFS):
    session = toolfs.session("a", ALL, calls=3)
    for _ in range(3):
        await toolfs.list("/toolfs", session)
    with pytest.raises(ToolFSError, match="3 calls"):
        await toolfs.list("/toolfs", session)

    session = toolfs.session("b", ALL, size_bytes=10)
    await toolfs.write("/toolfs/data/a", "12345678", session)
    with pytest.raises(ToolFSError, match="10 bytes, 8 of them used"):
        await toolfs.read("/toolfs/data/a", session)
    with pytest.raises(ToolFSError):
        await toolfs.write("/toolfs/data/b", "123", session)
    assert not await toolfs.exists("/toolfs/data/b", session)


async def test_a_session_that_has_used_its_time_is_stopped_in_the_middle_of_a_call():
    class Stuck(MemoryRecords):
        async def get(self, keys):
            if any("tree/" in key for key in keys):
                await asyncio.Event().wait()
            return await super().get(keys)

    toolfs = ToolFS(Stuck())
    toolfs.mount("/toolfs/data")
    session = toolfs.session("a", ALL, seconds=0.02)
    with pytest.raises(ToolFSError, match=r"did not end within 0\.02 s") as caught:
        await toolfs.read("/toolfs/data/a", session)
    assert caught.value.code == "limit"
    with pytest.raises(ToolFSError, match=r"0\.02 s of work"):
        await toolfs.list("/toolfs", session)


async def test_many_calls_at_once_do_not_get_past_a_limit(toolfs: ToolFS):
    session = toolfs.session("a", ALL, calls=10, size_bytes=25)
    done = await asyncio.gather(*(toolfs.write(f"/toolfs/data/{n}", "12345", session) for n in range(40)), return_exceptions=True)
    assert sum(not isinstance(item, BaseException) for item in done) == 5
    assert len(await toolfs.list("/toolfs/data", toolfs.session("all", ALL))) == 5


class Clockwork(asyncio.SelectorEventLoop):
    """A loop whose time passes while it waits, and at no other time: a busy machine is never late."""

    def __init__(self) -> None:
        super().__init__()
        self._now, self._wait = 0.0, self._selector.select
        self._selector.select = self._pass  # type: ignore[method-assign]

    def time(self) -> float:
        return self._now

    def _pass(self, timeout: float | None = None) -> list:
        self._now += timeout or 0
        return self._wait(None if timeout is None else 0)


@pytest.mark.parametrize("stagger_s", [0.0, 0.01])
def test_calls_side_by_side_use_up_a_time_limit_together(stagger_s: float, monkeypatch: pytest.MonkeyPatch):
    class Slow(MemoryRecords):
        async def get(self, keys):
            if any("tree/" in key for key in keys):
                await asyncio.sleep(0.15)
            return await super().get(keys)

    async def try_all() -> None:
        monkeypatch.setattr("staysail.fs.work_time.time", SimpleNamespace(monotonic=asyncio.get_running_loop().time))
        toolfs = ToolFS(Slow())
        toolfs.mount("/toolfs/data")
        session = toolfs.session("a", ALL, seconds=0.4)

        async def read(number: int) -> object:
            await asyncio.sleep(number * stagger_s)
            return await toolfs.exists(f"/toolfs/data/{number}", session)

        done = await asyncio.gather(*(read(number) for number in range(30)), return_exceptions=True)
        refused = [error for error in done if isinstance(error, ToolFSError)]
        assert all(error.code == "limit" for error in refused)
        assert len(done) - len(refused) <= 2  # of 0.15 s each
        assert 0.4 <= session.used_s < 0.41  # 30 calls one after another take 4.5 s
        with pytest.raises(ToolFSError, match=r"0\.4 s of work"):
            await toolfs.list("/toolfs", session)

    with asyncio.Runner(loop_factory=Clockwork) as runner:
        runner.run(try_all())


async def test_two_programs_on_one_store_see_each_others_files():
    store = MemoryRecords()
    first, second = ToolFS(store), ToolFS(store)
    for toolfs in (first, second):
        toolfs.mount("/toolfs/data")
    session = first.session("a", ALL)
    await asyncio.gather(*(one.append("/toolfs/data/log", "x", session) for one in (first, second) for _ in range(20)))
    assert await second.read("/toolfs/data/log", session) == b"x" * 40
    assert len(await second.audit.records()) == 41
    assert await second.audit.verify() == []
