"""Every kind of mount that there is on CPython, and what keeps files there."""

import asyncio
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from staysail import ConfigError, QuotaError, StoreError, ToolFS, ToolFSError
from staysail.fs.blobs import Blobs
from staysail.fs.tree import TreeMount, used_by_trees
from staysail.host.directory_mount import DirectoryMount
from staysail.host.sqlite_records import SqliteRecords

from .mount_contract import check_mount

ALL = {"/toolfs": "*"}
EVERY = os.environ.get("STAYSAIL_EVERY") == "1"
KILLS = int(os.environ.get("STAYSAIL_KILLS", "2"))


@pytest.mark.parametrize("kind", ["memory", "sqlite", "directory"])
@pytest.mark.parametrize("seed", range(3))
async def test_it_does_what_a_dict_of_paths_does(kind: str, seed: int, tmp_path: Path):
    store = SqliteRecords(tmp_path / "kept") if kind == "sqlite" else None
    if kind == "directory":
        await check_mount(DirectoryMount(tmp_path), seed=seed)
    else:
        await check_mount(TreeMount(Blobs(store, [used_by_trees]), "t") if store else TreeMount.in_memory(), seed=seed)
    if store:
        await store.close()


async def test_everything_is_there_when_a_directory_is_opened_again(tmp_path: Path):
    for at in range(2):
        toolfs = ToolFS(tmp_path / "kept")
        toolfs.mount("/toolfs/data")
        session = toolfs.session("a", ALL)
        if at == 0:
            await toolfs.write("/toolfs/data/a.txt", "kept", session)
            await toolfs.append("/toolfs/data/a.txt", " and more", session)
            await toolfs.remember("sails are set", session, id="m")
            await toolfs.write("/toolfs/skills/knots/SKILL.md", "---\nname: knots\ndescription: Ties knots\n---\nTie.", session)
            await toolfs.snapshot(session, "one")
        assert await toolfs.read_text("/toolfs/data/a.txt", session) == "kept and more"
        assert (await toolfs.search_memory("sails", session))["results"][0]["id"] == "m"
        assert [skill.name for skill in await toolfs.skills(session)] == ["knots"]
        assert [entry.name for entry in await toolfs.list("/toolfs/snapshots", session)] == ["one"]
        operations = [record["operation"] for record in await toolfs.audit.records()]
        assert operations[:2] == ["write", "append"]
        assert await toolfs.audit.verify() == []
        await toolfs.close()


def write_many(folder: str, name: str) -> None:
    async def write() -> None:
        toolfs = ToolFS(folder)
        toolfs.mount("/toolfs/data")
        session = toolfs.session(name, ALL)
        for at in range(15):
            await toolfs.append("/toolfs/data/log", f"{name}{at};", session)

    asyncio.run(write())


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=write_many, args=(str(tmp_path), name)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0

    async def read() -> tuple[list[str], list[str]]:
        toolfs = ToolFS(tmp_path)
        toolfs.mount("/toolfs/data")
        text = await toolfs.read_text("/toolfs/data/log", toolfs.session("a", ALL))
        problems = await toolfs.audit.verify()
        await toolfs.close()
        return text.split(";"), problems

    written, problems = asyncio.run(read())
    assert sorted(filter(None, written)) == sorted(f"{name}{at}" for name in "ab" for at in range(15))
    assert problems == []


def write_until_killed(folder: str, name: str) -> None:
    """Writes a file of its own and a log of both, and notes in done-<name> what was acknowledged."""

    async def write() -> None:
        toolfs = ToolFS(folder)
        toolfs.mount("/toolfs/data")
        session = toolfs.session(name, ALL)
        done = Path(folder) / f"done-{name}"
        at = int(done.read_text()) if done.exists() else 0
        while True:
            at += 1
            await toolfs.write(f"/toolfs/data/{name}", f"{at} " * 1000, session)
            await toolfs.append("/toolfs/data/log", f"{name}{at};", session)
            await toolfs.snapshot(session)
            (beside := done.with_suffix(".new")).write_text(str(at))
            beside.replace(done)

    asyncio.run(write())


