"""Snapshots: the content of every tree and registered state at one moment, stored by hash.

How it works: a snapshot is a small manifest that names a listing for each tree. A listing (itself a blob) holds paths with the hashes
of their contents, so an unchanged file costs nothing. A rollback replaces the records of all trees of the store in one commit, which
also writes a note of the pending rollback; then it restores trees of other stores and registered states, and deletes the note.
A ToolFS that finds the note when it opens completes the rollback.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from ..core.errors import CorruptionError, ToolFSError
from ..core.value import NOTHING, Value
from .blobs import PREFIX as BLOB
from .blobs import Blobs
from .entry import hash_of, to_iso
from .path import Path, check_name
from .ports import Exportable, KeyValue
from .tree import Record, TreeMount

PREFIX = "snapshot/"
HEAD = "snapshots-head"
PENDING = "snapshots-pending"

type Files = dict[str, Record]  # by "<tree>/<path>"


class Snapshot(Value):
    """The manifest of a snapshot.

    Attributes:
        name: The directory under /toolfs/snapshots.
        created_at: The time as 2026-01-31T12:00:00.000Z.
        trees: The hash of each tree's listing by the tree's name.
        states: The hash of each state's export by the state's name.
        parent: The id of the snapshot that was taken or restored last before it.
        files: The number of files.
        size_bytes: The size of all files.
    """

    name: str
    created_at: str
    trees: Mapping[str, str] = NOTHING
    states: Mapping[str, str] = NOTHING
    parent: str | None = None
    files: int = 0
    size_bytes: int = 0

    @property
    def id(self) -> str:
        return hash_of(json.dumps(self._fields_as_dict(), sort_keys=True).encode())[:16]

    def _fields_as_dict(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in Snapshot._fields} | {"trees": dict(self.trees), "states": dict(self.states)}

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id} | self._fields_as_dict()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Snapshot:
        return cls(**{field: data[field] for field in cls.__match_args__})

    def encode(self) -> bytes:
        return json.dumps(self.to_dict(), ensure_ascii=False).encode()


class Diff(Value):
    """The changes between two snapshots: sorted paths.

    Attributes:
        changed: Paths with another content, or with a directory in place of a file.
        states: Names of the states that differ.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    states: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {field: list(getattr(self, field)) for field in Diff.__match_args__}


async def used_by_snapshots(store: KeyValue) -> set[str]:
    """Returns the hashes of all contents that a snapshot in the store needs."""
    snapshots = [Snapshot.from_dict(json.loads(data)) for _, data in await store.scan(PREFIX)]
    listings = {hash for snapshot in snapshots for hash in snapshot.trees.values()}
    used = listings | {hash for snapshot in snapshots for hash in snapshot.states.values()}
    for data in await store.get([BLOB + hash for hash in sorted(listings)]):
        used |= contents_in(decode_listing(data or b"[]"))
    return used


