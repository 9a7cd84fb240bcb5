"""The files of a ToolFS: one tree of mounts, in which each call runs under a session with limits and is recorded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from ..core.defaults import default_transport
from ..core.errors import ConfigError, ToolFSError
from ..core.ports import HttpRequest, Transport
from ..core.value import NOTHING
from ..core.waiting import timeout
from .audit import Audit
from .call import Call
from .entry import Entry, directory, is_directory, not_found
from .mounts import Mounts, located
from .network import fetch
from .path import ROOT, Path, resolve, resolve_path, to_text
from .ports import Mount, SessionMount
from .session import Operation, Session
from .work_time import Work


class Files:
    """The file operations of a ToolFS.

    Paths are text such as /toolfs/data/a.txt. Every method that works on paths takes a session. It raises ToolFSError where the
    session does not allow the call, the call fails or the path does not exist, and StoreError where the storage fails. Every call is
    recorded in the audit before it returns.
    """

    def __init__(self, audit: Audit, transport: Transport | None) -> None:
        self.audit = audit
        self.mounts = Mounts()
        self._transport = transport
        self._ready = False

    async def recover(self) -> None:
        """Completes work that a crash interrupted. The first call does it too."""

    async def read(self, path: str, session: Session) -> bytes:
        """Returns a file's content."""
        async with self._call(session, "read", path) as call:
            place = resolve(path)
            call.need("read", place.path)
            at, mount = self._find(place.path, session, place.query)
            return call.took(await located(at, mount.read(place.path[len(at) :])))

    async def read_text(self, path: str, session: Session) -> str:
        """Returns a file's content as text. Raises ToolFSError ("bad_request") for content that is not UTF-8."""
        data = await self.read(path, session)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise ToolFSError(f"{path} is no text: {len(data)} bytes that are not UTF-8", code="bad_request", path=path) from error

    async def write(self, path: str, content: str | bytes, session: Session, *, if_hash: str | None = None) -> Entry:
        """Creates or replaces a file, with the directories above it. if_hash: writes only if the file still has this hash; "" if there
        must be no file."""
        async with self._call(session, "write", path) as call:
            at, mount, inside = self._place(call, "write", path)
            data = call.took(as_bytes(content))
            await located(at, mount.write(inside, data, if_hash=if_hash))
            # A plugin need not list a file that it accepted.
            return await self._stat(at + inside, session) or Entry(to_text(at + inside), "file", len(data))

    async def append(self, path: str, content: str | bytes, session: Session) -> Entry:
        """Appends to a file, which is created if it is missing."""
        async with self._call(session, "append", path) as call:
            at, mount, inside = self._place(call, "write", path)
            await located(at, mount.append(inside, call.took(as_bytes(content))))
            return await self._entry(at + inside, session)

    async def list(self, path: str, session: Session) -> list[Entry]:
        """Returns the entries of a directory by name, without those that the session may not use."""
        async with self._call(session, "list", path) as call:
            folder = resolve_path(path)
            call.need("list", folder)
            entries = {child[-1]: directory(child) for child in self._mounted_in(folder)}
            found = self.mounts.find(folder)
            if found:
                at, mount = self._find(folder, session)
                if not entries or await located(at, mount.stat(folder[len(at) :])) is not None:
                    listed = await located(at, mount.list(folder[len(at) :]))
                    entries = {entry.name: entry.replace(path=to_text((*folder, entry.name))) for entry in listed} | entries
            elif not entries and folder != ROOT:
                raise _located(not_found(folder))
            return [entries[name] for name in sorted(entries) if session.sees((*folder, name))]

    async def stat(self, path: str, session: Session) -> Entry:
        """Returns the entry of a file or directory."""
        async with self._call(session, "stat", path) as call:
            place = resolve_path(path)
            call.need("read" if session.may("read", place) else "list", place)
            return await self._entry(place, session)

    async def exists(self, path: str, session: Session) -> bool:
        """Returns whether the path exists."""
        try:
            await self.stat(path, session)
        except ToolFSError as error:
            if error.code in ("not_found", "not_a_directory"):
                return False
            raise
        return True

    async def delete(self, path: str, session: Session, *, recursive: bool = False) -> None:
        """Deletes a file or directory. recursive: also a directory that is not empty."""
        async with self._call(session, "delete", path, recursive=recursive) as call:
            at, mount, inside = self._place(call, "delete", path)
            self._check_holds_no_mount(at + inside)
            await located(at, mount.delete(inside, recursive=recursive))

    async def rename(self, old: str, new: str, session: Session) -> Entry:
        """Renames a file or directory; it never replaces another. Between two mounts it moves a single file, which is complete in the
        new place before the old one is deleted."""
        async with self._call(session, "rename", old, to=new) as call:
            from_at, source, from_inside = self._place(call, "read", old)
            call.need("delete", from_at + from_inside)
            to_at, target, to_inside = self._place(call, "write", new)
            self._check_holds_no_mount(from_at + from_inside)
            if from_at == to_at:
                await located(from_at, source.rename(from_inside, to_inside))
            else:
                data = call.took(await located(from_at, source.read(from_inside)))
                await located(to_at, target.write(to_inside, data, if_hash=""))
                await located(from_at, source.delete(from_inside))
            return await self._entry(to_at + to_inside, session)

    async def mkdir(self, path: str, session: Session) -> Entry:
        """Creates a directory with the directories above it. An existing directory stays as it is."""
        async with self._call(session, "mkdir", path) as call:
            at, mount, inside = self._place(call, "write", path)
            await located(at, mount.mkdir(inside))
            return await self._entry(at + inside, session)

    async def walk(self, path: str, session: Session) -> AsyncGenerator[Entry]:
        """Yields every file below a directory that the session may list, by path."""
        for entry in await self.list(path, session):
            if entry.kind == "file":
                yield entry
            elif session.may("list", resolve_path(entry.path)):
                async for inner in self.walk(entry.path, session):
                    yield inner

    async def fetch(
        self, url: str, session: Session, *, method: str = "GET", headers: Mapping[str, str] = NOTHING, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Sends an HTTP request to a host that the session may reach. Returns status, headers and body. Every redirect is checked as the
        first address is."""
        async with self._call(session, "fetch", url.partition("?")[0], method=method) as call:
            call.took(body)
            request = HttpRequest(method.upper(), url, {name.lower(): value for name, value in headers.items()}, body)
            status, received, data = await fetch(self._transport or default_transport(), request, session.check_host)
            return status, received, call.took(data)

    def _place(self, call: Call, operation: Operation, text: str) -> tuple[Path, Mount, Path]:
        """Returns the path of the mount, the mount, and the path within it, if the session allows the operation on the path."""
        path = resolve_path(text)
        call.need(operation, path)
        at, mount = self._find(path, call.session)
        return at, mount, path[len(at) :]

    def _find(self, path: Path, session: Session, query: str | None = None) -> tuple[Path, Mount]:
        found = self.mounts.find(path)
        if found is None:
            if path == ROOT or not path or self._mounted_in(path):
                raise _located(is_directory(path))
            raise ToolFSError(
                f"{to_text(path)} belongs to no mount; there are: {', '.join(to_text(at) for at, _ in self.mounts.items())}",
                code="not_found",
                path=to_text(path),
            )
        at, mount = found
        if hasattr(mount, "under"):  # isinstance with a Protocol takes ten times as long
            return at, cast(SessionMount, mount).under(session, query)
        if query is not None:
            raise ToolFSError(f"{to_text(path)} takes no query; a name cannot hold '?'", code="bad_path", path=to_text(path))
        return at, mount

    async def _entry(self, path: Path, session: Session) -> Entry:
        entry = await self._stat(path, session)
        if entry is None:
            raise _located(not_found(path))
        return entry

    async def _stat(self, path: Path, session: Session) -> Entry | None:
        if path in ((), ROOT) or path in self._mounted_in(path[:-1]):
            return directory(path)
        at, mount = self._find(path, session)
        entry = await located(at, mount.stat(path[len(at) :]))
        return entry.replace(path=to_text(path)) if entry else None

    def _mounted_in(self, folder: Path) -> set[Path]:
        """Returns the mounts in a folder, and the directories that lead to mounts."""
        return {path[: len(folder) + 1] for path in self.mounts.below(folder)}

    def _check_holds_no_mount(self, path: Path) -> None:
        below = self.mounts.below(path)
        if below:
            raise ToolFSError(
                f"{to_text(path)} holds the mount {to_text(below[0])}; unmount that first", code="refused", path=to_text(path)
            )

    @asynccontextmanager
    async def _call(self, session: Session, operation: str, path: str, **detail: Any) -> AsyncGenerator[Call]:
        """Wraps a call: checks the session's limits and records the outcome."""
        if not isinstance(session, Session):
            raise ConfigError("give a session: toolfs.session('agent', {'/toolfs/data': 'read list'})")
        if not self._ready:
            await self.recover()
            self._ready = True
        call, started = Call(session, path), time.perf_counter()
        error: BaseException | None = None
        work: Work | None = None
        limit: asyncio.Timeout | None = None
        limit_s: float | None = None
        try:
            work = session.begin()
            limit_s = work.left_s
            async with timeout(limit_s) as limit:
                work.keep_within(limit)
                yield call
        except TimeoutError as late:
            if limit is None or not limit.expired():
                error = late
                raise
            why = f"session {session.name!r} has no time left: {operation} did not end within {limit_s:.3g} s"
            error = refusal = ToolFSError(why, code="limit", path=path)
            raise refusal from late
        except BaseException as raised:
            error = raised
            if isinstance(raised, ToolFSError):
                raised.path = raised.path or path
            raise
        finally:
            seconds = time.perf_counter() - started
            if work is not None:
                work.end()
            await self.audit.write(call.record(operation, detail, seconds, error), secrets=session.secrets)


def as_bytes(content: str | bytes) -> bytes:
    if not isinstance(content, str | bytes | bytearray | memoryview):
        raise ToolFSError(f"a file's content is text or bytes, not {type(content).__name__}", code="bad_request")
    try:
        return content.encode() if isinstance(content, str) else bytes(content)
    except UnicodeEncodeError as error:
        raise ToolFSError("the text holds half a character (a lone surrogate), which no file can", code="bad_request") from error


def _located(error: ToolFSError) -> ToolFSError:
    return ToolFSError(f"{error.path}: {error}", code=error.code, path=error.path)
