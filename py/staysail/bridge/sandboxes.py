"""Interpreters for code that a model wrote. Only a page can hold them: this side sends requests, and web/sandbox/services.js answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from importlib import import_module
from itertools import count
from typing import Any

from ..core.defaults import Defaults
from ..core.errors import ConfigError
from .filesystems import FileSystems
from .modules import Modules
from .peer import Method, Peer, RemoteError, current_peer

_numbers = count(1)
_ending = set[asyncio.Task[None]]()


class Sandboxes:
    """The methods `python_tool.*` of one peer."""

    def __init__(self, peer: Peer, modules: Modules, filesystems: FileSystems) -> None:
        self._peer, self._modules, self._filesystems = peer, modules, filesystems
        self._tools: dict[str, Any] = {}
        self.methods: dict[str, Method] = {"python_tool.open": self.open, "python_tool.reset": self.reset}
        Defaults.open_sandbox = open_sandbox

    async def open(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Makes a tool, which then belongs to the module, and returns its definition. params: {module, options, files: {id, session} or
        None}."""
        found = params.get("files")
        files = self._filesystems.find(found["id"], found["session"]) if found else None
        tool = import_module("staysail.tools.python_tool").python_tool(files=files, **params["options"])
        self._tools[params["module"]] = tool
        self._modules.add(params["module"], [tool])
        return [{"name": tool.name, "description": tool.description, "parameters": tool.parameters}]

    async def reset(self, params: dict[str, Any]) -> None:
        if params["module"] in self._tools:
            self._tools[params["module"]].reset()


def open_sandbox(options: Mapping[str, Any], web: str | None) -> Any:
    """Returns an interpreter of the page. With an address of the web folder, this Python opens it without a peer."""
    return RemoteSandbox(options) if web is None else import_module("staysail.wiring").open_sandbox(options, web)


class RemoteSandbox:
    """An interpreter in the page. options: The options of `Sandbox` in web/sandbox/sandbox.js."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        config = import_module("pyodide_js")._api.config  # where this runtime came from
        self._options = {"runtimeURL": config.indexURL, **options}
        self._id = f"sandbox-{next(_numbers)}"
        self._peer: Peer | None = None

    async def run(self, work: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        self._peer = self._peer or current_peer.get()
        if self._peer is None:
            raise ConfigError("python_tool is called on behalf of a page, which holds its interpreter")
        try:
            async with aclosing(self._peer.stream("sandbox.run", {"id": self._id, "options": self._options, **work})) as events:
                async for event in events:
                    yield event
        except RemoteError as error:
            raise ConfigError(f"the sandbox did not start: {error}") from error

    def end(self) -> None:
        if self._peer:
            task = asyncio.get_running_loop().create_task(self._peer.call("sandbox.end", {"id": self._id}))
            _ending.add(task)
            task.add_done_callback(_ending.discard)
