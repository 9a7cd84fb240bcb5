"""Plugins: what is installed, under which grant, and how one is called. Whatever a plugin does wrong becomes an error result."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from ..core.defaults import default_transport
from ..core.errors import ConfigError, JsonError, NetworkError, ToolFSError
from ..core.json_text import read_json, write_json
from ..core.ports import HttpRequest, Transport
from ..core.secrets import excerpt
from ..core.value import NOTHING, Value
from ..core.waiting import blocking, timeout
from ..core.whole_text import whole, whole_text
from .entry import Entry, directory, hash_of, is_directory, not_a_directory, not_found
from .http_plugin import HttpPlugin
from .mounts import ReadOnlyMount
from .network import fetch
from .path import Path, to_text
from .ports import Plugin, PluginFiles, PluginHost, PluginSource
from .python_plugin import PythonPlugin
from .session import Grant, Session
from .wasm import inspect

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
DOWNLOAD_S = 300.0
REQUEST_FIELDS = ("operation", "path", "data", "options")


class Installed(Value):
    """grant: what the plugin may do at most; a call has what its caller's session allows of that."""

    plugin: Plugin
    grant: Grant
    timeout_s: float = 30.0
    output_bytes: int = 1 << 20

    @property
    def operations(self) -> Mapping[str, Any]:
        return getattr(self.plugin, "operations", NOTHING)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.plugin.name,
            "version": self.plugin.version,
            "kind": getattr(self.plugin, "kind", "python"),
            "grant": self.grant.to_dict(),
            "timeout_s": self.timeout_s,
            "output_bytes": self.output_bytes,
            "operations": {name: dict(operation) for name, operation in self.operations.items()},
        }


