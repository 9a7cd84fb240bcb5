"""One call under a session: its permissions, its size, and its audit record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..core.errors import StaysailError, ToolFSError
from ..core.value import NOTHING
from .entry import Entry
from .path import Path
from .session import Operation, Session

REFUSALS = frozenset({"refused", "limit", "bad_path", "read_only"})


class Call:
    """A call under a session. failure: why a call that raised no error failed."""

    def __init__(self, session: Session, path: str) -> None:
        self.session, self.path = session, path
        self.size_bytes = 0
        self.failure: str | None = None

    def need(self, operation: Operation, path: Path) -> None:
        """Raises ToolFSError ("refused") if the operation is not allowed."""
        self.session.check(operation, path)

    def took(self, data: bytes) -> bytes:
        """Counts the size of the data and returns the data. Raises ToolFSError ("limit")."""
        self.session.take_bytes(len(data))
        self.size_bytes += len(data)
        return data

    def record(self, operation: str, detail: Mapping[str, Any], seconds: float, error: BaseException | None) -> dict[str, Any]:
        """Returns the call's audit record."""
        refused = isinstance(error, ToolFSError) and error.code in REFUSALS
        record: dict[str, Any] = {
            "session": self.session.name,
            "operation": operation,
            "path": self.path if isinstance(self.path, str) else f"<{type(self.path).__name__}>",
            "decision": "refused" if refused else "allowed",
            "outcome": "ok" if error is None and self.failure is None else "failed",
            "size_bytes": self.size_bytes,
            "duration_ms": round(seconds * 1000, 3),
        }
        if error is not None or self.failure is not None:
            record["code"] = error.code if isinstance(error, StaysailError) else type(error).__name__ if error else "plugin"
            record["error"] = str(error) if error else self.failure
        if detail:
            record["detail"] = dict(detail)
        return record


class Files(Protocol):
    """The port of ToolFS that CallFiles calls."""

    async def read(self, path: str, session: Session) -> bytes: ...
    async def write(self, path: str, content: str | bytes, session: Session) -> Entry: ...
    async def list(self, path: str, session: Session) -> list[Entry]: ...
    async def stat(self, path: str, session: Session) -> Entry: ...
    async def delete(self, path: str, session: Session) -> None: ...
    async def mkdir(self, path: str, session: Session) -> Entry: ...
    async def rename(self, old: str, new: str, session: Session) -> Entry: ...
    async def fetch(
        self, url: str, session: Session, *, method: str = "GET", headers: Mapping[str, str] = NOTHING, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]: ...


class CallFiles:
    """The PluginFiles of one call."""

    def __init__(self, files: Files, session: Session) -> None:
        self._files, self.__session = files, session
        self._open = True

    async def read(self, path: str) -> bytes:
        return await self._files.read(path, self._session())

    async def write(self, path: str, data: str | bytes) -> None:
        await self._files.write(path, data, self._session())

    async def list(self, path: str) -> list[Entry]:
        return await self._files.list(path, self._session())

    async def stat(self, path: str) -> Entry:
        return await self._files.stat(path, self._session())

    async def delete(self, path: str) -> None:
        await self._files.delete(path, self._session())

    async def mkdir(self, path: str) -> None:
        await self._files.mkdir(path, self._session())

    async def rename(self, old: str, new: str) -> None:
        await self._files.rename(old, new, self._session())

    async def fetch(
        self, url: str, method: str = "GET", headers: Mapping[str, str] = NOTHING, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        return await self._files.fetch(url, self._session(), method=method, headers=headers, body=body)

    def close(self) -> None:
        self._open = False

    def _session(self) -> Session:
        if not self._open:
            raise ToolFSError("the plugin's call is over; files are open only as long as it lasts", code="refused")
        return self.__session