def test_of_two_processes_that_write_one_is_killed_and_nothing_is_half_or_lost(tmp_path: Path):
    """STAYSAIL_KILLS says how often."""
    rng = random.Random(7)
    start = multiprocessing.get_context("spawn").Process
    workers = {}
    done = {name: tmp_path / f"done-{name}" for name in "ab"}

    def acknowledged(name: str) -> int:
        return int(done[name].read_text()) if done[name].exists() else 0

    def begin(name: str) -> None:
        before = acknowledged(name)
        workers[name] = start(target=write_until_killed, args=(str(tmp_path), name))
        workers[name].start()
        deadline = time.monotonic() + 60
        while acknowledged(name) == before:
            assert workers[name].is_alive(), f"{name} ended by itself"
            assert time.monotonic() < deadline, f"{name} writes nothing"
            time.sleep(0.01)

    def kill(name: str) -> None:
        os.kill(workers[name].pid or 0, signal.SIGKILL)
        workers[name].join()

    async def check(*names: str) -> None:
        toolfs = ToolFS(tmp_path)
        toolfs.mount("/toolfs/data")
        session = toolfs.session("a", ALL)
        known = {name: acknowledged(name) for name in names}
        log = (await toolfs.read_text("/toolfs/data/log", session)).split(";")
        assert log.pop() == ""
        assert {record[0] for record in log} <= {*"ab"}
        for name, at in known.items():
            [count] = {*(words := (await toolfs.read_text(f"/toolfs/data/{name}", session)).split())}
            assert len(words) == 1000
            assert int(count) >= at
            assert {f"{name}{n}" for n in range(1, at + 1)} <= {*log}
        if len(names) == 2:
            for entry in (await toolfs.list("/toolfs/snapshots", session))[-3:]:
                await toolfs.rollback(entry.name, session)
            assert await toolfs.audit.verify() == []
        await toolfs.close()

    try:
        begin("a")
        begin("b")
        for number in range(KILLS):
            name = "ab"[number % 2]
            time.sleep(rng.uniform(0, 0.3))
            kill(name)
            asyncio.run(check(name))
            begin(name)
    finally:
        for name in workers:
            kill(name)
    asyncio.run(check("a", "b"))


async def test_a_real_directory_lets_nothing_out_and_hides_links(tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "file-link").symlink_to(tmp_path / "outside" / "secret")
    (tmp_path / "in" / "what?").write_text("no name for a path")
    toolfs = ToolFS()
    toolfs.mount_directory("/toolfs/work", tmp_path / "in")
    session = toolfs.session("a", ALL)
    assert await toolfs.list("/toolfs/work", session) == []
    for path in ("/toolfs/work/link/secret", "/toolfs/work/file-link", "/toolfs/work/../outside/secret"):
        with pytest.raises(ToolFSError):
            await toolfs.read(path, session)
        with pytest.raises(ToolFSError):
            await toolfs.write(path, "x", session)
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    await toolfs.write("/toolfs/work/sub/a.txt", "1", session)
    assert (tmp_path / "in" / "sub" / "a.txt").read_text() == "1"
    toolfs.mount_directory("/toolfs/read", tmp_path / "in", writable=False)
    with pytest.raises(ToolFSError, match="mounted to be read"):
        await toolfs.write("/toolfs/read/sub/a.txt", "2", session)


async def test_what_cannot_be_opened_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot keep files"):
        ToolFS(tmp_path / "file")
    with pytest.raises(ConfigError, match="is no directory"):
        ToolFS().mount_directory("/toolfs/x", tmp_path / "none")
    with pytest.raises(ConfigError, match="on a server, use mount_directory"):
        await ToolFS().mount_opfs("/toolfs/x")
    store = SqliteRecords(tmp_path / "kept")
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.get(["a"])
    store = SqliteRecords(tmp_path / "small")
    store._file.query("PRAGMA max_page_count = 20")
    with pytest.raises(QuotaError):
        await store.commit({"a": b"1", "b": bytes(1 << 20)})
    assert await store.get(["a", "b"]) == [None, None]
    await store.close()


