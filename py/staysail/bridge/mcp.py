"""MCP servers for JavaScript. Each call carries its server's description, so that a server outlives the interpreter that knew it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import staysail

from ..core.errors import AuthError
from .modules import Modules
from .peer import Method, Peer, RemoteError


class McpServers:
    """The servers that JavaScript made, opened with the first call about each."""

    def __init__(self, peer: Peer, modules: Modules) -> None:
        self._peer, self._modules = peer, modules
        self._open: dict[str, staysail.McpServer] = {}
        self._tasks = set[asyncio.Task[Any]]()
        self.methods: dict[str, Method] = {
            "mcp.connect": self.connect,
            "mcp.tools": self.tools,
            "mcp.list": self.list_,
            "mcp.read": self.read,
            "mcp.subscribe": self.subscribe,
            "mcp.prompt": self.prompt,
            "mcp.app": self.app,
            "mcp.app_tools": self.app_tools,
            "mcp.app_call": self.app_call,
            "mcp.close": self.close,
        }

    async def connect(self, params: dict[str, Any]) -> dict[str, Any]:
        return (await self._find(**params["server"]).connect()).to_dict()

    async def tools(self, params: dict[str, Any]) -> dict[str, Any]:
        """Loads a server's tools, to be called under the id `set`. Returns their definitions, and what was left out."""
        set_id, server = params["set"], self._find(**params["server"])
        on_progress = partial(self._tell_progress, set_id) if params["progress"] else None
        tools = await server.tools(**params["options"], on_progress=on_progress)
        self._modules.add(set_id, tools)
        return {"tools": [_describe(tool) for tool in tools], "warnings": list(server.warnings)}

    async def list_(self, params: dict[str, Any]) -> dict[str, Any]:
        """Lists resources, resource templates or prompts; `what` is the method's name in Python."""
        server = self._find(**params["server"])
        items = await getattr(server, params["what"])()
        return {"items": items, "warnings": list(server.warnings)}

    async def read(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        return [part.to_dict() for part in await self._find(**params["server"]).read_resource(params["uri"])]

    async def app(self, params: dict[str, Any]) -> dict[str, Any]:
        app = await self._find(**params["server"]).read_app(params["uri"])
        return {"html": app.html, "meta": dict(app.meta)}

    async def app_tools(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        return [dict(tool) for tool in await self._find(**params["server"]).app_tools()]

    async def app_call(self, params: dict[str, Any]) -> dict[str, Any]:
        return await self._find(**params["server"]).call_app_tool(params["name"], params["arguments"])

    async def subscribe(self, params: dict[str, Any]) -> None:
        server = self._find(**params["server"])
        await (server.subscribe if params["wanted"] else server.unsubscribe)(params["uri"])

    async def prompt(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        messages = await self._find(**params["server"]).get_prompt(params["name"], params["arguments"])
        return [message.to_dict() for message in messages]

    async def close(self, params: dict[str, Any]) -> None:
        if server := self._open.pop(params["server"]["id"], None):
            await server.close()

    def forget(self) -> None:
        """Closes every server."""
        for server in self._open.values():
            self._start(server.close())
        self._open.clear()

    def _find(
        self,
        id: str,
        url: str,
        auth: str | bool | None,
        oauth: dict[str, Any] | None,
        listens: bool,
        answers: list[str],
        limits: dict[str, int],
        **options: Any,
    ) -> staysail.McpServer:
        """Returns the server of a description.

        Args:
            auth: A token, or True for a function in JavaScript.
            listens: Whether a function in JavaScript hears notifications.
            answers: Methods of the server's own requests that functions in JavaScript answer.
        """
        if id not in self._open:
            remote = _Functions(self._peer, id)
            allowed: Any = staysail.OAuth(remote.authorize, **oauth) if oauth else remote.token if auth is True else auth
            hear = partial(self._tell, id) if listens else None
            answerers = {method: partial(remote.answer, method) for method in answers}
            options |= {"limits": staysail.McpLimits(**limits), "on_notification": hear, "answerers": answerers}
            self._open[id] = staysail.McpServer(url, auth=allowed, **options)
        return self._open[id]

    def _tell(self, id: str, method: str, params: Any) -> None:
        self._start(self._notify("mcp.notice", {"server": id, "method": method, "params": dict(params)}))

    def _tell_progress(self, set_id: str, progress: Any) -> None:
        fields = {name: getattr(progress, name) for name in type(progress).__match_args__}
        self._start(self._notify("mcp.progress", {"set": set_id, "progress": fields}))

    async def _notify(self, method: str, params: dict[str, Any]) -> None:
        with suppress(RemoteError):  # a fault of the listener is no fault of the server
            await self._peer.call(method, params)

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs a call in the background. Its message leaves at once, before the result of the call in which it arose."""
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        if task.done():
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Functions:
    """The functions in JavaScript that were given with a server."""

    def __init__(self, peer: Peer, id: str) -> None:
        self._peer, self._id = peer, id

    async def token(self) -> str:
        return await self._ask("mcp.token", {})

    async def authorize(self, url: str) -> str:
        return await self._ask("mcp.authorize", {"url": url})

    async def answer(self, method: str, params: Any) -> Any:
        return await self._peer.call("mcp.answer", {"server": self._id, "method": method, "params": dict(params)})

    async def _ask(self, method: str, params: dict[str, Any]) -> str:
        try:
            given: str = await self._peer.call(method, {"server": self._id, **params})
        except RemoteError as error:
            raise AuthError(f"{method.partition('.')[2]} failed: {error}", code="oauth", provider="mcp") from error
        return given


def _describe(tool: Any) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "parameters": tool.parameters,
        "outputSchema": tool.output_schema,
        "annotations": tool.annotations,
        "app": tool.app,
    } | ({"idempotent": True} if tool.idempotent else {})