class Snapshots:
    """The snapshots of one ToolFS.

    Args:
        blobs: The contents of the store.
        trees: Returns the trees that take part, by name.
        now: Returns the time in seconds since 1970.

    Attributes:
        states: Further states that take part, by name.
    """

    def __init__(self, blobs: Blobs, trees: Callable[[], Mapping[str, TreeMount]], *, now: Callable[[], float]) -> None:
        self.states: dict[str, Exportable] = {}
        self.blobs = blobs
        self._store, self._trees, self._now = blobs.store, trees, now

    async def create(self, name: str | None = None) -> Snapshot:
        """Takes a snapshot. name: the directory under /toolfs/snapshots; the time, if left out. Raises ToolFSError ("exists")."""
        async with self._store.exclusive():
            return await self._create(name, await self._head())

    async def _create(self, name: str | None, parent: str | None) -> Snapshot:
        known = await self._all()
        created_at = to_iso(self._now())
        name = check_name(name) if name is not None else _unused(created_at.replace(":", "-"), known)
        _check_unused(name, known)
        puts: dict[str, bytes] = {}
        trees, count, size_bytes = {}, 0, 0
        for tree_name, (records, contents) in (await self._take_trees()).items():
            hash, blob = self.blobs.put(encode_listing(records))
            puts |= blob | contents
            trees[tree_name] = hash
            count += sum(record.kind == "file" for record in records.values())
            size_bytes += sum(record.size_bytes for record in records.values())
        states = {}
        for state_name, state in self.states.items():
            states[state_name], blob = self.blobs.put(await state.export())
            puts |= blob
        snapshot = Snapshot(name, created_at, trees, states, parent, count, size_bytes)
        await self.blobs.commit(puts | {PREFIX + name: snapshot.encode(), HEAD: snapshot.id.encode()})
        return snapshot

    async def list(self) -> list[Snapshot]:
        """Returns all snapshots, oldest first."""
        return sorted((await self._all()).values(), key=lambda snapshot: (snapshot.created_at, snapshot.name))

    async def get(self, name: str) -> Snapshot:
        """Returns a snapshot by name or id. Raises ToolFSError ("not_found")."""
        known = await self._all()
        found = known.get(name) or next((snapshot for snapshot in known.values() if snapshot.id == name), None)
        if found is None:
            raise ToolFSError(
                f"there is no snapshot {name!r}; there are: {', '.join(sorted(known)) or 'none'}",
                code="not_found",
                path=f"/toolfs/snapshots/{name}",
            )
        return found

    async def diff(self, old: str, new: str | None = None) -> Diff:
        """Returns the changes from one snapshot to another, or to the present."""
        before = await self.get(old)
        if new is not None:
            after = await self.get(new)
            files, states = await self.files(after), dict(after.states)
        else:
            files = {
                f"{name}/{'/'.join(path)}": record
                for name, tree in self._trees().items()
                for path, record in (await tree.records()).items()
            }
            states = {name: hash_of(await state.export()) for name, state in self.states.items()}
        return compare(await self.files(before), files, before.states, states)

    async def files(self, snapshot: Snapshot) -> Files:
        """Returns the records of a snapshot by path from /toolfs."""
        return {
            f"{name}/{'/'.join(path)}": record
            for name, hash in snapshot.trees.items()
            for path, record in decode_listing(await self.blobs.need(hash)).items()
        }

    async def rollback(self, name: str) -> Snapshot:
        """Restores every tree and state of a snapshot: later files are deleted, deleted files are back. A tree that was mounted since,
        or is not mounted now, stays as it is. Raises CorruptionError, and changes nothing, where a content is missing."""
        async with self._store.exclusive():
            snapshot = await self.get(name)
            await self._check_complete(snapshot)
            puts, deletes = await self._plan_own_trees(snapshot)
            await self.blobs.commit(puts | {PENDING: snapshot.name.encode(), HEAD: snapshot.id.encode()}, deletes)
            await self._restore_rest(snapshot)
            return snapshot

    async def finish_rollback(self) -> None:
        """Completes an interrupted rollback."""
        if (await self._store.get([PENDING]))[0] is None:
            return
        async with self._store.exclusive():
            (pending,) = await self._store.get([PENDING])
            if pending is not None:
                await self._restore_rest(await self.get(pending.decode()))

    async def branch(self, name: str, new_name: str) -> Snapshot:
        """Copies a snapshot under a new name, as the start of a separate line of snapshots; roll back to it to work there."""
        async with self._store.exclusive():
            snapshot, known = await self.get(name), await self._all()
            _check_unused(check_name(new_name), known)
            branched = snapshot.replace(name=check_name(new_name), created_at=to_iso(self._now()), parent=snapshot.id)
            await self.blobs.commit({PREFIX + branched.name: branched.encode()})
            return branched

    async def delete(self, name: str) -> None:
        """Deletes a snapshot and the contents that only it needs."""
        async with self._store.exclusive():
            await self._store.commit({}, [PREFIX + (await self.get(name)).name])
            await self.blobs.sweep()

    async def add(self, snapshot: Snapshot, contents: Mapping[str, bytes]) -> Snapshot:
        """Adds an imported snapshot with its contents by hash, which the caller has checked."""
        async with self._store.exclusive():
            known = await self._all()
            if known.get(snapshot.name) == snapshot:
                return snapshot
            _check_unused(snapshot.name, known)
            missing = await self.blobs.missing(await self.contents_of(snapshot, contents) - contents.keys())
            if missing:
                raise ToolFSError(f"the snapshot is not whole: {len(missing)} of its contents are missing", code="bad_request")
            await self.blobs.commit({BLOB + hash: data for hash, data in contents.items()} | {PREFIX + snapshot.name: snapshot.encode()})
            return snapshot

    async def contents_of(self, snapshot: Snapshot, imported: Mapping[str, bytes] = NOTHING) -> set[str]:
        """Returns every hash that a snapshot needs. imported: contents that are not in the store yet."""
        needed = {*snapshot.trees.values(), *snapshot.states.values()}
        for hash in snapshot.trees.values():
            listing = imported.get(hash) or await self.blobs.need(hash)
            needed |= contents_in(decode_listing(listing))
        return needed

    async def _take_trees(self) -> dict[str, tuple[dict[Path, Record], dict[str, bytes]]]:
        """Returns the records of each tree, and its contents that this store does not hold."""
        taken = {}
        async with AsyncExitStack() as locks:
            for name, tree in self._trees().items():
                contents: dict[str, bytes] = {}
                if tree.blobs is not self.blobs:
                    await locks.enter_async_context(tree.blobs.store.exclusive())
                records = await tree.records()
                if tree.blobs is not self.blobs:
                    contents = {BLOB + hash: await tree.blobs.need(hash) for hash in await self.blobs.missing(contents_in(records))}
                taken[name] = records, contents
        return taken

    async def _plan_own_trees(self, snapshot: Snapshot) -> tuple[dict[str, bytes], set[str]]:
        puts: dict[str, bytes] = {}
        deletes: set[str] = set()
        for name, tree in self._trees().items():
            if name in snapshot.trees and tree.blobs is self.blobs:
                tree_puts, tree_deletes = await tree.plan(decode_listing(await self.blobs.need(snapshot.trees[name])))
                puts |= tree_puts
                deletes.update(tree_deletes)
        return puts, deletes

    async def _restore_rest(self, snapshot: Snapshot) -> None:
        for name, tree in self._trees().items():
            if name in snapshot.trees and tree.blobs is not self.blobs:
                wanted = decode_listing(await self.blobs.need(snapshot.trees[name]))
                async with tree.blobs.store.exclusive():
                    contents = {BLOB + hash: await self.blobs.need(hash) for hash in await tree.blobs.missing(contents_in(wanted))}
                    puts, deletes = await tree.plan(wanted)
                    await tree.blobs.commit(contents | puts, deletes)
        for name, state in self.states.items():
            if name in snapshot.states:
                await state.import_(await self.blobs.need(snapshot.states[name]))
        await self._store.commit({}, [PENDING])

    async def _check_complete(self, snapshot: Snapshot) -> None:
        missing = await self.blobs.missing(await self.contents_of(snapshot))
        if missing:
            raise CorruptionError(
                f"the snapshot {snapshot.name} lacks {len(missing)} contents; nothing was changed; import it again if you can"
            )

    async def _all(self) -> dict[str, Snapshot]:
        found = (Snapshot.from_dict(json.loads(data)) for _, data in await self._store.scan(PREFIX))
        return {snapshot.name: snapshot for snapshot in found}

    async def _head(self) -> str | None:
        (head,) = await self._store.get([HEAD])
        return head.decode() if head else None


