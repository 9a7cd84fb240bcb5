"""Files in a KeyValue store: the memory mount and the persistent one.

How it works: each file or directory has one record, JSON under `tree/<tree>NUL<folder>NUL<name>`, so a listing is one scan. A file's
record names its content by hash, and the content is one blob or several (see parts.py). Every change is one commit of records and
blobs together, so a crash leaves the state before it or the state after it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..core.errors import CorruptionError, ToolFSError
from ..core.memory_records import MemoryRecords
from ..core.value import Value
from .blobs import Blobs
from .entry import Entry, Kind, already_there, directory, is_directory, not_a_directory, not_found, to_iso
from .parts import Part, Parts
from .path import Path, is_under, to_text
from .ports import KeyValue


class Record(Value):
    """The record of a file or directory. parts: the blobs of a content that is stored in several; otherwise the content is one blob
    under its hash."""

    kind: Kind
    size_bytes: int
    created_at: str
    modified_at: str
    hash: str | None = None
    parts: tuple[Part, ...] = ()

    def to_list(self) -> list[Any]:
        fields = [getattr(self, field) for field in Record.__match_args__]
        return fields if self.parts else fields[:-1]

    @classmethod
    def from_list(cls, fields: Sequence[Any]) -> Record:
        kind, size_bytes, created_at, modified_at, hash, *rest = fields
        parts = tuple((hash, size) for hash, size in rest[0]) if rest else ()
        return cls(kind, size_bytes, created_at, modified_at, hash, parts)

    def encode(self) -> bytes:
        return json.dumps(self.to_list(), separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Record:
        return cls.from_list(json.loads(data))

    @property
    def contents(self) -> tuple[Part, ...]:
        """The blobs that make up the content, in order, with their sizes."""
        return self.parts or (((self.hash, self.size_bytes),) if self.hash else ())

    def entry(self, path: Path) -> Entry:
        size = self.size_bytes if self.kind == "file" else None
        return Entry(to_text(path), self.kind, size, self.created_at, self.modified_at, self.hash)


async def used_by_trees(store: KeyValue) -> set[str]:
    """Returns the hashes of all contents in the trees of a store."""
    records = (Record.decode(data) for _, data in await store.scan("tree/"))
    return {hash for record in records for hash, _ in record.contents}


class TreeMount:
    """A tree of files in a store.

    Args:
        blobs: The contents of the store.
        name: The tree's name, unique in its store.
        kind: The kind of mount that `list` shows.
        now: Returns the time in seconds since 1970.
    """

    writable = True

    def __init__(self, blobs: Blobs, name: str, *, kind: str = "files", now: Callable[[], float] = time.time) -> None:
        self.kind, self.name, self.blobs = kind, name, blobs
        self._store, self._now, self._parts = blobs.store, now, Parts(blobs)
        self._prefix = f"tree/{name}\0"

    @classmethod
    def in_memory(cls, *, quota_bytes: int | None = None, now: Callable[[], float] = time.time) -> TreeMount:
        """Returns a tree that lasts as long as the process."""
        return cls(Blobs(MemoryRecords(quota_bytes=quota_bytes), [used_by_trees]), "memory", kind="memory", now=now)

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return directory(())
        record = await self._record(path)
        return record.entry(path) if record else None

    async def list(self, path: Path) -> list[Entry]:
        if path:
            self._need(await self._record(path), path, "directory")
        prefix = self._children(path)
        found = [(key.removeprefix(prefix), data) for key, data in await self._store.scan(prefix)]
        return [Record.decode(data).entry((*path, name)) for name, data in sorted(found)]

    async def read(self, path: Path) -> bytes:
        record = self._need(await self._record(path), path, "file")
        while True:
            data = await self._parts.read(record.contents)
            if data is not None:
                return data
            # The file was replaced between the two reads and its old content deleted, or the content is lost.
            again = self._need(await self._record(path), path, "file")
            if again == record:
                raise CorruptionError(f"the content of {to_text(path)} is missing in storage; roll back to a snapshot or import one")
            record = again

    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        async with self._store.exclusive():
            held = await self._records_to(path)
            old = _file(path, held)
            if if_hash is not None and if_hash != (old.hash if old else ""):
                raise ToolFSError("this was changed meanwhile; read it again and repeat the change", code="changed", path=to_text(path))
            hash, blob = self.blobs.put(data)
            await self._put(path, held, blob, len(data), hash)

    async def append(self, path: Path, data: bytes) -> None:
        async with self._store.exclusive():
            held = await self._records_to(path)
            old = _file(path, held)
            if old and old.hash:
                hash, parts, blob = await self._parts.append(old.hash, old.contents, data)
                await self._put(path, held, blob, old.size_bytes + len(data), hash, parts)
            else:
                hash, blob = self.blobs.put(data)
                await self._put(path, held, blob, len(data), hash)

    async def _put(
        self, path: Path, held: Mapping[Path, Record], blob: dict[str, bytes], size_bytes: int, hash: str, parts: tuple[Part, ...] = ()
    ) -> None:
        now, old = to_iso(self._now()), held.get(path)
        record = Record("file", size_bytes, old.created_at if old else now, now, hash, parts)
        await self.blobs.commit(blob | self._make_parents(path, held) | {self._key(path): record.encode()})

    async def mkdir(self, path: Path) -> None:
        async with self._store.exclusive():
            held = await self._records_to(path)
            if not path or (path in held and held[path].kind == "directory"):
                return
            if path in held:
                raise already_there(path)
            await self.blobs.commit(self._make_parents((*path, "."), held))

    async def delete(self, path: Path, *, recursive: bool = False) -> None:
        async with self._store.exclusive():
            if not path:
                raise ToolFSError("a mount itself cannot be deleted; delete what is in it", code="refused", path="/")
            record = await self._record(path)
            if record is None:
                raise not_found(path)
            below = await self._below(path) if record.kind == "directory" else {}
            if below and not recursive:
                raise ToolFSError(
                    f"this directory holds {len(below)} entries; delete them first, or delete with recursive",
                    code="not_empty",
                    path=to_text(path),
                )
            await self.blobs.commit({}, [self._key(path), *map(self._key, below)])

    async def rename(self, old: Path, new: Path) -> None:
        async with self._store.exclusive():
            record = await self._record(old) if old else None
            if record is None:
                raise not_found(old)
            if old == new:
                return
            if is_under(new, old):
                raise ToolFSError("a directory cannot be moved into itself", code="bad_path", path=to_text(new))
            held = await self._records_to(new)
            if not new or new in held:
                raise already_there(new)
            moved = {old: record} | (await self._below(old) if record.kind == "directory" else {})
            puts = self._make_parents(new, held)
            puts |= {self._key(new + path[len(old) :]): item.encode() for path, item in moved.items()}
            await self.blobs.commit(puts, [self._key(path) for path in moved])

    async def records(self) -> dict[Path, Record]:
        """Returns all records, for a snapshot."""
        return {self._path(key): Record.decode(data) for key, data in await self._store.scan(self._prefix)}

    async def plan(self, wanted: Mapping[Path, Record]) -> tuple[dict[str, bytes], Sequence[str]]:
        """Returns the records to put and the keys to delete that make the tree equal to `wanted`."""
        held = dict(await self._store.scan(self._prefix))
        puts = {self._key(path): record.encode() for path, record in wanted.items()}
        return {key: data for key, data in puts.items() if held.get(key) != data}, [key for key in held if key not in puts]

    def _need(self, record: Record | None, path: Path, kind: Kind) -> Record:
        if record is None and not path:
            raise is_directory(path)
        if record is None:
            raise not_found(path)
        if record.kind != kind:
            raise is_directory(path) if kind == "file" else not_a_directory(path)
        return record

    async def _record(self, path: Path) -> Record | None:
        return (await self._records_to(path)).get(path)

    async def _records_to(self, path: Path) -> dict[Path, Record]:
        """Returns the records of a path and of the directories above it. Raises ToolFSError if one of the directories is a file."""
        paths = [path[: n + 1] for n in range(len(path))]
        found = await self._store.get([self._key(step) for step in paths])
        held = {step: Record.decode(data) for step, data in zip(paths, found, strict=True) if data is not None}
        for step in paths[:-1]:
            if step in held and held[step].kind == "file":
                raise not_a_directory(step)
        return held

    def _make_parents(self, path: Path, held: Mapping[Path, Record]) -> dict[str, bytes]:
        now = to_iso(self._now())
        made = Record("directory", 0, now, now).encode()
        parents: Iterable[Path] = (path[:n] for n in range(1, len(path)))
        return {self._key(parent): made for parent in parents if parent not in held}

    async def _below(self, path: Path) -> dict[Path, Record]:
        own = "/".join(path)
        records = await self._store.scan(f"{self._prefix}{own}\0") + await self._store.scan(f"{self._prefix}{own}/")
        return {self._path(key): Record.decode(data) for key, data in records}

    def _key(self, path: Path) -> str:
        return self._children(path[:-1]) + path[-1]

    def _children(self, path: Path) -> str:
        return f"{self._prefix}{'/'.join(path)}\0"

    def _path(self, key: str) -> Path:
        folder, _, name = key.removeprefix(self._prefix).partition("\0")
        return (*(folder.split("/") if folder else ()), name)


def _file(path: Path, held: Mapping[Path, Record]) -> Record | None:
    """Returns the record of the existing file, or None. Raises ToolFSError for a directory."""
    if not path or (path in held and held[path].kind == "directory"):
        raise is_directory(path)
    return held.get(path)
