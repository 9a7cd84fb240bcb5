"""Large records in a file of the origin's private file system, six times as fast as IndexedDB, beside a database.

How it works. The database is authoritative: its table `places` says where in the file a record lies. Records are written to unused
places, and count once the database's transaction is complete; an interruption before leaves places that nothing refers to. Several
tabs may have the file open: they write one after another, under the database's lock, and a reader whose record was overwritten finds
a wrong checksum.

Synchronous handles exist in workers only; in the page's own thread large records are read from the file asynchronously, and written
to the database like all others.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any
from urllib.parse import quote

import js
from pyodide.ffi import JsException, create_proxy, to_js

from ..core.errors import QuotaError
from ..core.waiting import refuse_blocking
from ..indexes.ports import Record, bytes_of
from .idb import IdbBlocks
from .idb import open_blocks as open_database
from .idb_database import BLOCKED, translated

LEAST_BYTES = 64 << 10  # smaller records stay in the database
PLACES = ("places", 0)
CHANGING = ("head", "mean", "dead")  # records under other keys never change, so their places may be remembered

type Key = tuple[str, int]
type Place = tuple[int, int]  # offset, bytes


async def open_blocks(name: str) -> FileBlocks:
    """Opens the blocks of this name. Raises ConfigError where there is no IndexedDB, StoreError."""
    refuse_blocking(BLOCKED)
    access = asyncio.ensure_future(_open_access(name, _private_folder()))  # runs while the database is opened and read
    try:
        return FileBlocks(await open_database(name), name, access)
    except BaseException:
        if opened := await access:
            opened.close()
        raise


class FileBlocks:
    """A BlockStore over a database and a file. access: a future of the FileSystemSyncAccessHandle, or of None where there is none."""

    def __init__(self, database: IdbBlocks, name: str, access: asyncio.Future[Any]) -> None:
        self._database, self._name, self._opening = database, name, access
        self._places: dict[Key, Place] = {}
        self._record: Record | None = None  # the record that the places were read from

    @property
    def _access(self) -> Any:
        """The handle; None until it is open. Reading and writing the file wait for `_opening`."""
        return self._opening.result() if self._opening.done() else None

    @property
    def kind(self) -> str:
        return "OPFS and IndexedDB" if self._access else "IndexedDB"

    @property
    def changed(self) -> bool:
        return self._database.changed

    @changed.setter
    def changed(self, value: bool) -> None:
        self._database.changed = value

    async def read(self, requests: Sequence[Key]) -> list[Record | None]:
        records: dict[Key, Record | None] = {}
        while not all(key in self._places and key[0] not in CHANGING for key in requests):
            others = [key for key in requests if key not in self._places]
            *found, record = await self._database.read([*others, PLACES])
            records = dict(zip(others, found, strict=True))
            if record == self._record:
                break
            self._learn(record)
            if all((key in self._places) == (key not in others) for key in requests):
                break
        for key in requests:
            if key in self._places:
                records[key] = await self._read_record(self._places[key])
        return [records[key] for key in requests]

    async def read_into(self, table: str, targets: Mapping[int, memoryview[int]]) -> list[int]:
        if not all((table, key) in self._places for key in targets):
            (record,) = await self._database.read([PLACES])
            self._learn(record)
        places = {key: place for key in targets if (place := self._places.get((table, key)))}
        failed = [key for key, place in places.items() if not await self._read_at(place, targets[key])]
        others = {key: target for key, target in targets.items() if key not in places}
        return failed + (await self._database.read_into(table, others) if others else [])

    def read_parts(self, table: str, parts: Sequence[tuple[int, int]], target: memoryview[int]) -> bool:
        places = [self._places.get((table, key)) for key, _ in parts]
        if not self._access or None in places:
            return False
        size, access, where = len(target) // max(len(parts), 1), self._access, _at(0)
        try:
            with _shown(target) as view:
                for at, (place, (_, offset)) in enumerate(zip(places, parts, strict=True)):
                    where.at = place[0] + offset  # type: ignore[index]
                    if access.read(view.subarray(at * size, (at + 1) * size), where) != size:
                        return False
        except JsException:
            return False
        return True

    async def read_all(self, tables: Sequence[str]) -> dict[str, dict[int, Record]]:
        found = await self._database.read_all([*tables, PLACES[0]])
        self._learn(found.pop(PLACES[0]).get(PLACES[1]))
        for (table, key), place in self._places.items():
            if table in found and (record := await self._read_record(place)) is not None:
                found[table][key] = record
        return found

    async def write(self, puts: Sequence[tuple[str, int, Any]], deletes: Sequence[Key], *, strict: bool) -> None:
        (record,) = await self._database.read([PLACES])
        await self._opening
        self._learn(record)
        touched = {*deletes, *((table, key) for table, key, _ in puts)}
        places = {key: place for key, place in self._places.items() if key not in touched}
        big = [(table, key, data) for table, key, data in puts if self._access and bytes_of(data) >= LEAST_BYTES]
        sizes = [bytes_of(data) for _, _, data in big]
        for (table, key, data), offset, size in zip(big, _free(self._places.values(), sizes), sizes, strict=True):
            self._write_at(offset, data)
            places[table, key] = offset, size
        if strict and big:
            self._access.flush()
        small = [put for put in puts if (put[0], put[1]) not in places]
        if places != self._places:
            record = json.dumps([[*key, *place] for key, place in places.items()], separators=(",", ":")).encode()
            small.append((*PLACES, record))
        await self._database.write(small, [key for key in deletes if key not in self._places], strict=strict)
        self._places, self._record = places, record
        if self._access and touched and not places:
            self._access.truncate(0)

    async def estimate(self) -> tuple[int, int | None]:
        return await self._database.estimate()

    async def persist(self) -> bool:
        return await self._database.persist()

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        return self._database.exclusive()

    def announce(self) -> None:
        self._database.announce()

    async def close(self) -> None:
        if await self._opening:
            self._access.close()
        await self._database.close()

    async def destroy(self) -> None:
        if await self._opening:
            self._access.truncate(0)  # another tab may have it open, and then it cannot be removed
            self._access.close()
        await self._database.destroy()
        try:
            await (await js.navigator.storage.getDirectory()).removeEntry(_file_name(self._name))
        except (JsException, AttributeError):
            return  # there is none, or another tab has it open

    def _learn(self, record: Record | None) -> None:
        if record == self._record:
            return
        self._record = record
        self._places = {(table, key): (offset, size) for table, key, offset, size in json.loads(record or b"[]")}

    def _write_at(self, offset: int, data: Any) -> None:
        for piece in data if isinstance(data, tuple) else (data,):
            try:
                with _shown(piece) as view:
                    written = self._access.write(view, _at(offset))
            except JsException as error:
                raise translated(error) from error
            if written != len(piece):
                raise QuotaError("the browser has no room left for this page")
            offset += written

    async def _read_record(self, place: Place) -> bytearray | None:
        data = bytearray(place[1])
        return data if await self._read_at(place, memoryview(data)) else None

    async def _read_at(self, place: Place, target: memoryview[int]) -> bool:
        """Fills the target from the file. Returns whether the file was long enough."""
        offset, size = place
        if size != len(target):
            return False
        try:
            if await self._opening:
                with _shown(target) as view:
                    return int(self._access.read(view, _at(offset))) == size
            folder = await js.navigator.storage.getDirectory()
            file = await (await folder.getFileHandle(_file_name(self._name))).getFile()
            data = await file.slice(offset, offset + size).arrayBuffer()
            if data.byteLength == size:
                data.assign_to(target)
            return bool(data.byteLength == size)
        except JsException:
            return False


def _private_folder() -> Any:
    """Returns a promise of the private folder, requested at once."""
    storage: Any = getattr(getattr(js, "navigator", None), "storage", None)
    return storage.getDirectory() if hasattr(storage, "getDirectory") else None


async def _open_access(name: str, promise: Any) -> Any:
    """Opens the handle. Returns None outside workers, and where the browser allows it in one tab only and another tab has it."""
    if promise is None:
        return None
    try:
        folder = await promise
        if not hasattr(getattr(js, "FileSystemFileHandle", None), "prototype") or not hasattr(
            js.FileSystemFileHandle.prototype, "createSyncAccessHandle"
        ):
            return None
        file = await folder.getFileHandle(_file_name(name), to_js({"create": True}, dict_converter=js.Object.fromEntries))
        return await file.createSyncAccessHandle(to_js({"mode": "readwrite-unsafe"}, dict_converter=js.Object.fromEntries))
    except (JsException, AttributeError):
        return None


def _free(taken: Any, sizes: Sequence[int]) -> list[int]:
    """Returns the places for records of `sizes`: the first gap that each fits in, or the end."""
    gaps, end = [], 0
    for offset, size in sorted(taken):
        if offset > end:
            gaps.append([end, offset - end])
        end = offset + size
    found = []
    for size in sizes:
        gap = next((gap for gap in gaps if gap[1] >= size), None)
        if gap:
            found.append(gap[0])
            gap[0], gap[1] = gap[0] + size, gap[1] - size
        else:
            found.append(end)
            end += size
    return found


@contextmanager
def _shown(data: Any) -> Iterator[Any]:
    """Yields the bytes as a Uint8Array over the same memory."""
    proxy = create_proxy(data)
    shown = proxy.getBuffer("u8")
    try:
        yield shown.data
    finally:
        shown.release()
        proxy.destroy()


def _at(offset: int) -> Any:
    return to_js({"at": offset}, dict_converter=js.Object.fromEntries)


def _file_name(name: str) -> str:
    return quote(name, safe="")
