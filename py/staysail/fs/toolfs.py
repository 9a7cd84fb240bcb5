"""ToolFS: one tree of files, memory, retrieval, skills, plugins and snapshots that an agent works through, each call under a session."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ..core.defaults import default_transport
from ..core.errors import ConfigError, StaysailError, ToolFSError
from ..core.ports import HttpRequest, Transport
from ..core.value import NOTHING
from ..core.waiting import timeout
from . import archive
from .agent_tools import make_tools
from .audit import Audit, AuditMount
from .blobs import Blobs
from .call import Call, CallFiles
from .chain import run_chain
from .entry import Entry, directory, is_directory, not_found
from .http_mount import HttpMount
from .memory import MemoryMount, new_id
from .memory_store import MemoryStore
from .mounts import Mounted, Mounts, located
from .network import fetch
from .path import ROOT, Path, check_name, resolve, resolve_path, to_text
from .plugin_mount import PluginMount
from .plugins import Installed, Plugins, PluginsMount
from .ports import Embedder, Exportable, KeyValue, Mount, PluginHost, SessionMount
from .rag import RagMount
from .search import Query, checked_query
from .session import Grant, Operation, Session
from .skills import Skill, read_skill
from .snapshots import Diff, Snapshot, Snapshots, used_by_snapshots
from .snapshots_mount import SnapshotsMount
from .tree import TreeMount, used_by_trees

type Skills = list[Skill]  # the methods below hide `list`
type Results = list[dict[str, Any]]
type Tools = list[Any]

SKILLS = (*ROOT, "skills")
MEMORY = (*ROOT, "memory")
PLUGINS = (*ROOT, "plugins")
SNAPSHOTS = (*ROOT, "snapshots")
RAG = (*ROOT, "rag", "query")


class ToolFS:
    """store: keeps everything; without one it lasts as long as the process. search_index: what /toolfs/rag searches, anything with
    `top_n(query, n)`. embedder: lets memory be searched by meaning too. transport: for HTTP mounts and plugins; the default one of the
    package. plugin_host: runs plugins that are no Python objects. secrets: texts that the audit never shows. now: seconds since 1970.

    Paths are text such as /toolfs/data/a.txt. Every method that works on them takes a session and raises ToolFSError where it may not,
    cannot or finds nothing, and StoreError where the storage fails; every call is written into the audit before it returns."""

    def __init__(
        self,
        store: KeyValue | None = None,
        *,
        search_index: Any = None,
        embedder: Embedder | None = None,
        transport: Transport | None = None,
        plugin_host: PluginHost | None = None,
        secrets: Sequence[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._transport, self._now = store or MemoryStore(), transport, now
        self._blobs = Blobs(self._store, [used_by_trees, used_by_snapshots])
        self._ready = False
        self.audit = Audit(self._store, now=now, secrets=secrets)
        self.plugins = Plugins(lambda session: CallFiles(self, session), plugin_host)
        self.snapshots = Snapshots(self._blobs, self._trees, now=now)
        self.mounts = Mounts()
        self._memory = MemoryMount(TreeMount(self._blobs, "memory", kind="memory", now=now), embedder)
        built_in: dict[str, Mounted] = {
            "memory": self._memory,
            "rag": RagMount(search_index),
            "skills": TreeMount(self._blobs, "skills", kind="skills", now=now),
            "plugins": PluginsMount(self.plugins),
            "snapshots": SnapshotsMount(self.snapshots),
            "audit": AuditMount(self.audit),
        }
        self._built_in = {self.mounts.add(f"/toolfs/{name}", mount) for name, mount in built_in.items()}
        if isinstance(search_index, Exportable):
            self.snapshots.states["rag"] = search_index

    # Setting up: by the program, without a session.

    def mount(self, path: str, mount: Mounted | None = None) -> Mounted:
        """Without a mount, files that the store keeps. Raises ConfigError."""
        mount = mount or TreeMount(self._blobs, "/".join(resolve_path(path)), now=self._now)
        self.mounts.add(path, mount)
        return mount

    def mount_memory(self, path: str, *, quota_bytes: int | None = None) -> Mounted:
        """Files that last as long as the process."""
        return self.mount(path, TreeMount.in_memory(quota_bytes=quota_bytes, now=self._now))

    def mount_http(self, path: str, base_url: str, **options: Any) -> Mounted:
        """Files of a web server, to be read. Options are those of HttpMount."""
        return self.mount(path, HttpMount(base_url, transport=self._transport or default_transport(), **options))

    def mount_plugin(self, path: str, name: str, *, writable: bool = False) -> Mounted:
        """A plugin as a directory."""
        self.plugins.need(name)
        return self.mount(path, PluginMount(self.plugins.execute, name, writable=writable))

    def unmount(self, path: str) -> None:
        """What the store keeps of it stays. Raises ConfigError."""
        if resolve_path(path) in self._built_in:
            raise ConfigError(f"{path} is part of ToolFS and stays")
        self.mounts.remove(path)

    async def add_plugin(self, plugin: Any, **options: Any) -> Installed:
        """Options are those of Plugins.add: grant, config, timeout_s, output_bytes. Raises ConfigError."""
        installed = await self.plugins.add(plugin, **options)
        state = getattr(installed.plugin, "target", installed.plugin)
        if isinstance(state, Exportable):
            self.snapshots.states[f"plugin:{installed.plugin.name}"] = state
        return installed

    def remove_plugin(self, name: str) -> None:
        self.plugins.remove(name)
        self.snapshots.states.pop(f"plugin:{name}", None)

    def add_state(self, name: str, state: Exportable) -> None:
        """Something else that snapshots take and put back."""
        self.snapshots.states[check_name(name)] = state

    def session(
        self,
        name: str,
        paths: Mapping[str, str | Sequence[str]] | None = None,
        *,
        hosts: Mapping[str, str | Sequence[str]] | None = None,
        calls: int | None = None,
        size_bytes: int | None = None,
        seconds: float | None = None,
        memory: str | None = None,
        secrets: Sequence[str] = (),
    ) -> Session:
        """What is not granted here is refused: see Grant.of for `paths` and `hosts`. memory: whose memory it sees; its own, by its name,
        if left out."""
        grant = Grant.of(paths, hosts, calls=calls, size_bytes=size_bytes, seconds=seconds)
        return Session(check_name(name), grant, memory=check_name(memory) if memory else None, secrets=secrets)

    # Files.

    async def read(self, path: str, session: Session) -> bytes:
        async with self._call(session, "read", path) as call:
            place = resolve(path)
            call.need("read", place.path)
            at, mount = self._find(place.path, session, place.query)
            return call.took(await located(at, mount.read(place.path[len(at) :])))

    async def read_text(self, path: str, session: Session) -> str:
        """Raises ToolFSError ("bad_request") for what is not UTF-8."""
        data = await self.read(path, session)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise ToolFSError(f"{path} is no text: {len(data)} bytes that are not UTF-8", code="bad_request", path=path) from error

    async def write(self, path: str, content: str | bytes, session: Session, *, if_hash: str | None = None) -> Entry:
        """Creates or replaces a file; directories above it are made. if_hash: only where the file still has this hash; "" where it is not
        there."""
        async with self._call(session, "write", path) as call:
            at, mount, inside = self._place(call, "write", path)
            data = call.took(as_bytes(content))
            await located(at, mount.write(inside, data, if_hash=if_hash))
            # A plugin need not list what it took.
            return await self._stat(at + inside, session) or Entry(to_text(at + inside), "file", len(data))

    async def append(self, path: str, content: str | bytes, session: Session) -> Entry:
        async with self._call(session, "append", path) as call:
            at, mount, inside = self._place(call, "write", path)
            await located(at, mount.append(inside, call.took(as_bytes(content))))
            return await self._entry(at + inside, session)

    async def list(self, path: str, session: Session) -> list[Entry]:
        """By name; what the session may do nothing with is left out."""
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
        async with self._call(session, "stat", path) as call:
            place = resolve_path(path)
            call.need("read" if session.may("read", place) else "list", place)
            return await self._entry(place, session)

    async def exists(self, path: str, session: Session) -> bool:
        try:
            await self.stat(path, session)
        except ToolFSError as error:
            if error.code in ("not_found", "not_a_directory"):
                return False
            raise
        return True

    async def delete(self, path: str, session: Session, *, recursive: bool = False) -> None:
        async with self._call(session, "delete", path, recursive=recursive) as call:
            at, mount, inside = self._place(call, "delete", path)
            self._check_holds_no_mount(at + inside)
            await located(at, mount.delete(inside, recursive=recursive))

    async def rename(self, old: str, new: str, session: Session) -> Entry:
        """Never replaces anything. From one mount to another it moves one file: it is whole in the new place before the old one goes."""
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
        """Directories above it are made too; one that is there already is left as it is."""
        async with self._call(session, "mkdir", path) as call:
            at, mount, inside = self._place(call, "write", path)
            await located(at, mount.mkdir(inside))
            return await self._entry(at + inside, session)

    # Memory, retrieval, skills, plugins.

    async def remember(
        self, content: str, session: Session, *, id: str | None = None, metadata: Mapping[str, Any] = NOTHING
    ) -> dict[str, Any]:
        """{id, content, metadata} of the entry. Without an id a new one is made; one that is there is replaced."""
        path = to_text((*MEMORY, check_name(id or new_id())))
        await self.write(path, json.dumps({"content": content, "metadata": dict(metadata)}, ensure_ascii=False), session)
        return {"id": path.rpartition("/")[2], "content": content, "metadata": dict(metadata)}

    async def search_memory(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]:
        """{query, top_k, results: [{id, content, score, metadata}]}, best first."""
        return await self._ask(MEMORY, checked_query(text, top_k), session)

    async def search_rag(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]:
        """As search_memory, of what the search index holds."""
        return await self._ask(RAG, checked_query(text, top_k), session)

    async def skills(self, session: Session) -> Skills:
        """Those the session may read, without their texts; a skill that breaks the format is there with its problem."""
        found = []
        for entry in await self.list(to_text(SKILLS), session):
            if entry.kind == "directory" and session.may("read", (*SKILLS, entry.name, "SKILL.md")):
                try:
                    found.append((await self._read_skill(entry.name, session)).replace(body=""))
                except ToolFSError as error:
                    found.append(Skill(entry.name, "", path=entry.path, problem=str(error)))
        return found

    async def load_skill(self, name: str, session: Session) -> Skill:
        """With its text, and paths of the references and scripts beside it."""
        skill = await self._read_skill(name, session)
        folder = to_text((*SKILLS, name))
        files = [entry.path async for entry in self.walk(folder, session)] if session.may("list", (*SKILLS, name)) else []
        return skill.with_files(folder, files)

    async def _read_skill(self, name: str, session: Session) -> Skill:
        path = to_text((*SKILLS, check_name(name), "SKILL.md"))
        return read_skill(await self.read_text(path, session), name, path)

    async def execute(self, plugin: str, request: Mapping[str, Any], session: Session) -> dict[str, Any]:
        """{success, result?, error?, metadata?}. A plugin that fails is an error result; ToolFSError is for what may not be asked."""
        async with self._call(session, "execute", to_text((*PLUGINS, plugin)), request=request) as call:
            call.need("execute", (*PLUGINS, check_name(plugin)))
            response = await self.plugins.execute(plugin, request, session)
            call.took(json.dumps(response, ensure_ascii=False).encode())
            call.failure = str(response.get("error", "")) if not response["success"] else None
            return response

    async def fetch(
        self, url: str, session: Session, *, method: str = "GET", headers: Mapping[str, str] = NOTHING, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body, of hosts that the session may reach; a redirect is checked as the first address is."""
        async with self._call(session, "fetch", url.partition("?")[0], method=method) as call:
            call.took(body)
            request = HttpRequest(method.upper(), url, {name.lower(): value for name, value in headers.items()}, body)
            status, told, data = await fetch(self._transport or default_transport(), request, session.check_host)
            return status, told, call.took(data)

    async def run(self, operations: Iterable[Mapping[str, Any]], session: Session) -> Results:
        """Several operations as one request, in order, one result each: see chain.py."""
        return await run_chain(self, operations, session)

    def tools(self, session: Session) -> Tools:
        """What an agent gets to work with: those tools that the session can use."""
        return make_tools(self, session)

    # Snapshots.

    async def snapshot(self, session: Session, name: str | None = None) -> Snapshot:
        async with self._call(session, "snapshot", to_text((*SNAPSHOTS, *([name] if name else ())))) as call:
            call.need("write", (*SNAPSHOTS, *([check_name(name)] if name else ())))
            return await self.snapshots.create(name)

    async def diff(self, old: str, new: str | None, session: Session) -> Diff:
        """What changed from one snapshot to another, or to now where `new` is None, among what the session may see."""
        async with self._call(session, "diff", to_text((*SNAPSHOTS, old)), to=new or "now") as call:
            for name in filter(None, (old, new)):
                call.need("read", (*SNAPSHOTS, check_name(name)))
            diff = await self.snapshots.diff(old, new)
            seen = {
                field: tuple(path for path in getattr(diff, field) if session.sees(resolve_path(path)))
                for field in ("added", "removed", "changed")
            }
            return diff.replace(**seen)

    async def rollback(self, name: str, session: Session) -> Snapshot:
        """Takes `execute` on the snapshot: it changes everything, whoever wrote it."""
        async with self._call(session, "rollback", to_text((*SNAPSHOTS, name))) as call:
            call.need("execute", (*SNAPSHOTS, check_name(name)))
            return await self.snapshots.rollback(name)

    async def branch(self, name: str, new_name: str, session: Session) -> Snapshot:
        async with self._call(session, "branch", to_text((*SNAPSHOTS, name)), to=new_name) as call:
            call.need("read", (*SNAPSHOTS, check_name(name)))
            call.need("write", (*SNAPSHOTS, check_name(new_name)))
            return await self.snapshots.branch(name, new_name)

    async def export_snapshot(self, name: str, session: Session) -> bytes:
        """One file with everything that is in it, memory of every session included; so it takes `execute` on the snapshot."""
        async with self._call(session, "export_snapshot", to_text((*SNAPSHOTS, name))) as call:
            call.need("execute", (*SNAPSHOTS, check_name(name)))
            return call.took(await archive.export_snapshot(self.snapshots, name))

    async def import_snapshot(self, data: bytes, session: Session) -> Snapshot:
        """It is added to the others; nothing else changes. Raises CorruptionError where a hash is wrong."""
        async with self._call(session, "import_snapshot", to_text(SNAPSHOTS)) as call:
            call.need("write", SNAPSHOTS)
            return await archive.import_snapshot(self.snapshots, call.took(data))

    # Walking.

    async def walk(self, path: str, session: Session) -> AsyncGenerator[Entry]:
        """Every file below a directory that the session may list, by path."""
        for entry in await self.list(path, session):
            if entry.kind == "file":
                yield entry
            elif session.may("list", resolve_path(entry.path)):
                async for inner in self.walk(entry.path, session):
                    yield inner

    async def _ask(self, path: Path, query: Query, session: Session) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await self.read(f"{to_text(path)}?{query.encode()}", session))
        return answer

    def _trees(self) -> dict[str, TreeMount]:
        trees = {to_text(path): mount for path, mount in self.mounts.items() if isinstance(mount, TreeMount)}
        return trees | {to_text(MEMORY): self._memory.tree}

    def _place(self, call: Call, operation: Operation, text: str) -> tuple[Path, Mount, Path]:
        """Where the mount stands, the mount, and the path in it, of a path that may be worked on so."""
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
        if isinstance(mount, SessionMount):
            return at, mount.under(session, query)
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
        """Mounts in a folder, and the directories that lead to mounts."""
        return {path[: len(folder) + 1] for path in self.mounts.below(folder)}

    def _check_holds_no_mount(self, path: Path) -> None:
        below = self.mounts.below(path)
        if below:
            raise ToolFSError(
                f"{to_text(path)} holds the mount {to_text(below[0])}; unmount that first", code="refused", path=to_text(path)
            )

    @asynccontextmanager
    async def _call(self, session: Session, operation: str, path: str, **detail: Any) -> AsyncGenerator[Call]:
        """Around every call: limits, and a record of what became of it."""
        if not isinstance(session, Session):
            raise ConfigError("give a session: toolfs.session('agent', {'/toolfs/data': 'read list'})")
        if not self._ready:
            await self._recover()
        call, started = Call(session, path), time.perf_counter()
        error: BaseException | None = None
        limit_s: float | None = None
        try:
            session.begin()
            limit_s = session.seconds_left
            async with timeout(limit_s):
                yield call
        except TimeoutError as late:
            if limit_s is None:
                error = late
                raise
            why = f"session {session.name!r} has no time left: {operation} did not end within {limit_s:g} s"
            error = refusal = ToolFSError(why, code="limit", path=path)
            raise refusal from late
        except BaseException as raised:
            error = raised
            if isinstance(raised, ToolFSError):
                raised.path = raised.path or path
            raise
        finally:
            seconds = time.perf_counter() - started
            session.end(seconds)
            await self.audit.write(call.record(operation, detail, seconds, error), secrets=session.secrets)

    async def _recover(self) -> None:
        self._ready = True
        try:
            await self.snapshots.finish_rollback()
        except StaysailError as error:
            failed = {"session": "", "operation": "finish_rollback", "path": "/toolfs/snapshots", "outcome": "failed", "error": str(error)}
            await self.audit.write(failed)


def as_bytes(content: str | bytes) -> bytes:
    if not isinstance(content, str | bytes | bytearray | memoryview):
        raise ToolFSError(f"a file's content is text or bytes, not {type(content).__name__}", code="bad_request")
    try:
        return content.encode() if isinstance(content, str) else bytes(content)
    except UnicodeEncodeError as error:
        raise ToolFSError("the text holds half a character (a lone surrogate), which no file can", code="bad_request") from error


def _located(error: ToolFSError) -> ToolFSError:
    return ToolFSError(f"{error.path}: {error}", code=error.code, path=error.path)