def compare(before: Files, after: Files, states_before: Mapping[str, str] = NOTHING, states_after: Mapping[str, str] = NOTHING) -> Diff:
    changed = [path for path in before.keys() & after.keys() if _content(before[path]) != _content(after[path])]
    states = [name for name in states_before.keys() | states_after.keys() if states_before.get(name) != states_after.get(name)]
    return Diff(_sorted(after.keys() - before.keys()), _sorted(before.keys() - after.keys()), _sorted(changed), _sorted(states))


def encode_listing(records: Mapping[Path, Record]) -> bytes:
    rows = [["/".join(path), *record.to_list()] for path, record in sorted(records.items())]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def decode_listing(data: bytes) -> dict[Path, Record]:
    return {tuple(path.split("/")): Record.from_list(fields) for path, *fields in json.loads(data)}


def contents_in(records: Mapping[Path, Record]) -> set[str]:
    """Returns the hashes of the blobs that records need."""
    return {hash for record in records.values() for hash, _ in record.contents}


def _content(record: Record) -> tuple[str, str | None]:
    return record.kind, record.hash


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _unused(name: str, known: Mapping[str, Snapshot]) -> str:
    return next(name if not n else f"{name}-{n + 1}" for n in range(len(known) + 1) if (name if not n else f"{name}-{n + 1}") not in known)


def _check_unused(name: str, known: Mapping[str, Snapshot]) -> None:
    if name in known or any(snapshot.id == name for snapshot in known.values()):
        raise ToolFSError(f"there is a snapshot {name!r} already; take another name, or delete that one", code="exists")