class Plugins:
    """open_files: what a plugin reaches through for one call."""

    def __init__(self, open_files: Callable[[Session], ClosableFiles], host: PluginHost | None, transport: Transport | None) -> None:
        self.installed: dict[str, Installed] = {}
        self._open_files, self._host, self._transport = open_files, host, transport

    async def add(
        self,
        plugin: Any,
        *,
        grant: Grant | None = None,
        config: Mapping[str, Any] = NOTHING,
        timeout_s: float | None = None,
        output_bytes: int | None = None,
    ) -> Installed:
        """plugin: a Python object, or a PluginSource for the host. Without a grant it reaches nothing. Raises ConfigError."""
        source = plugin if isinstance(plugin, PluginSource) else None
        loaded = await self._load(source) if source else PythonPlugin(plugin)
        if not NAME.fullmatch(loaded.name):
            raise ConfigError(f"a plugin's name is letters, digits, '-' and '_', at most 64, not {loaded.name!r}")
        if loaded.name in self.installed:
            raise ConfigError(f"there is a plugin {loaded.name!r} already; remove it first")
        for name, operation in getattr(loaded, "operations", NOTHING).items():
            if not NAME.fullmatch(str(name)) or not isinstance(operation, Mapping):
                raise ConfigError(f"plugin {loaded.name}: operations maps names to {{description, parameters}}, which {name!r} does not")
        limit_s = timeout_s or (source.timeout_s if source else 30.0)
        try:
            async with timeout(limit_s):
                await loaded.init(config)
        except Exception as error:
            raise ConfigError(f"plugin {loaded.name} did not start: {_describe_exception(error, limit_s)}") from error
        installed = Installed(loaded, grant or Grant(), limit_s, output_bytes or (source.output_bytes if source else 1 << 20))
        self.installed[loaded.name] = installed
        return installed

    async def inspect(self, source: PluginSource) -> dict[str, Any]:
        """Describes a plugin before anything of it runs: {name, kind, url, size_bytes, sha256, memory_bytes, output_bytes, timeout_s}; of
        WASM its `wasm` too, see wasm.Module.to_dict. Raises ConfigError for what cannot be fetched, has another hash or is no module."""
        source = await self._fetched(source)
        fields = ("name", "kind", "url", "memory_bytes", "output_bytes", "timeout_s")
        known = {field: getattr(source, field) for field in fields} | {"size_bytes": len(source.data), "sha256": hash_of(source.data)}
        return known | ({"wasm": inspect(source.data).to_dict()} if source.kind == "wasm" else {})

    def remove(self, name: str) -> None:
        plugin = self.installed.pop(self.need(name).plugin.name).plugin
        if isinstance(plugin, Closable):
            plugin.close()

    async def close(self) -> None:
        """Ends all of them, and what runs them."""
        for name in list(self.installed):
            self.remove(name)
        if self._host:
            await self._host.aclose()

    def need(self, name: str) -> Installed:
        """Raises ToolFSError ("not_found")."""
        if name not in self.installed:
            raise ToolFSError(
                f"there is no plugin {name!r}; there are: {', '.join(sorted(self.installed)) or 'none'}",
                code="not_found",
                path=f"/toolfs/plugins/{name}",
            )
        return self.installed[name]

    async def execute(self, name: str, request: Mapping[str, Any], session: Session) -> dict[str, Any]:
        """{success, result?, error?, metadata?}. Raises ToolFSError for a plugin that is not there and a request that is none."""
        installed = self.need(name)
        checked = read_request(request)
        files = self._open_files(session.cut(f"plugin:{name}", installed.grant, inside_call=True))
        try:
            async with timeout(installed.timeout_s):
                answer = await installed.plugin.execute(checked, files)
            return read_response(answer, installed.output_bytes)
        except asyncio.CancelledError as error:
            if _is_stopping():
                raise
            return {"success": False, "error": _describe_exception(error, installed.timeout_s)}
        except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin may raise anything
            return {"success": False, "error": _describe_exception(error, installed.timeout_s)}
        finally:
            files.close()

    async def _load(self, source: PluginSource) -> Plugin:
        if source.kind == "http":
            plugin = HttpPlugin(source, self._transport or default_transport())
            try:
                async with timeout(source.timeout_s):
                    return await plugin.load()
            except TimeoutError as error:
                raise ConfigError(f"plugin {source.name} did not load: {_describe_exception(error, source.timeout_s)}") from error
        kinds = self._host.kinds if self._host else ()
        if self._host is None or source.kind not in kinds:
            known = ", ".join(sorted({*kinds, "http"}))
            raise ConfigError(
                f"plugins of kind {source.kind!r} cannot run here; those that can: {known}, and Python objects. WASM and JavaScript run in "
                "a page, and on CPython with ToolFS(plugin_host=folder of the npm package staysail)"
            )
        return await self._host.load(await self._fetched(source))

    async def _fetched(self, source: PluginSource) -> PluginSource:
        """The source with its data, whose hash is right."""
        if not source.data and source.url and source.kind != "http":
            source = source.replace(data=await self._download(source.name, source.url))
        if source.hash is not None and hash_of(source.data) != source.hash.lower():
            raise ConfigError(
                f"plugin {source.name}: its SHA-256 is {hash_of(source.data)}, not {source.hash}; it is not the file you meant"
            )
        return source

    async def _download(self, name: str, url: str) -> bytes:
        request = HttpRequest("GET", url)
        try:
            # The program chose this address, not a plugin, so no grant applies.
            async with timeout(DOWNLOAD_S):
                status, _, data = await fetch(self._transport or default_transport(), request, lambda method, url: None)
        except TimeoutError as error:
            raise ConfigError(f"plugin {name} could not be fetched from {url} within {DOWNLOAD_S:g} s") from error
        except (NetworkError, ToolFSError) as error:
            raise ConfigError(f"plugin {name} could not be fetched from {url}: {error}") from error
        if status != 200:
            raise ConfigError(f"plugin {name} could not be fetched from {url}: the server answered {status}")
        return data


class ClosableFiles(PluginFiles, Protocol):
    def close(self) -> None:
        """Ends what the call may do, also where the plugin has kept it."""


@runtime_checkable
class Closable(Protocol):
    """A plugin that holds something which ends with it."""

    def close(self) -> None: ...


