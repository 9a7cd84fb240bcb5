"""What every mount of files does, told as a dict of paths does it. It is run on CPython and in pages alike."""

import asyncio
import random
from typing import Any

from staysail import ToolFSError
from staysail.fs.entry import hash_of
from staysail.fs.ports import Mount

type Path = tuple[str, ...]


class Oracle:
    """None is a directory, bytes are a file."""

    def __init__(self) -> None:
        self.tree: dict[Path, bytes | None] = {}

    def do(self, name: str, *args: Any) -> None:
        getattr(self, name)(*args)

    def write(self, path: Path, data: bytes) -> None:
        self._parents(path)
        if self.tree.get(path, b"") is None:
            raise LookupError("is_directory")
        self._make_parents(path)
        self.tree[path] = data

    def append(self, path: Path, data: bytes) -> None:
        self.write(path, (self.tree.get(path) or b"") + data)

    def mkdir(self, path: Path) -> None:
        self._parents(path)
        if self.tree.get(path) is not None:
            raise LookupError("exists")
        self._make_parents(path)
        self.tree[path] = None

    def delete(self, path: Path, recursive: bool) -> None:
        self._parents(path)
        if path not in self.tree:
            raise LookupError("not_found")
        below = [item for item in self.tree if item[: len(path)] == path and item != path]
        if below and not recursive:
            raise LookupError("not_empty")
        for item in [path, *below]:
            del self.tree[item]

    def rename(self, old: Path, new: Path) -> None:
        self._parents(old)
        if old not in self.tree:
            raise LookupError("not_found")
        if old == new:
            return
        if new[: len(old)] == old:
            raise LookupError("bad_path")
        self._parents(new)
        if new in self.tree:
            raise LookupError("exists")
        self._make_parents(new)
        for item in [item for item in self.tree if item[: len(old)] == old]:
            self.tree[new + item[len(old) :]] = self.tree.pop(item)

    def _parents(self, path: Path) -> None:
        if any(self.tree.get(path[:n]) is not None for n in range(1, len(path))):
            raise LookupError("not_a_directory")

    def _make_parents(self, path: Path) -> None:
        for n in range(1, len(path)):
            self.tree[path[:n]] = None


async def do(mount: Mount, name: str, *args: Any) -> None:
    if name == "delete":
        await mount.delete(args[0], recursive=args[1])
    else:
        await getattr(mount, name)(*args)


async def whole(mount: Mount) -> dict[Path, bytes | None]:
    """Everything, found by listing from the root down."""
    found: dict[Path, bytes | None] = {}

    async def walk(folder: Path) -> None:
        entries = await mount.list(folder)
        assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
        for entry in entries:
            path = (*folder, entry.name)
            assert await mount.stat(path) == entry
            found[path] = await mount.read(path) if entry.kind == "file" else None
            if entry.kind == "directory":
                await walk(path)
            else:
                assert entry.size_bytes == len(found[path] or b"")

    await walk(())
    return found


NAMES = ["a", "ab", "b", "é ü.txt", "100%25"]  # few, so that paths meet; one is the beginning of another
CONTENTS = [b"", b"1", b"22", b"\xff\0", bytes(range(256)) * 40]


def random_step(rng: random.Random) -> tuple[Any, ...]:
    def path() -> Path:
        return tuple(rng.choice(NAMES) for _ in range(rng.randint(1, 3)))

    kind = rng.choice(["write", "write", "append", "mkdir", "delete", "rename"])
    match kind:
        case "write" | "append":
            return kind, path(), rng.choice(CONTENTS)
        case "delete":
            return kind, path(), rng.random() < 0.5
        case "rename":
            return kind, path(), path()
    return kind, path()


async def code_of(work: Any) -> str | None:
    try:
        await work
    except ToolFSError as error:
        return error.code
    return None


async def check_mount(mount: Mount, *, steps: int = 60, seed: int = 1) -> None:
    """mount: empty. Raises AssertionError."""
    rng, oracle = random.Random(seed), Oracle()
    for at in range(steps):
        step = random_step(rng)
        try:
            oracle.do(*step)
            expected = None
        except LookupError as error:
            expected = str(error)
        assert await code_of(do(mount, *step)) == expected, step
        if at % 5 == 0 or at == steps - 1:
            assert await whole(mount) == oracle.tree, step
    await check_conditions(mount)
    assert mount.writable


async def check_conditions(mount: Mount) -> None:
    for entry in await mount.list(()):
        await mount.delete((entry.name,), recursive=True)
    await mount.write(("f",), b"one", if_hash="")
    assert await code_of(mount.write(("f",), b"two", if_hash="")) == "changed"
    assert await code_of(mount.write(("f",), b"two", if_hash=hash_of(b"none"))) == "changed"
    await mount.write(("f",), b"two", if_hash=hash_of(b"one"))
    assert await mount.read(("f",)) == b"two"
    for work in (mount.write((), b""), mount.append((), b""), mount.read(())):
        assert await code_of(work) == "is_directory"
    assert await code_of(mount.delete((), recursive=True)) == "refused"
    assert await code_of(mount.read(("none",))) == "not_found"
    assert await code_of(mount.list(("none",))) == "not_found"
    assert await code_of(mount.list(("f",))) == "not_a_directory"
    assert await code_of(mount.stat(("f", "below"))) == "not_a_directory"
    assert (await mount.stat(())).kind == "directory"
    await asyncio.gather(*(mount.append(("log",), b"x") for _ in range(20)))
    assert await mount.read(("log",)) == b"x" * 20
