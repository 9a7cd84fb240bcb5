"""Plugins of a ToolFS that are JavaScript objects: they run where they were defined, and reach files from there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..core.errors import ToolFSError
from ..core.json_text import read_json, write_json
from .peer import BYTES, Method, Peer, RemoteError


class ObjectPlugins:
    """The calls of JavaScript plugins of one peer."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._calls: dict[int, Any] = {}  # the files of calls that have not ended
        self._last_call = 0
        self.methods: dict[str, Method] = {"toolfs.plugin_ask": self.ask}

    def make(self, id: str, key: str, about: Mapping[str, Any]) -> ObjectPlugin:
        return ObjectPlugin(self, id, key, about)

    async def ask(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answers a plugin's request for files. params: {call, method, params}, with bytes beside the message. Returns {head} with
        bytes; see plugin_calls.answer."""
        files = self._calls.get(params["call"])
        if files is None:
            raise ToolFSError("the plugin's call is over; files are open only as long as it lasts", code="refused")
        calls = import_module("staysail.host.plugin_calls")  # imported when a plugin is called
        head, data = await calls.answer(files, params["method"], write_json(params["params"]), bytes(params.get(BYTES, b"")))
        return {"head": read_json(head), BYTES: data}

    async def call(self, method: str, params: dict[str, Any], files: Any = None) -> Any:
        self._last_call += 1
        call = self._last_call
        self._calls[call] = files
        try:
            return await self._peer.call(method, params | {"call": call})
        except RemoteError as error:
            raise ToolFSError(f"{error.name}: {error}", code="plugin") from error
        finally:
            del self._calls[call]


class ObjectPlugin:
    """A plugin that is a JavaScript object."""

    kind = "javascript"

    def __init__(self, plugins: ObjectPlugins, id: str, key: str, about: Mapping[str, Any]) -> None:
        self.name, self.version = str(about.get("name") or ""), str(about.get("version") or "0")
        self.skill_document = str(about.get("skill_document") or "")
        self.operations: Mapping[str, Any] = about.get("operations") or {}
        self._plugins, self._place = plugins, {"id": id, "key": key}

    async def init(self, config: Mapping[str, Any]) -> None:
        await self._plugins.call("toolfs.plugin_init", self._place | {"config": dict(config)})

    async def execute(self, request: Mapping[str, Any], files: Any) -> Any:
        return await self._plugins.call("toolfs.plugin", self._place | {"request": dict(request)}, files)
