"""An MCP server as an agent uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self

from ...core.defaults import default_transport
from ...core.errors import BadRequestError, ConfigError, ProviderError, StreamError, ToolError
from ...core.messages import Message, Part
from ...core.ports import Clock, Transport, without_secrets
from ...core.tool import Approval, check_approval
from ...core.value import NOTHING, Value
from ...core.waiting import SystemClock
from .auth import read_auth
from .connection import Answerer, Connection, OnNotification, rpc_code
from .content import McpResult, read_contents, read_prompt, read_result
from .eras import HANDSHAKE, HEADER_MISMATCH, MODERN, Agreed, mirror_headers, mirrored
from .http import Door
from .oauth import OAuth

LONGEST_NAME = 64


class ServerInfo(Value):
    """What a server says of itself. protocol: the version that is spoken with it."""

    name: str
    version: str
    protocol: str
    instructions: str | None = None
    capabilities: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).__match_args__}


class Progress(Value):
    """How far a tool is. tool: its name on the server. total: where that is known."""

    tool: str
    progress: float
    total: float | None = None
    message: str | None = None


type OnToolProgress = Callable[[Progress], object]


class McpTool:
    """A tool of a server. name: what the model calls it; server_name: what the server does."""

    def __init__(
        self, server: McpServer, described: Mapping[str, Any], name: str, approval: Approval, on_progress: OnToolProgress | None
    ) -> None:
        hints = described.get("annotations") or {}
        self.name, self.server_name = name, str(described["name"])
        self.title: str | None = described.get("title") or hints.get("title")
        self.description = str(described.get("description") or self.title or "")
        self.parameters: Mapping[str, Any] = described.get("inputSchema") or {"type": "object", "properties": {}}
        self.output_schema: Mapping[str, Any] | None = described.get("outputSchema")
        self.annotations: Mapping[str, Any] = hints
        self.approval = check_approval(approval, name)
        self.idempotent = bool(hints.get("readOnlyHint") or hints.get("idempotentHint"))
        self._server, self._on_progress = server, on_progress

    async def call(self, args: dict[str, Any]) -> Any:
        """The parts of the answer. Raises ToolError for what the server calls an error; ProviderError where it cannot be asked."""
        try:
            result = await self._server.call_tool(self.server_name, args, on_progress=self._on_progress)
        except BadRequestError as error:
            raise ToolError(str(error)) from error
        if result.is_error:
            raise ToolError(result.text or f"{self.name} failed")
        return list(result.content)

    def __repr__(self) -> str:
        return f"<tool {self.name} of {self._server!r}>"


class McpServer:
    """A server over Streamable HTTP, of the versions 2025-03-26 to 2026-07-28.

    headers: sent with every request. auth: a token, a function that gives one (async or not), or `OAuth`. protocol: a version to insist on.
    timeout_s: how long the server may be silent before and within an answer, None for ever. on_notification: told the method and params
    of what the server says unasked ("notifications/tools/list_changed", say); a connection is kept open for it. answerers: functions from
    params to the result that answer what the server asks in the middle of a call, by method ("elicitation/create",
    "sampling/createMessage", "roots/list"). Connects with the first request; `async with` ends the session. Raises ConfigError.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        transport: Transport | None = None,
        timeout_s: float | None = 120.0,
        protocol: str | None = None,
        on_notification: OnNotification | None = None,
        answerers: Mapping[str, Answerer] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ConfigError("the url of an MCP server starts with http:// or https://")
        if protocol is not None and protocol not in MODERN + HANDSHAKE:
            raise ConfigError(f"the versions of MCP are {', '.join(MODERN + HANDSHAKE)}, not {protocol!r}")
        self.url = url.partition("#")[0]
        clock, transport, given = clock or SystemClock(), transport or default_transport(), read_auth(auth)
        if isinstance(given, OAuth):
            given.bind(self.url, transport, clock)
        door = Door(self.url, headers=headers or {}, auth=given, transport=transport, timeout_s=timeout_s)
        self._connection = Connection(door, protocol=protocol, answerers=answerers or {}, on_notification=on_notification, clock=clock)
        self._schemas: dict[str, Mapping[str, Any]] = {}

    async def connect(self) -> ServerInfo:
        """What the server says of itself. Raises ProviderError, ConfigError."""
        agreed = await self._connection.agreed()
        info = agreed.info
        return ServerInfo(
            str(info.get("name") or ""), str(info.get("version") or ""), agreed.version, agreed.instructions, agreed.capabilities
        )

    async def tools(
        self,
        *,
        prefix: str = "",
        allow: Sequence[str] | None = None,
        approval: Approval = "never",
        on_progress: OnToolProgress | None = None,
    ) -> list[McpTool]:
        """The server's tools, for an agent. prefix: put before each name. allow: names or patterns (`get_*`) of those that are wanted.
        approval: of each call, as `@tool` has it. Names are made such as every provider takes. Raises ConfigError where a name of `allow`
        fits none."""
        found = await self._list_tools()
        if allow is not None:
            names = [tool["name"] for tool in found]
            if missing := [item for item in allow if not any(fnmatchcase(name, item) for name in names)]:
                raise ConfigError(f"{self!r} has no tool {', '.join(missing)}; it has {', '.join(names) or 'none'}")
            found = [tool for tool in found if any(fnmatchcase(tool["name"], item) for item in allow)]
        taken: set[str] = set()
        return [McpTool(self, tool, _name(prefix + tool["name"], taken), approval, on_progress) for tool in found]

    async def call_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, on_progress: OnToolProgress | None = None
    ) -> McpResult:
        """name: as the server has it. Raises ProviderError; what the tool itself calls an error is a result with `is_error`."""
        args = dict(arguments or {})

        def headers(agreed: Agreed) -> Mapping[str, str]:
            return mirror_headers(self._schemas.get(name, NOTHING), args) if agreed.modern else NOTHING

        def tell(progress: float, total: float | None, message: str | None) -> None:
            if on_progress:
                on_progress(Progress(name, progress, total, message))

        async def ask() -> dict[str, Any]:
            params = {"name": name, "arguments": args}
            return await self._connection.ask("tools/call", params, headers=headers, on_progress=tell if on_progress else None)

        try:
            return read_result(await ask())
        except ProviderError as error:
            if rpc_code(error) != HEADER_MISMATCH:
                raise
        await self._list_tools()  # the schema says which headers, and it has changed
        return read_result(await ask())

    async def resources(self) -> list[dict[str, Any]]:
        """Those that have an address of their own: uri, name, title, description, mimeType, size, as far as the server tells."""
        return await self._list("resources")

    async def resource_templates(self) -> list[dict[str, Any]]:
        """Patterns of addresses: uriTemplate (RFC 6570), name, title, description, mimeType."""
        return await self._list("resources/templates", "resourceTemplates")

    async def read_resource(self, uri: str) -> list[Part]:
        """Its contents: text, images, audio, or files."""
        result = await self._connection.ask("resources/read", {"uri": uri})
        return [read_contents(item) for item in result.get("contents") or ()]

    async def prompts(self) -> list[dict[str, Any]]:
        """name, title, description, arguments [{name, description, required}]."""
        return await self._list("prompts")

    async def get_prompt(self, name: str, arguments: Mapping[str, str] | None = None) -> tuple[Message, ...]:
        """Messages, ready to be a `history` or a prompt."""
        return read_prompt(await self._connection.ask("prompts/get", {"name": name, "arguments": dict(arguments or {})}))

    async def close(self) -> None:
        await self._connection.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"McpServer({without_secrets(self.url)!r})"

    async def _list_tools(self) -> list[dict[str, Any]]:
        found = [tool for tool in await self._list("tools") if isinstance(tool.get("name"), str)]
        if (await self._connection.agreed()).modern:
            found = [tool for tool in found if _mirrors_well(tool)]
        self._schemas = {tool["name"]: tool.get("inputSchema") or {} for tool in found}
        return found

    async def _list(self, path: str, field: str | None = None) -> list[dict[str, Any]]:
        """All pages. A server without the feature has none."""
        kind = path.partition("/")[0]
        if kind not in (await self._connection.agreed()).capabilities:
            return []
        items: list[dict[str, Any]] = []
        seen: set[str] = set()
        params: dict[str, Any] = {}
        while True:
            result = await self._connection.ask(f"{path}/list", params)
            items += [item for item in result.get(field or kind) or () if isinstance(item, dict)]
            cursor = result.get("nextCursor")
            if not cursor:
                return items
            if cursor in seen:
                raise StreamError(f"{self!r} gives the same page of {path} again and again", provider="mcp")
            seen.add(cursor)
            params = {"cursor": cursor}


def _name(wanted: str, taken: set[str]) -> str:
    """A name that every provider takes, and that no other tool here has."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", wanted)
    name, number = plain[:LONGEST_NAME], 2
    while name in taken:
        ending = f"_{number}"
        name, number = plain[: LONGEST_NAME - len(ending)] + ending, number + 1
    taken.add(name)
    return name


def _mirrors_well(tool: Mapping[str, Any]) -> bool:
    """Whether the tool may be used: one whose schema asks for headers in a way that it must not is left out, as the protocol says."""
    try:
        mirrored(tool.get("inputSchema") or {})
    except ValueError:
        return False
    return True
