"""Common parts of the plugin hosts in a page and beside Node: the plugin as ToolFS sees it, and the answers to its questions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from ..core.errors import ConfigError, StaysailError, ToolFSError
from ..core.json_text import read_json, write_json
from ..core.value import NOTHING
from ..core.waiting import blocking
from ..fs.ports import PluginFiles, PluginSource
from ..fs.wasm import cap_memory, inspect, room_for

type Answering = Callable[[str, str, bytes], Awaitable[tuple[str, bytes]]]

KINDS = ("wasm", "javascript")


class Runner(Protocol):
    """A plugin that runs somewhere else. Raises PluginFault, after which it starts again by itself where it must."""

    async def init(self, config: Mapping[str, Any]) -> None: ...
    async def execute(self, request: str, answering: Answering) -> str:
        """Executes one request at a time. answering: takes a method, its parameters as JSON and bytes; gives JSON and bytes."""

    def stop(self) -> None:
        """Ends it, in the middle of a call too; the next call starts it again."""


class PluginFault(ToolFSError):
    """A fault of a plugin, or the reason for which it was ended."""

    code = "plugin"


class HostedPlugin:
    def __init__(self, source: PluginSource, about: Mapping[str, Any], runner: Runner) -> None:
        operations = about.get("operations")
        self.name, self.kind = source.name, source.kind
        self.version = str(about.get("version") or "0")
        self.skill_document = str(about.get("skill_document") or "")
        self.operations: Mapping[str, Any] = operations if isinstance(operations, dict) else NOTHING
        self._runner = runner
        self._turn = asyncio.Lock()

    async def init(self, config: Mapping[str, Any]) -> None:
        try:
            await self._runner.init(dict(config))
        except BaseException:
            self._runner.stop()
            raise

    async def execute(self, request: Mapping[str, Any], files: PluginFiles) -> Any:
        if blocking.get():
            raise ConfigError("a plugin that runs apart cannot be waited for without an event loop; use `await`")

        async def answering(method: str, params: str, body: bytes) -> tuple[str, bytes]:
            return await answer(files, method, params, body)

        async with self._turn:
            try:
                return await self._runner.execute(write_json(request), answering)
            except PluginFault:
                raise
            except BaseException:  # the caller waits no longer
                self._runner.stop()
                raise

    def close(self) -> None:
        self._runner.stop()


def prepare(source: PluginSource) -> tuple[dict[str, Any], bytes]:
    """The `Spec` of web/plugins/types.d.ts and the bytes to run. Raises ConfigError for what cannot run here."""
    spec = {
        "name": source.name,
        "kind": source.kind,
        "memory_bytes": source.memory_bytes,
        "output_bytes": source.output_bytes,
        "timeout_ms": source.timeout_s * 1000,
    }
    if source.kind != "wasm":
        return spec, source.data
    module = inspect(source.data)
    if module.problem and not (source.calls and module.unknown_kind):
        raise ConfigError(f"plugin {source.name} cannot run here: {module.problem}")
    spec |= {
        "abi": module.abi,
        "functions": module.functions,
        "calls": dict(source.calls),
        "room_bytes": room_for(module, source.memory_bytes),
        "start_bytes": module.start_bytes,
    }
    return spec, cap_memory(source.data, source.memory_bytes, module)


async def answer(files: PluginFiles, method: str, params: str, body: bytes) -> tuple[str, bytes]:
    """Answers a plugin's question. Never raises: a refusal and a missing file are answers too."""
    try:
        value, data = await _ask(files, method, read_json(params), body)
    except StaysailError as error:
        return write_json({"ok": False, "code": error.code, "message": str(error)}), b""
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return write_json({"ok": False, "code": "bad_request", "message": f"that is no way to ask: {error}"}), b""
    return write_json({"ok": True, "value": value}), data


async def _ask(files: PluginFiles, method: str, params: Mapping[str, Any], body: bytes) -> tuple[Any, bytes]:
    match method:
        case "read":
            return None, await files.read(params["path"])
        case "write":
            await files.write(params["path"], body)
            return {"path": params["path"], "size_bytes": len(body)}, b""
        case "list":
            return [entry.to_dict() for entry in await files.list(params["path"])], b""
        case "stat":
            return (await files.stat(params["path"])).to_dict(), b""
        case "delete":
            await files.delete(params["path"])
            return None, b""
        case "mkdir":
            await files.mkdir(params["path"])
            return None, b""
        case "rename":
            await files.rename(params["path"], params["to"])
            return None, b""
        case "fetch":
            headers = {str(name): str(value) for name, value in dict(params.get("headers") or {}).items()}
            status, answered, data = await files.fetch(str(params["url"]), str(params.get("method") or "GET"), headers, body)
            return {"status": status, "headers": dict(answered)}, data
    raise ToolFSError(f"a plugin cannot ask for {method!r}", code="bad_request")
