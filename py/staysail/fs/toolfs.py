"""ToolFS: one tree of files, memory, retrieval, skills, plugins and snapshots that an agent works through, each call under a session."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any

from ..core.defaults import Defaults, default_transport
from ..core.errors import ConfigError, StaysailError, ToolFSError
from ..core.json_text import RECORD_DEPTH, json_bytes, read_json
from ..core.native import ClientTool
from ..core.ports import Transport
from ..core.shown import Note, Showable, ShownPart, Table
from ..core.tool import Approval
from ..core.value import NOTHING
from .agent_tools import make_tools
from .audit import Audit, AuditMount
from .blobs import Blobs
from .call import CallFiles
from .chain import run_chain
from .client_tools import apply_patch, memory, text_editor
from .http_mount import HttpMount
from .memory_mount import MemoryMount, new_id, write_entry
from .mounts import Mounted
from .network import MOST_BYTES
from .path import ROOT, Path, check_name, resolve_path, to_text
from .plugin_mount import PluginMount
from .plugins import Installed, Plugins, PluginsMount, read_request
from .ports import Embedder, Exportable, KeyValue, PluginHost, PluginSource
from .rag import RagMount
from .search import Query, checked_query
from .session import Grant, Session
from .skills import Skill, read_skill
from .snapshot_calls import SnapshotCalls
from .snapshots import Snapshots, used_by_snapshots
from .snapshots_mount import SnapshotsMount
from .tree import TreeMount, used_by_trees

type Skills = list[Skill]  # the methods below hide `list`
type Results = list[dict[str, Any]]
type Tools = list[Any]

DEFAULT_NAME = "toolfs"
SKILLS = (*ROOT, "skills")
MEMORY = (*ROOT, "memory")
PLUGINS = (*ROOT, "plugins")
RAG = (*ROOT, "rag", "query")


class ToolFS(SnapshotCalls, Showable):
    """A virtual file system that an agent works through: files, memory, retrieval, skills, plugins and snapshots in one tree.

        toolfs = ToolFS("notes", search_index=store)
        toolfs.mount("/toolfs/data")
        session = toolfs.session("agent", {"/toolfs/data": "read write list", "/toolfs/memory": "read write list"})
        agent = Agent(..., tools=toolfs.tools(session))

    Paths are text such as /toolfs/data/a.txt. Every method that works on paths takes a session. It raises ToolFSError where the
    session does not allow the call, the call fails or the path does not exist, and StoreError where the storage fails. Every call is
    recorded in the audit before it returns.

    Args:
        store: In a page, the name in IndexedDB, "toolfs" if left out. On CPython, a directory; if left out, files last as long as the
            process. ":memory:" does the same everywhere. Or a KeyValue.
        search_index: The index behind /toolfs/rag: a VectorStore, whose content is part of snapshots, or any object with
            `top_n(query, n)`.
        embedder: Lets memory be searched by meaning as well as by words.
        transport: The Transport of HTTP mounts and plugins; the default of the runtime, if left out.
        plugin_host: Runs plugins that are not Python objects. On CPython, the folder of the npm package, whose plugins run in Node
            (see NodePluginHost).
        secrets: Texts that the audit never shows.
        audit_key: Signs the audit, so that rewriting it in the store is detected.
        now: Returns the time in seconds since 1970.

    Raises:
        ConfigError: An argument does not fit.
    """

    def __init__(
        self,
        store: KeyValue | str | os.PathLike[str] | None = None,
        *,
        search_index: Any = None,
        embedder: Embedder | None = None,
        transport: Transport | None = None,
        plugin_host: PluginHost | str | os.PathLike[str] | None = None,
        secrets: Sequence[str] = (),
        audit_key: bytes | str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = os.fspath(store) if isinstance(store, str | os.PathLike) else DEFAULT_NAME
        self._store, self._now = Defaults.open_records(store, "toolfs"), now
        super().__init__(Audit(self._store, now=now, secrets=secrets, key=audit_key), transport)
        self._blobs = Blobs(self._store, [used_by_trees, used_by_snapshots])
        self.plugins = Plugins(lambda session: CallFiles(self, session), Defaults.open_plugin_host(plugin_host), transport)
        self.snapshots = Snapshots(self._blobs, self._trees, now=now)
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
        if all(hasattr(search_index, part) for part in ("export", "delete", "upsert")):
            self.snapshots.states["rag"] = Defaults.export_state(search_index)
        elif isinstance(search_index, Exportable):
            self.snapshots.states["rag"] = search_index

    def __repr__(self) -> str:
        return f"ToolFS({self.name!r})"

    def shown_parts(self) -> tuple[ShownPart, ...]:
        """Returns the name and the mounts. Files are not shown: a session says who may read them."""
        rows = tuple((to_text(path), str(getattr(mount, "kind", "files"))) for path, mount in self.mounts.items())
        return (Note(f"ToolFS {self.name!r}"), Table(("mount", "kind"), rows))

    # Setup by the program, without a session.

    def mount(self, path: str, mount: Mounted | None = None) -> Mounted:
        """Mounts files at a path. Without `mount`, the files are kept in the ToolFS's own store. Raises ConfigError."""
        mount = mount or TreeMount(self._blobs, "/".join(resolve_path(path)), now=self._now)
        self.mounts.add(path, mount)
        return mount

    def mount_memory(self, path: str, *, quota_bytes: int | None = None) -> Mounted:
        """Mounts files that last as long as the process. quota_bytes: the most bytes of all files."""
        return self.mount(path, TreeMount.in_memory(quota_bytes=quota_bytes, now=self._now))

    def mount_http(
        self,
        path: str,
        base_url: str,
        *,
        headers: Mapping[str, str] = NOTHING,
        index: str | None = None,
        limit_bytes: int = MOST_BYTES,
    ) -> Mounted:
        """Mounts files of a web server, read-only.

        Args:
            path: The path of the mount.
            base_url: The address that the paths of files are appended to.
            headers: HTTP headers of every request.
            index: A file on the server that lists the others, as HttpMount describes; without it nothing can be listed.
            limit_bytes: The most bytes of a file that are read.
        """
        transport = self._transport or default_transport()
        return self.mount(path, HttpMount(base_url, transport=transport, headers=headers, index=index, limit_bytes=limit_bytes))

    def mount_plugin(self, path: str, name: str, *, writable: bool = False) -> Mounted:
        """Mounts a plugin as a directory."""
        self.plugins.need(name)
        return self.mount(path, PluginMount(self.plugins.execute, name, writable=writable))

    def mount_directory(self, path: str, directory: Any, *, writable: bool = True) -> Mounted:
        """Mounts a real directory: on CPython a path on the disk, in a page the FileSystemDirectoryHandle that the user picked. Snapshots
        leave it out. Raises ConfigError."""
        return self.mount(path, Defaults.open_directory(directory, writable))

    async def mount_kept(self, path: str, *, writable: bool = True) -> Mounted:
        """Mounts the directory that the user picked for this path, now or on an earlier visit. Raises ConfigError where there is none."""
        mount = await Defaults.open_picked_directory(f"{self.name}:{to_text(resolve_path(path))}", writable)
        if mount is None:
            raise ConfigError(f"no directory was picked for {path} yet: pick one in the page, with pickDirectory, from a click")
        return self.mount(path, mount)

    async def mount_opfs(self, path: str, folder: str = "", *, writable: bool = True) -> Mounted:
        """Mounts a folder of the origin's private file system, which is created if it is missing. Snapshots leave it out. Raises
        ConfigError."""
        return self.mount(path, await Defaults.open_private_directory(folder, writable))

    def unmount(self, path: str) -> None:
        """Removes a mount. Its files stay in the store. Raises ConfigError."""
        if resolve_path(path) in self._built_in:
            raise ConfigError(f"{path} is part of ToolFS and stays")
        self.mounts.remove(path)

    async def inspect_plugin(self, source: PluginSource) -> dict[str, Any]:
        """Returns a description of a plugin and the permissions it may request, without installing or running it; see Plugins.inspect."""
        return await self.plugins.inspect(source)

    async def add_plugin(
        self,
        plugin: Any,
        *,
        grant: Grant | None = None,
        config: Mapping[str, Any] = NOTHING,
        timeout_s: float | None = None,
        output_bytes: int | None = None,
    ) -> Installed:
        """Installs a plugin.

        Args:
            plugin: A Python object, or a PluginSource for the plugin host.
            grant: What the plugin may reach; nothing, if left out.
            config: The configuration that its `init` receives.
            timeout_s: Seconds for each call.
            output_bytes: The most bytes of a response.

        Raises ConfigError.
        """
        installed = await self.plugins.add(plugin, grant=grant, config=config, timeout_s=timeout_s, output_bytes=output_bytes)
        state = getattr(installed.plugin, "target", installed.plugin)
        if isinstance(state, Exportable):
            self.snapshots.states[f"plugin:{installed.plugin.name}"] = state
        return installed

    def remove_plugin(self, name: str) -> None:
        """Uninstalls a plugin."""
        self.plugins.remove(name)
        self.snapshots.states.pop(f"plugin:{name}", None)

    def add_state(self, name: str, state: Exportable) -> None:
        """Adds a further object to snapshots, which is exported by them and restored by a rollback."""
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
        """Returns a session. Every operation that is not granted here is refused.

        Args:
            name: The session's name in the audit.
            paths: Folders and their operations; see Grant.of.
            hosts: Hosts and their methods; see Grant.of.
            calls: The most calls.
            size_bytes: The most bytes read and written.
            seconds: The most seconds of work.
            memory: The name of the memory that the session uses; the session's own name, if left out.
            secrets: Texts that the audit never shows.
        """
        grant = Grant.of(paths, hosts, calls=calls, size_bytes=size_bytes, seconds=seconds)
        return Session(check_name(name), grant, memory=check_name(memory) if memory else None, secrets=secrets)

    # Memory, retrieval, skills, plugins.

    async def remember(
        self, content: str, session: Session, *, id: str | None = None, metadata: Mapping[str, Any] = NOTHING
    ) -> dict[str, Any]:
        """Writes an entry of memory and returns it as {id, content, metadata}. An existing entry is replaced.

        Args:
            content: The text of the entry.
            session: A session that may write below /toolfs/memory.
            id: The entry's id; a new one, if left out.
            metadata: JSON values by name, stored with the entry.
        """
        path = to_text((*MEMORY, check_name(id or new_id())))
        await self.write(path, write_entry(content, metadata), session)
        return {"id": path.rpartition("/")[2], "content": content, "metadata": dict(metadata)}

    async def search_memory(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]:
        """Searches memory. Returns {query, top_k, results: [{id, content, score, metadata}]}, best first."""
        return await self._ask(MEMORY, checked_query(text, top_k), session)

    async def search_rag(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]:
        """Searches the search index. Returns the same form as search_memory."""
        return await self._ask(RAG, checked_query(text, top_k), session)

    async def skills(self, session: Session) -> Skills:
        """Returns the skills that the session may read, without their texts. A skill that breaks the format has a `problem`."""
        found = []
        for entry in await self.list(to_text(SKILLS), session):
            if entry.kind == "directory" and session.may("read", (*SKILLS, entry.name, "SKILL.md")):
                try:
                    found.append((await self._read_skill(entry.name, session)).replace(body=""))
                except ToolFSError as error:
                    found.append(Skill(entry.name, "", path=entry.path, problem=str(error)))
        return found

    async def load_skill(self, name: str, session: Session) -> Skill:
        """Returns a skill with its text and the paths of its references and scripts."""
        skill = await self._read_skill(name, session)
        folder = to_text((*SKILLS, name))
        files = [entry.path async for entry in self.walk(folder, session)] if session.may("list", (*SKILLS, name)) else []
        return skill.with_files(folder, files)

    async def _read_skill(self, name: str, session: Session) -> Skill:
        path = to_text((*SKILLS, check_name(name), "SKILL.md"))
        return read_skill(await self.read_text(path, session), name, path)

    async def execute(self, plugin: str, request: Mapping[str, Any], session: Session) -> dict[str, Any]:
        """Calls a plugin. Returns {success, result?, error?, metadata?}. A failure of the plugin is a response with `error`; ToolFSError
        is raised for a call that is not allowed."""
        async with self._call(session, "execute", to_text((*PLUGINS, plugin)), request=request) as call:
            call.need("execute", (*PLUGINS, check_name(plugin)))
            checked = read_request(request)
            call.took(json_bytes(checked))
            response = await self.plugins.execute(plugin, checked, session)
            call.took(json_bytes(response))
            call.failure = str(response.get("error", "")) if not response["success"] else None
            return response

    async def run(self, operations: Iterable[Mapping[str, Any]], session: Session) -> Results:
        """Carries out several operations in order, and returns a result for each; see chain.py."""
        return await run_chain(self, operations, session)

    def tools(self, session: Session) -> Tools:
        """Returns the tools for an agent: those whose operations the session allows."""
        return make_tools(self, session)

    def text_editor(self, session: Session, *, approval: Approval = "never") -> ClientTool:
        """Returns a tool that views and edits files, on which Claude was trained; other models receive a function."""
        return text_editor(self, session, approval=approval)

    def memory_tool(self, session: Session, folder: str = "/toolfs/memories", *, approval: Approval = "never") -> ClientTool:
        """Returns Claude's memory tool, whose notes are files in a directory. The session needs list, read, write and delete there."""
        return memory(self, session, folder, approval=approval)

    def apply_patch(self, session: Session, *, approval: Approval = "never") -> ClientTool:
        """Returns a tool that changes files by diffs, on which GPT was trained; other models receive a function."""
        return apply_patch(self, session, approval=approval)

    async def _ask(self, path: Path, query: Query, session: Session) -> dict[str, Any]:
        # The results wrap fields that are as deep as JSON from outside may be.
        answer: dict[str, Any] = read_json(await self.read(f"{to_text(path)}?{query.encode()}", session), max_depth=RECORD_DEPTH)
        return answer

    def _trees(self) -> dict[str, TreeMount]:
        trees = {to_text(path): mount for path, mount in self.mounts.items() if isinstance(mount, TreeMount)}
        return trees | {to_text(MEMORY): self._memory.tree}

    async def recover(self) -> None:
        try:
            await self.snapshots.finish_rollback()
            await self.audit.tidy()
        except StaysailError as error:
            failed = {"session": "", "operation": "finish_rollback", "path": "/toolfs/snapshots", "outcome": "failed", "error": str(error)}
            await self.audit.write(failed)

    async def changes(self) -> AsyncGenerator[set[str]]:
        """Yields names of the parts that this tab or another changed: "tree" for files, memory and skills, "snapshot", "audit". Ends at
        once where the store cannot watch."""
        watch = getattr(self._store, "watch", None)
        if watch is None:
            return
        queue: asyncio.Queue[set[str]] = asyncio.Queue()
        end = watch(queue.put_nowait)
        try:
            while True:
                yield await queue.get()
        finally:
            end()

    async def close(self) -> None:
        """Closes the store and ends the plugins; nothing is lost."""
        await self.plugins.close()
        if hasattr(self._store, "close"):
            await self._store.close()