class PluginsMount(ReadOnlyMount):
    """/toolfs/plugins: a folder for each, with plugin.json and, where the plugin has one, its SKILL.md."""

    kind = "plugins"
    why = "plugins are added and removed by the program"

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    async def stat(self, path: Path) -> Entry | None:
        if not path or (len(path) == 1 and path[0] in self._plugins.installed):
            return directory(path)
        data = self._files(path[0]).get(path[1]) if len(path) == 2 else None
        return Entry(to_text(path), "file", len(data), hash=hash_of(data)) if data is not None else None

    async def list(self, path: Path) -> list[Entry]:
        if not path:
            return [directory((name,)) for name in sorted(self._plugins.installed)]
        entry = await self.stat(path)
        if entry is None:
            raise not_found(path)
        if entry.kind == "file":
            raise not_a_directory(path)
        return [Entry(to_text((*path, name)), "file", len(data), hash=hash_of(data)) for name, data in self._files(path[0]).items()]

    async def read(self, path: Path) -> bytes:
        entry = await self.stat(path)
        if entry is None:
            raise not_found(path)
        if entry.kind == "directory":
            raise is_directory(path)
        return self._files(path[0])[path[1]]

    def _files(self, name: str) -> dict[str, bytes]:
        installed = self._plugins.installed.get(name)
        if installed is None:
            return {}
        files = {"SKILL.md": whole_text(installed.plugin.skill_document).encode()} if installed.plugin.skill_document else {}
        return files | {"plugin.json": json.dumps(whole(installed.to_dict()), ensure_ascii=False, indent=2).encode()}


def read_request(request: Any) -> dict[str, Any]:
    """The request as plain JSON of its own. Raises ToolFSError ("bad_request")."""
    if not isinstance(request, Mapping) or not isinstance(request.get("operation"), str) or not request["operation"]:
        raise ToolFSError("a plugin's request is {operation, path?, data?, options?}, and operation is text", code="bad_request")
    unknown = [str(name) for name in request if name not in REQUEST_FIELDS]
    if unknown:
        raise ToolFSError(f"a plugin's request has no {unknown[0]!r}; it has {', '.join(REQUEST_FIELDS)}", code="bad_request")
    try:
        plain: dict[str, Any] = whole(read_json(write_json({name: item for name, item in request.items() if item is not None})))
    except JsonError as error:
        raise ToolFSError(f"a plugin's request is plain JSON: {error}", code="bad_request") from error
    return plain


def read_response(answer: Any, limit_bytes: int) -> dict[str, Any]:
    """The four fields of a response, as plain JSON of its own; an error result for anything else."""
    try:
        text = answer if isinstance(answer, str | bytes) else write_json(answer)
        size_bytes = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        if size_bytes > limit_bytes:
            return _failed(f"the plugin's answer has {size_bytes} bytes; at most {limit_bytes} are taken")
        value = whole(read_json(text))
    except JsonError as error:
        return _failed(f"the plugin's answer is not JSON: {excerpt(str(error), 200)}")
    if not isinstance(value, dict) or not isinstance(value.get("success"), bool):
        return _failed("the plugin's answer is not {success, result?, error?, metadata?} with success true or false")
    metadata = {"metadata": value["metadata"]} if isinstance(value.get("metadata"), dict) else {}
    if not value["success"]:
        return (
            _failed(value["error"] if isinstance(value.get("error"), str) and value["error"] else "the plugin did not say why") | metadata
        )
    return {"success": True, "result": value.get("result")} | metadata


def _failed(why: str) -> dict[str, Any]:
    return {"success": False, "error": why}


def _describe_exception(error: BaseException, limit_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"it did not answer within {limit_s:g} s"
    return str(error) if isinstance(error, ToolFSError) else f"{type(error).__name__}: {excerpt(str(error), 500)}"


def _is_stopping() -> bool:
    """Returns whether a cancellation is this task's own, and not of something the plugin waited for."""
    task = None if blocking.get() else asyncio.current_task()
    return task is None or task.cancelling() > 0