async def test_a_link_that_another_process_swaps_in_leads_nowhere(tmp_path: Path):
    """A directory of the mount is swapped for a link to one outside, over and over, while a session reads and writes in it."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    (inside / "d").mkdir(parents=True)
    outside.mkdir()
    (outside / "f").write_text("secret")
    (inside / "d" / "f").write_text("mine")
    (inside / "link").symlink_to(outside)
    program = """
import itertools, os, sys
os.chdir(sys.argv[1])
names = itertools.count()
def rename(old, new):
    while True:
        try:
            return os.rename(old, new)
        except OSError:  # the session has made the directory anew while it was away
            os.rename("d", f"stray{next(names)}")
print("ready", flush=True)
while True:
    rename("d", "kept"); rename("link", "d"); rename("d", "link"); rename("kept", "d")
"""
    swapper = subprocess.Popen([sys.executable, "-c", program, str(inside)], stdout=subprocess.PIPE)
    try:
        assert swapper.stdout
        assert swapper.stdout.readline() == b"ready\n"
        toolfs = ToolFS()
        toolfs.mount_directory("/toolfs/work", inside)
        session = toolfs.session("a", ALL)
        seen, until = Counter[str](), time.monotonic() + (10 if EVERY else 1)
        while time.monotonic() < until:
            for work in (
                lambda: toolfs.read_text("/toolfs/work/d/f", session),
                lambda: toolfs.write("/toolfs/work/d/f", "mine", session),
                lambda: toolfs.append("/toolfs/work/d/g", "x", session),
                lambda: toolfs.delete("/toolfs/work/d/g", session),
            ):
                try:
                    found = await work()
                    assert found != "secret"
                    seen["done"] += 1
                except ToolFSError as error:
                    seen[error.code] += 1
    finally:
        swapper.kill()
        swapper.communicate()
    assert (outside / "f").read_text() == "secret"
    assert [path.name for path in outside.iterdir()] == ["f"]
    assert seen["done"] > 20
    assert len(seen) > 1, "the link was never in the way"


async def test_what_has_another_name_outside_is_not_changed_through_this_one(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "log").write_text("outside\n")
    (tmp_path / "in" / "log").hardlink_to(tmp_path / "log")
    toolfs = ToolFS()
    toolfs.mount_directory("/toolfs/work", tmp_path / "in")
    session = toolfs.session("a", ALL)
    await toolfs.append("/toolfs/work/log", "inside\n", session)
    await toolfs.write("/toolfs/work/log2", "x", session)
    assert (tmp_path / "log").read_text() == "outside\n"
    assert await toolfs.read_text("/toolfs/work/log", session) == "outside\ninside\n"


async def test_a_pipe_in_a_directory_holds_nobody_up(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    mount = DirectoryMount(tmp_path)
    async with asyncio.timeout(5):
        for work in (mount.read(("pipe",)), mount.append(("pipe",), b"x")):
            with pytest.raises((ToolFSError, StoreError)):
                await work
        assert await mount.list(()) == []


async def test_what_a_killed_write_left_is_swept(tmp_path: Path):
    program = "import os, sys; print(os.getpid())"
    gone = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    (tmp_path / "d").mkdir()
    for folder in (tmp_path, tmp_path / "d"):
        (folder / f".staysail-{gone}-abcdef").write_text("half")
        (folder / f".staysail-{os.getpid()}-abcdef").write_text("being written")
    mount = DirectoryMount(tmp_path)
    await mount.write(("a",), b"x")
    (tmp_path / "d" / f".staysail-{os.getpid()}-abcdef").unlink()
    await mount.delete(("d",))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".staysail-{os.getpid()}-abcdef", "a"]
