"""MCP servers for JavaScript. Each call brings its server's description along, so that a server outlives the interpreter that knew it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import staysail

from ..core.errors import AuthError
from .modules import Modules
from .peer import Method, Peer, RemoteError


class McpServers:
    def __init__(self, peer: Peer, modules: Modules) -> None:
        self._peer, self._modules = peer, modules
        self._open: dict[str, staysail.McpServer] = {}
        self._tasks = set[asyncio.Task[Any]]()
        self.methods: dict[str, Method] = {
            "mcp.connect": self.connect,
            "mcp.tools": self.tools,
            "mcp.list": self.list_,
            "mcp.read": self.read,
            "mcp.prompt": self.prompt,
            "mcp.close": self.close,
        }

    async def connect(self, params: dict[str, Any]) -> dict[str, Any]:
        return (await self._find(**params["server"]).connect()).to_dict()

    async def tools(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """set: the id under which they are found by those who call them."""
        tools = await self._find(**params["server"]).tools(**params["options"])
        self._modules.add(params["set"], tools)
        return [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in tools]

    async def list_(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """what: "resources", "resource_templates" or "prompts"."""
        found: list[dict[str, Any]] = await getattr(self._find(**params["server"]), params["what"])()
        return found

    async def read(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        return [part.to_dict() for part in await self._find(**params["server"]).read_resource(params["uri"])]

    async def prompt(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        messages = await self._find(**params["server"]).get_prompt(params["name"], params["arguments"])
        return [message.to_dict() for message in messages]

    async def close(self, params: dict[str, Any]) -> None:
        if server := self._open.pop(params["server"]["id"], None):
            await server.close()

    def forget(self) -> None:
        """Closes them all."""
        for server in self._open.values():
            self._start(server.close())
        self._open.clear()

    def _find(
        self, id: str, url: str, auth: str | bool | None, oauth: dict[str, Any] | None, listens: bool, answers: list[str], **options: Any
    ) -> staysail.McpServer:
        """auth: True for a function on the other side. listens: whether somebody there is told what the server says unasked. answers: the
        methods of the server's own requests that are answered there."""
        if id not in self._open:
            way = _Way(self._peer, id)
            allowed: Any = staysail.OAuth(way.authorize, **oauth) if oauth else way.token if auth is True else auth
            told = (lambda method, params: self._start(way.tell(method, params))) if listens else None
            answerers = {method: partial(way.answer, method) for method in answers}
            self._open[id] = staysail.McpServer(url, auth=allowed, on_notification=told, answerers=answerers, **options)
        return self._open[id]

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Way:
    """To the functions that were given with a server there."""

    def __init__(self, peer: Peer, id: str) -> None:
        self._peer, self._id = peer, id

    async def token(self) -> str:
        return await self._ask("mcp.token", {})

    async def authorize(self, url: str) -> str:
        return await self._ask("mcp.authorize", {"url": url})

    async def answer(self, method: str, params: Any) -> Any:
        return await self._peer.call("mcp.answer", {"server": self._id, "method": method, "params": dict(params)})

    async def tell(self, method: str, params: Any) -> None:
        await self._peer.call("mcp.notice", {"server": self._id, "method": method, "params": dict(params)})

    async def _ask(self, method: str, params: dict[str, Any]) -> str:
        try:
            given: str = await self._peer.call(method, {"server": self._id, **params})
        except RemoteError as error:
            raise AuthError(f"{method.partition('.')[2]} failed: {error}", code="oauth", provider="mcp") from error
        return given
