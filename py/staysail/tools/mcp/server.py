"""An MCP server as an agent uses it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self

from ...core.defaults import default_transport
from ...core.errors import BadRequestError, ConfigError, ProviderError
from ...core.log import log
from ...core.messages import Message, Part
from ...core.ports import Clock, Transport, without_secrets
from ...core.tool import Approval
from ...core.value import NOTHING, Value
from ...core.waiting import SystemClock
from .answering import Answerer, Answerers
from .apps import EXTENSIONS, McpApp, check_uri, is_visible, read_app
from .authorization.addresses import is_local
from .authorization.bearer import read_auth
from .authorization.tokens import Tokens
from .connection import Connection, OnNotification
from .content import McpResult, read_prompt, read_resource, read_result
from .endpoint import HttpEndpoint
from .eras import HANDSHAKE, HEADER_MISMATCH, LOG_LEVELS, MODERN, Negotiated, mirror_headers
from .limits import McpLimits, Meter
from .listing import read_items
from .negotiation import rpc_code
from .reading import mapping, text
from .tasks import finished, makes_tasks
from .timing import CallTimer
from .tool import McpTool, OnToolProgress, Progress

LONGEST_NAME = 64
MOST_WARNINGS = 100


class ServerInfo(Value):
    """The description that a server gives of itself. protocol: the version of the protocol that is used with it."""

    name: str
    version: str
    protocol: str
    instructions: str | None = None
    capabilities: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).__match_args__}


class McpServer:
    """A server over Streamable HTTP, of the versions 2025-03-26 to 2026-07-28. It connects with the first request; `async with` ends the
    session.

    Args:
        url: Address of the server.
        headers: Headers of every request.
        auth: A token, a function that returns a token (async or not), `OAuth` or `ClientCredentials`.
        transport: Sends the requests; by default fetch in a page and httpx elsewhere.
        timeout_s: Most seconds of one call in all, reconnecting and every page of a list included; None for no limit. The time in which
            a person logs in, or an answerer works, does not count.
        idle_s: Most seconds without a byte from the server; None for no limit.
        limits: Most of what the server may send.
        protocol: The version to insist on.
        on_notification: Called with the method and params of each notification ("notifications/tools/list_changed", say), for which a
            connection is kept open.
        log_level: The least severe of the server's log messages that on_notification is to get: "debug", "info", "notice", "warning",
            "error", "critical", "alert" or "emergency".
        answerers: Functions from params to the result that answer the server's own requests, by method: "elicitation/create" (a form),
            "elicitation/url" (an address to open), "sampling/createMessage", "roots/list".
        apps: Tells the server that its apps (`ui://…`, McpTool.app) are shown.

    Attributes:
        warnings: Entries that the lists which were read last left out, with the reasons.

    Raises:
        ConfigError: An option cannot work.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        transport: Transport | None = None,
        timeout_s: float | None = 300.0,
        idle_s: float | None = 120.0,
        limits: McpLimits | None = None,
        protocol: str | None = None,
        on_notification: OnNotification | None = None,
        log_level: str | None = None,
        answerers: Mapping[str, Answerer] | None = None,
        apps: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ConfigError("the url of an MCP server starts with http:// or https://")
        if protocol is not None and protocol not in MODERN + HANDSHAKE:
            raise ConfigError(f"the versions of MCP are {', '.join(MODERN + HANDSHAKE)}, not {protocol!r}")
        if log_level is not None and log_level not in LOG_LEVELS:
            raise ConfigError(f"log_level is one of {', '.join(LOG_LEVELS)}, not {log_level!r}")
        for name, seconds in (("timeout_s", timeout_s), ("idle_s", idle_s)):
            if seconds is not None and not seconds > 0:
                raise ConfigError(f"{name} is more than 0, or None for no limit, not {seconds!r}")
        self.url = url.partition("#")[0]
        clock, transport, limits = clock or SystemClock(), transport or default_transport(), limits or McpLimits()
        given, timer = read_auth(auth), CallTimer(without_secrets(self.url), clock)
        if isinstance(given, Tokens):
            given.bind(self.url, transport, clock, timer.paused)
        endpoint = HttpEndpoint(
            self.url, headers=headers or {}, auth=given, transport=transport, idle_s=idle_s, check=lambda: timer.check("the call")
        )
        self._host, self._limits = endpoint.host, limits
        self._connection = Connection(
            endpoint,
            protocol=protocol,
            timeout_s=timeout_s,
            limits=limits,
            answerers=Answerers(answerers or {}, local=is_local(self.url), timer=timer, extensions=EXTENSIONS if apps else NOTHING),
            on_notification=on_notification,
            log_level=log_level,
            clock=clock,
            timer=timer,
        )
        self._tools: dict[str, Mapping[str, Any]] = {}
        self._clock = clock
        self._warnings: dict[str, list[str]] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(warning for warnings in self._warnings.values() for warning in warnings)

    async def connect(self) -> ServerInfo:
        """Returns what the server says of itself. Raises ProviderError, ConfigError."""
        async with self._connection.call("the connection"):
            negotiated = await self._connection.negotiated()
        name, version = text(negotiated.info.get("name")) or "", text(negotiated.info.get("version")) or ""
        return ServerInfo(name, version, negotiated.version, negotiated.instructions, negotiated.capabilities)

    async def tools(
        self,
        *,
        prefix: str = "",
        allow: Sequence[str] | None = None,
        approval: Approval = "never",
        on_progress: OnToolProgress | None = None,
    ) -> list[McpTool]:
        """Returns the server's tools, for an agent. A malformed tool is left out, and `warnings` says why; so is a tool that the server has
        for its apps alone.

        Args:
            prefix: Put before each name. Names are made such as every provider takes.
            allow: Names or patterns (`get_*`) of the tools to return; None returns all.
            approval: Whether each call needs approval, as `@tool` has it.
            on_progress: Called with each Progress of a call. In an agent's stream it is an event too.

        Raises:
            ConfigError: A name of `allow` fits no tool.
        """
        async with self._connection.call("tools/list"):
            found = [tool for tool in await self._list_tools() if is_visible(tool, "model")]
        if allow is not None:
            names = [tool["name"] for tool in found]
            if missing := [item for item in allow if not any(fnmatchcase(name, item) for name in names)]:
                raise ConfigError(f"{self!r} has no tool {', '.join(missing)}; it has {', '.join(names) or 'none'}")
            found = [tool for tool in found if any(fnmatchcase(tool["name"], item) for item in allow)]
        names = _names([prefix + tool["name"] for tool in found])
        return [McpTool(self, tool, name, approval, on_progress) for tool, name in zip(found, names, strict=True)]

    async def call_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, on_progress: OnToolProgress | None = None
    ) -> McpResult:
        """Calls a tool. A failure that the tool itself reports is a result with `is_error`.

        Args:
            name: The tool's name on the server.
            on_progress: Called with each Progress.

        Raises:
            ProviderError: The server refuses the call, or cannot be reached.
        """
        return read_result(await self._call(name, arguments, on_progress))

    async def _call(self, name: str, arguments: Mapping[str, Any] | None, on_progress: OnToolProgress | None = None) -> dict[str, Any]:
        args = dict(arguments or {})

        def headers(negotiated: Negotiated) -> Mapping[str, str]:
            return mirror_headers(mapping(self._tools.get(name, NOTHING).get("inputSchema")), args) if negotiated.modern else NOTHING

        def tell(progress: float, total: float | None, message: str | None) -> None:
            if on_progress:
                on_progress(Progress(name, progress, total, message))

        async def ask() -> dict[str, Any]:
            params = {"name": name, "arguments": args, **await self._wanted_task(name)}
            result = await self._connection.request("tools/call", params, headers=headers, on_progress=tell if on_progress else None)
            return await finished(result, self._connection, self._clock)

        async with self._connection.call(f"the tool {name}"):
            try:
                return await ask()
            except ProviderError as error:
                if rpc_code(error) != HEADER_MISMATCH:
                    raise
            await self._list_tools()  # the schema says which headers, and it has changed
            return await ask()

    async def read_app(self, uri: str) -> McpApp:
        """Returns an app, by the address that McpTool.app names. Raises StreamError where the resource is no app, or too large."""
        check_uri(uri)
        async with self._connection.call(f"the app {uri}"):
            app = read_app(uri, await self._connection.request("resources/read", {"uri": uri}))
            if app.meta:
                return app
            listed = [mapping(item.get("_meta")).get("ui") for item in await self._list("resources") if item["uri"] == uri]
            return app.replace(meta=mapping(listed[0])) if listed else app

    async def app_tools(self) -> list[Mapping[str, Any]]:
        """Returns the tools that the server's apps may call: name, title, description, inputSchema, annotations, as the server says."""
        async with self._connection.call("tools/list"):
            await self._list_tools()
        return [tool for tool in self._tools.values() if is_visible(tool, "app")]

    async def call_app_tool(self, name: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Calls a tool for an app of this server, and returns the result as the server gave it. Asking the user is up to the caller.

        Raises:
            BadRequestError: The server has no such tool for its apps.
            ProviderError: The server refuses the call, or cannot be reached.
        """
        if name not in self._tools:
            await self.app_tools()
        tool = self._tools.get(name)
        if tool is None or not is_visible(tool, "app"):
            raise BadRequestError(f"{self!r} has no tool {name[:100]} for its apps", code="app", provider="mcp")
        return await self._call(name, arguments)

    async def resources(self) -> list[dict[str, Any]]:
        """Returns the resources that have an address: uri, name, title, description, mimeType, size, as far as the server says."""
        async with self._connection.call("resources/list"):
            return await self._list("resources")

    async def resource_templates(self) -> list[dict[str, Any]]:
        """Returns patterns of addresses: uriTemplate (RFC 6570), name, title, description, mimeType."""
        async with self._connection.call("resources/templates/list"):
            return await self._list("resources/templates", "resourceTemplates")

    async def read_resource(self, uri: str) -> list[Part]:
        """Returns the contents of a resource: text, images, audio, or files."""
        async with self._connection.call(f"the resource {uri}"):
            return read_resource(await self._connection.request("resources/read", {"uri": uri}))

    async def subscribe(self, uri: str) -> None:
        """Lets the server tell changes of a resource to `on_notification`, as "notifications/resources/updated"."""
        async with self._connection.call(f"the subscription to {uri}"):
            await self._connection.subscribe(uri, True)

    async def unsubscribe(self, uri: str) -> None:
        async with self._connection.call(f"the subscription to {uri}"):
            await self._connection.subscribe(uri, False)

    async def prompts(self) -> list[dict[str, Any]]:
        """Returns the prompts: name, title, description, arguments [{name, description, required}]."""
        async with self._connection.call("prompts/list"):
            return await self._list("prompts")

    async def get_prompt(self, name: str, arguments: Mapping[str, str] | None = None) -> tuple[Message, ...]:
        """Returns a prompt's messages, ready to be a `history` or a prompt."""
        async with self._connection.call(f"the prompt {name}"):
            return read_prompt(await self._connection.request("prompts/get", {"name": name, "arguments": dict(arguments or {})}))

    async def close(self) -> None:
        """Ends the session, where the server keeps one. A later request opens another."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"McpServer({without_secrets(self.url)!r})"

    async def _wanted_task(self, name: str) -> Mapping[str, Any]:
        """The params by which a call makes a task, where the tool cannot be called otherwise."""
        if not makes_tasks(await self._connection.negotiated()):
            return NOTHING
        if name not in self._tools:
            await self._list_tools()
        execution = mapping(self._tools.get(name, NOTHING).get("execution"))
        return {"task": {}} if execution.get("taskSupport") == "required" else NOTHING

    async def _list_tools(self) -> list[dict[str, Any]]:
        found = await self._list("tools")
        self._tools = {tool["name"]: tool for tool in found}
        return found

    async def _list(self, path: str, field: str | None = None) -> list[dict[str, Any]]:
        """Reads every page of a list. A server without the feature has none."""
        negotiated = await self._connection.negotiated()
        kind = path.partition("/")[0]
        if kind not in negotiated.capabilities:
            return []
        warnings: list[str] = []

        def warn(sentence: str) -> None:
            if len(warnings) < MOST_WARNINGS:
                log.warning("%r: %s", self, sentence)
                warnings.append(sentence)

        items: list[Any] = []
        meter, seen, cursor = Meter(self._limits, self._host, f"{path}/list"), set[str](), None
        while True:
            meter.count("pages")
            result = await self._connection.request(f"{path}/list", {"cursor": cursor} if cursor else {}, meter=meter)
            page = result.get(field or kind)
            if isinstance(page, list):
                meter.count("items", len(page))
                items += page
            elif page is not None:
                warn(f"a page of {path} is left out: it is no list")
            cursor = result.get("nextCursor")
            if not cursor:
                break
            if not isinstance(cursor, str) or cursor in seen:
                why = "the same page again" if isinstance(cursor, str) else "a cursor that is no text"
                warn(f"{path} ends early: the server gives {why}")
                break
            seen.add(cursor)
        self._warnings[path] = warnings
        return read_items(path, items, warn, modern=negotiated.modern)


def _names(wanted: Sequence[str]) -> list[str]:
    """Names that every provider takes, each of them once. O(n), also where all of them are equal at first."""
    found: dict[str, None] = {}
    last: dict[str, int] = {}  # the number that names of this beginning have come to
    for given in wanted:
        plain = re.sub(r"[^a-zA-Z0-9_-]", "_", given)
        name, begin = plain[:LONGEST_NAME], plain[: LONGEST_NAME - 6]
        while name in found:
            last[begin] = last.get(begin, 1) + 1
            ending = f"_{last[begin]}"
            name = plain[: LONGEST_NAME - len(ending)] + ending
        found[name] = None
    return list(found)
