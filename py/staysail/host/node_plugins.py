"""Plugins on CPython: they run in Node, as they do in a page. The frames are those of web/plugins/stdio.mjs."""

from __future__ import annotations

import asyncio
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.json_text import json_bytes, read_json
from ..fs.ports import Plugin, PluginSource
from .plugin_calls import KINDS, Answering, HostedPlugin, PluginFault, prepare

LENGTHS = struct.Struct("<II")
LEAST_NODE = 20


class NodePluginHost:
    """package: the folder of the npm package `staysail`. node: the program, 20 or newer. One process runs the plugins of one event loop,
    each in a worker of its own; it starts with the first one and ends with `aclose` or with this program."""

    kinds = KINDS

    def __init__(self, package: str | Path, *, node: str = "node") -> None:
        self._script = Path(package) / "plugins" / "stdio.mjs"
        self._node = node
        self._starting: asyncio.Task[_Process] | None = None

    async def load(self, source: PluginSource) -> Plugin:
        spec, data = prepare(source)
        runner = _Runner(self, spec, data)
        try:
            about = await runner.load()
        except PluginFault as fault:
            raise ConfigError(f"plugin {source.name} did not load: {fault}") from fault
        return HostedPlugin(source, about, runner)

    async def aclose(self) -> None:
        starting, self._starting = self._starting, None
        if starting:
            await (await starting).aclose()

    async def process(self) -> _Process:
        """The process, started where there is none, once for all who ask meanwhile. Raises ConfigError where Node or the package is not
        there."""
        if not self._script.is_file():
            raise ConfigError(f"{self._script} is not there; give the folder of the npm package staysail")
        program = shutil.which(self._node)
        if program is None:
            raise ConfigError(f"plugins run in Node, and there is no {self._node!r}; install Node {LEAST_NODE} or newer, or give node=")
        starting = self._starting
        if starting is None or starting.get_loop() is not asyncio.get_running_loop() or _is_over(starting):
            starting = self._starting = asyncio.create_task(_start(program, self._script))
        return await asyncio.shield(starting)


async def _start(program: str, script: Path) -> _Process:
    pipe = asyncio.subprocess.PIPE
    # No variables: a plugin in JavaScript could read them.
    started = await asyncio.create_subprocess_exec(program, str(script), stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={})
    return _Process(started)


def _is_over(starting: asyncio.Task[_Process]) -> bool:
    return starting.done() and (starting.cancelled() or starting.exception() is not None or starting.result().is_over)


class _Runner:
    """The id of a plugin is that of its load, in the process that it was loaded into."""

    def __init__(self, host: NodePluginHost, spec: Mapping[str, Any], data: bytes) -> None:
        self._host, self._spec, self._data = host, spec, data
        self._config: Mapping[str, Any] | None = None
        self._at: tuple[_Process, int] | None = None

    async def load(self) -> dict[str, Any]:
        process = await self._host.process()
        id, head, _ = await process.call({"type": "load", "spec": self._spec}, self._data)
        self._at = process, id
        about: dict[str, Any] = head["value"]
        return about

    async def init(self, config: Mapping[str, Any]) -> None:
        process, id = await self._place()
        await process.call({"type": "init", "plugin": id, "config": config})
        self._config = config

    async def execute(self, request: str, answering: Answering) -> str:
        process, id = await self._place()
        _, _, body = await process.call({"type": "execute", "plugin": id}, request.encode(), answering)
        return body.decode()

    def stop(self) -> None:
        if self._at and not self._at[0].is_over:
            self._at[0].send({"type": "stop", "plugin": self._at[1]})

    async def _place(self) -> tuple[_Process, int]:
        if self._at is None or self._at[0].is_over:  # Node itself is gone, and the plugin with it
            await self.load()
            if self._config is not None:
                await self.init(self._config)
        assert self._at
        return self._at


class _Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._calls: dict[int, tuple[asyncio.Future[tuple[dict[str, Any], bytes]], Answering | None]] = {}
        self._last_id = 0
        self._answers: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())
        self._loop = asyncio.get_running_loop()

    @property
    def is_over(self) -> bool:
        return self._reading.done() or self._loop is not asyncio.get_running_loop()

    async def call(self, head: dict[str, Any], body: bytes = b"", answering: Answering | None = None) -> tuple[int, dict[str, Any], bytes]:
        """The call's id, and its answer. Raises PluginFault."""
        self._last_id += 1
        id = self._last_id
        future: asyncio.Future[tuple[dict[str, Any], bytes]] = self._loop.create_future()
        self._calls[id] = future, answering
        try:
            self.send(head | {"id": id}, body)
            await self._stdin.drain()
            answer, data = await future
        except ConnectionError as error:
            raise PluginFault("Node ended") from error
        finally:
            del self._calls[id]
        if answer["type"] == "fault":
            raise PluginFault(answer["message"])
        return id, answer, data

    def send(self, head: dict[str, Any], body: bytes = b"") -> None:
        text = json_bytes(head)
        self._stdin.write(LENGTHS.pack(len(text), len(body)) + text + body)

    async def aclose(self) -> None:
        self._stdin.close()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        try:
            while True:
                head_bytes, body_bytes = LENGTHS.unpack(await self._stdout.readexactly(LENGTHS.size))
                head = read_json(await self._stdout.readexactly(head_bytes))
                self._receive(head, await self._stdout.readexactly(body_bytes))
        except (asyncio.IncompleteReadError, ConnectionError):
            for future, _ in self._calls.values():
                if not future.done():
                    future.set_exception(PluginFault("Node ended"))

    def _receive(self, head: dict[str, Any], body: bytes) -> None:
        future, answering = self._calls.get(head["id"], (None, None))
        if head["type"] != "ask":
            if future and not future.done():
                future.set_result((head, body))
        elif answering:
            task = asyncio.create_task(self._answer(answering, head, body))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer(self, answering: Answering, head: dict[str, Any], body: bytes) -> None:
        text, data = await answering(head["method"], head["params"], body)
        self.send({"type": "answer", "ask": head["ask"], "head": text}, data)
