"""Files of a ToolFS as a KeyValue: each key is a path below a folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from ..core.errors import ToolFSError
from ..core.locks import Lock
from .files import Files
from .session import Session


class FileRecords:
    """A KeyValue over files of a ToolFS. folder: a path such as /toolfs/data/chats, in which the session may read, write, list and
    delete.

    A file system changes one file at a time. A commit of several records is carried out in their order, deletes last, and a crash may
    leave only the first of them. `exclusive` locks within this process.
    """

    def __init__(self, files: Files, session: Session, folder: str) -> None:
        self._files, self._session, self._folder = files, session, folder.rstrip("/")
        self._alone = Lock()

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [await self._read(key) for key in keys]

    async def scan(self, prefix: str) -> list[tuple[str, bytes]]:
        found = [(key, await self._read(key)) for key in await self.keys(prefix)]
        return [(key, data) for key, data in found if data is not None]

    async def keys(self, prefix: str) -> list[str]:
        below = self._path(prefix.rpartition("/")[0])
        if not await self._files.exists(below, self._session):
            return []
        paths = [entry.path async for entry in self._files.walk(below, self._session)]
        keys = [path.removeprefix(f"{self._folder}/") for path in paths]
        return [key for key in keys if key.startswith(prefix)]

    async def commit(self, puts: Mapping[str, bytes], deletes: Collection[str] = ()) -> None:
        for key, data in puts.items():
            await self._files.write(self._path(key), data, self._session)
        for key in deletes:
            if key not in puts and await self._files.exists(self._path(key), self._session):
                await self._files.delete(self._path(key), self._session)

    def exclusive(self) -> AbstractAsyncContextManager[Any]:
        return self._alone

    async def _read(self, key: str) -> bytes | None:
        try:
            return await self._files.read(self._path(key), self._session)
        except ToolFSError as error:
            if error.code in ("not_found", "not_a_directory"):
                return None
            raise

    def _path(self, key: str) -> str:
        return f"{self._folder}/{key}".rstrip("/")
