"""ToolFS for JavaScript. Each ToolFS object there has a counterpart here, by an id; after a crash it is described anew. The package `fs`
is imported when the first ToolFS is opened, so a page without one does not load it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from ..core.errors import ConfigError, StaysailError
from .modules import Modules
from .peer import BYTES, Method, Peer, RemoteError
from .plugins import ObjectPlugins
from .stores import Stores

FILES = ("read", "read_text", "write", "append", "list", "stat", "exists", "delete", "rename", "mkdir")
FINDING = ("remember", "search_memory", "search_rag", "skills", "load_skill")
SNAPSHOTS = ("snapshot", "diff", "rollback", "branch", "export_snapshot", "import_snapshot")
OPERATIONS = frozenset((*FILES, *FINDING, *SNAPSHOTS, "execute", "run"))
AUDIT = frozenset({"records", "export", "days", "verify"})
TOOLS = ("tools", "text_editor", "memory_tool", "apply_patch")


class FileSystems:
    """The methods `toolfs.*` of one peer."""

    def __init__(self, peer: Peer, modules: Modules, stores: Stores) -> None:
        self._peer, self._modules, self._stores = peer, modules, stores
        self._open: dict[str, _Opened] = {}
        self._closing = set[asyncio.Task[None]]()
        self.methods: dict[str, Method] = {
            "toolfs.open": self.open,
            "toolfs.close": self.close,
            "toolfs.mount": self.mount,
            "toolfs.unmount": self.unmount,
            "toolfs.permission": self.permission,
            "toolfs.call": self.call,
            "toolfs.tools": self.tools,
            "toolfs.audit": self.audit,
            "toolfs.inspect": self.inspect,
            "toolfs.install": self.install,
            "toolfs.uninstall": self.uninstall,
            "toolfs.plugins": self.plugins,
            "toolfs.changes": self.changes,
        }
        self._objects = ObjectPlugins(peer)
        self.methods |= self._objects.methods

    async def open(self, params: dict[str, Any]) -> dict[str, Any]:
        """Opens a ToolFS.

        params: {id, name, secrets, store, search_index, index_exports, embedder}. `store` is a vector store of this side to search;
        the last three say whether the other side has them.
        """
        id = params["id"]
        index: Any = self._stores.find(**params["store"]) if params.get("store") else None
        if params.get("search_index"):
            index = (RemoteState if params.get("index_exports") else RemoteIndex)(self._peer, id)
        toolfs = import_module("staysail.fs.toolfs").ToolFS(
            params.get("name"),
            search_index=index,
            embedder=RemoteEmbedder(self._peer, id) if params.get("embedder") else None,
            secrets=params.get("secrets") or (),
        )
        await toolfs.recover()
        self._open[id] = _Opened(toolfs)
        return {"name": toolfs.name}

    async def close(self, params: dict[str, Any]) -> None:
        opened = self._open.pop(params["id"], None)
        if opened:
            await opened.toolfs.close()

    async def mount(self, params: dict[str, Any]) -> dict[str, Any]:
        """Mounts a path. params: {id, path, kind, options}."""
        toolfs, path, options = self._find(params).toolfs, params["path"], dict(params.get("options") or {})
        match params["kind"]:
            case "files":
                mount = toolfs.mount(path)
            case "memory":
                mount = toolfs.mount_memory(path, **options)
            case "opfs":
                mount = await toolfs.mount_opfs(path, **options)
            case "directory":
                mount = await toolfs.mount_kept(path, **options)
            case "http":
                mount = toolfs.mount_http(path, **options)
            case "plugin":
                mount = toolfs.mount_plugin(path, **options)
            case kind:
                raise ConfigError(f"there is no mount of kind {kind!r}; there are files, memory, opfs, directory, http and plugin")
        return {"path": path, "kind": mount.kind, "writable": mount.writable if hasattr(mount, "writable") else False}

    async def unmount(self, params: dict[str, Any]) -> None:
        self._find(params).toolfs.unmount(params["path"])

    async def permission(self, params: dict[str, Any]) -> str:
        toolfs = self._find(params).toolfs
        path = _fs("path").resolve_path(params["path"])
        found = toolfs.mounts.find(path)
        return str(await found[1].permission()) if found and hasattr(found[1], "permission") else "granted"

    async def call(self, params: dict[str, Any]) -> Any:
        """Calls an operation. params: {id, operation, session, args, options}; the last argument may come as bytes beside the message."""
        opened = self._find(params)
        operation = params["operation"]
        if operation not in OPERATIONS:
            raise ConfigError(f"ToolFS has no operation {operation!r}")
        args = [*params["args"], *([params[BYTES]] if BYTES in params else [])]
        session = opened.session(params["session"])
        # In Python, the session follows the required arguments.
        return _plain(await getattr(opened.toolfs, operation)(*args, session, **(params.get("options") or {})))

    async def tools(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Returns the definitions of a session's tools, which then belong to the module `params["module"]`. kind: the ToolFS method that
        makes the tools."""
        opened = self._find(params)
        kind = params.get("kind", "tools")
        if kind not in TOOLS:
            raise ConfigError(f"ToolFS makes no {kind!r}; it makes: {', '.join(TOOLS)}")
        made = getattr(opened.toolfs, kind)(opened.session(params["session"]), *params.get("args") or ())
        tools = made if kind == "tools" else [made]
        self._modules.add(params["module"], tools)
        return [{"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)} for tool in tools]

    async def audit(self, params: dict[str, Any]) -> Any:
        if params["operation"] not in AUDIT:
            raise ConfigError(f"the audit has no operation {params['operation']!r}")
        audit = self._find(params).toolfs.audit
        result = await getattr(audit, params["operation"])(*params.get("args") or ())
        return result.decode() if isinstance(result, bytes) else result

    async def inspect(self, params: dict[str, Any]) -> dict[str, Any]:
        """Returns the description of a plugin. params: The parameters of `install`."""
        return dict(await self._find(params).toolfs.inspect_plugin(read_source(params)))

    async def install(self, params: dict[str, Any]) -> dict[str, Any]:
        """Installs a plugin.

        params: {id, kind, name, source, hash, grant, config, ...limits}, with the source as bytes beside the message where it is not
        Python. For a JavaScript object: {id, kind: "object", key, about}.
        """
        opened = self._find(params)
        grant = _fs("session").Grant.of(**params.get("grant") or {})
        options = {name: params[name] for name in ("timeout_s", "output_bytes", "config") if params.get(name) is not None}
        if params["kind"] == "python":
            plugin: Any = load_python_plugin(params["source"], params.get("name") or "plugin")
        elif params["kind"] == "object":
            plugin = self._objects.make(params["id"], params["key"], params["about"])
        else:
            plugin = read_source(params)
        installed: dict[str, Any] = (await opened.toolfs.add_plugin(plugin, grant=grant, **options)).to_dict()
        return installed

    async def uninstall(self, params: dict[str, Any]) -> None:
        self._find(params).toolfs.remove_plugin(params["name"])

    async def plugins(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        return [installed.to_dict() for installed in self._find(params).toolfs.plugins.installed.values()]

    async def changes(self, params: dict[str, Any]) -> AsyncGenerator[list[str]]:
        changes = self._find(params).toolfs.changes()
        try:
            async for areas in changes:
                yield sorted(areas)
        finally:
            await changes.aclose()

    def forget(self) -> None:
        """Closes every ToolFS, because the page has ended."""
        for opened in self._open.values():
            task = asyncio.get_running_loop().create_task(opened.toolfs.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._open.clear()

    def find(self, id: str, session: Mapping[str, Any]) -> tuple[Any, Any]:
        """Returns a ToolFS and a session of it."""
        opened = self._find({"id": id})
        return opened.toolfs, opened.session(session)

    def _find(self, params: Mapping[str, Any]) -> _Opened:
        opened = self._open.get(params["id"])
        if opened is None:
            raise ConfigError("this ToolFS was closed; open it again")
        return opened


class _Opened:
    """A ToolFS with its sessions, which count their usage."""

    def __init__(self, toolfs: Any) -> None:
        self.toolfs = toolfs
        self._sessions: dict[str, Any] = {}

    def session(self, described: Mapping[str, Any]) -> Any:
        id = described["id"]
        if id not in self._sessions:
            self._sessions[id] = self.toolfs.session(**{name: value for name, value in described.items() if name != "id"})
        return self._sessions[id]


class RemoteIndex:
    """The search index behind /toolfs/rag on the other side."""

    def __init__(self, peer: Peer, id: str) -> None:
        self._peer, self._id = peer, id

    async def top_n(self, query: str, n: int) -> list[Any]:
        hits: list[Any] = await self._ask("toolfs.search", query=query, n=n)
        return hits

    async def _ask(self, method: str, **params: Any) -> Any:
        try:
            return await self._peer.call(method, {"id": self._id, **params})
        except RemoteError as error:
            raise StaysailError(f"the searchIndex of this ToolFS failed: {error}", code="search_index") from error


class RemoteState(RemoteIndex):
    """A search index on the other side that snapshots include."""

    async def export(self) -> bytes:
        return base64.b64decode(await self._ask("toolfs.export_index"))

    async def import_(self, data: bytes) -> None:
        await self._ask("toolfs.import_index", data=base64.b64encode(data).decode())


class RemoteEmbedder:
    """The embedder of a ToolFS on the other side."""

    def __init__(self, peer: Peer, id: str) -> None:
        self._peer, self._id = peer, id

    async def embed_texts(self, texts: Iterable[str]) -> list[_Embedded]:
        try:
            vectors = await self._peer.call("toolfs.embed", {"id": self._id, "texts": list(texts)})
        except RemoteError as error:
            raise StaysailError(f"the embedder of this ToolFS failed: {error}", code="embedder") from error
        return [_Embedded(vector) for vector in vectors]


class _Embedded:
    def __init__(self, vec: list[float]) -> None:
        self.vec = vec


def _fs(module: str) -> Any:
    return import_module(f"staysail.fs.{module}")


def read_source(params: dict[str, Any]) -> Any:
    """Returns the PluginSource of a description."""
    names = ("url", "hash", "headers", "calls", "memory_bytes", "output_bytes", "timeout_s")
    options = {name: params[name] for name in names if params.get(name)}
    return _fs("ports").PluginSource(params["kind"], params.get("name") or "", bytes(params.get(BYTES, b"")), **options)


def load_python_plugin(source: str, name: str) -> Any:
    """Returns the plugin of a module's source: its object `plugin`, or an instance of its class `Plugin`. Raises ConfigError."""
    module = ModuleType(f"staysail_plugin_{name}")
    try:
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)  # noqa: S102  it is the user's own program, and they consented
        made: Callable[[], Any] | None = getattr(module, "Plugin", None)
        return module.plugin if hasattr(module, "plugin") else made() if made else _no_plugin(name)
    except StaysailError:
        raise
    except Exception as error:
        raise ConfigError(f"the plugin {name} failed: {type(error).__name__}: {error}") from error


def _no_plugin(name: str) -> Any:
    raise ConfigError(f"the source of {name} has no plugin: it defines a class Plugin, or an object called plugin")


def _plain(value: Any) -> Any:
    """Returns the result of a call as JSON: values as their fields, bytes beside the message."""
    if isinstance(value, bytes):
        return {BYTES: value}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value
