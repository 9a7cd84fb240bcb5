"""Servers of the Python SDK: with and without sessions, answering with JSON or event streams, behind OAuth, and one whose list has pages.
Prints their addresses as a line of JSON, then serves until it is ended."""

import asyncio
import json
import secrets
import socket
import time
from contextlib import AsyncExitStack
from typing import Annotated, Any

import uvicorn
from mcp_types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    ListToolsResult,
    TextContent,
    Tool,
)
from pydantic import BaseModel, Field
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from mcp.server.auth.provider import AccessToken, AuthorizationCode, RefreshToken, construct_redirect_uri
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http import EventMessage, EventStore
from mcp.shared.auth import OAuthToken

PNG = b"\x89PNG\r\n\x1a\n, which nobody looks into"
SEEN: dict[str, Any] = {"cancelled": 0, "calls": 0, "requests": []}
LASTS_S = 3600


class Sum(BaseModel):
    total: int


class Name(BaseModel):
    name: str


def make(name: str, **options: Any) -> MCPServer:
    server = MCPServer(name, version="1.2.3", instructions="Ask nicely.", log_level="ERROR", **options)

    @server.tool()
    def add(a: int, b: int) -> Sum:
        """Add two numbers."""
        return Sum(total=a + b)

    @server.tool()
    def fail() -> str:
        """Fails."""
        raise ToolError("the reef was too shallow")

    @server.tool(structured_output=False)
    def picture() -> list[Any]:
        """A picture and a word."""
        return ["a dot", Image(data=PNG, format="png")]

    @server.tool()
    async def count(to: int, ctx: Context) -> str:
        """Counts, and reports its progress."""
        for n in range(1, to + 1):
            await ctx.report_progress(n, to, f"at {n}")
        return f"counted to {to}"

    @server.tool()
    async def wait(seconds: float) -> str:
        """Waits, unless it is stopped."""
        SEEN["calls"] += 1
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            SEEN["cancelled"] += 1
            raise
        return "waited"

    @server.tool()
    async def cut(ctx: Context) -> str:
        """Ends the stream of its answer, and continues it on another."""
        SEEN["cuts"] = SEEN.get("cuts", 0) + 1
        await ctx.report_progress(1, 2, "before the cut")
        await ctx.close_sse_stream()
        await asyncio.sleep(0.3)
        return "after the cut"

    @server.tool()
    async def ask_name(ctx: Context) -> str:
        """Asks the user."""
        answer = await ctx.elicit("Who are you?", Name)
        return f"hello {answer.data.name}" if answer.action == "accept" else answer.action

    @server.tool()
    async def grow(ctx: Context) -> str:
        """Adds a tool."""
        server.add_tool(lambda: "grown", name="grown", description="Grown.")
        await ctx.notify_tools_changed()
        await ctx.session.send_tool_list_changed()
        return "done"

    @server.tool()
    def in_region(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})], ctx: Context) -> str:
        """Returns the region that its headers name."""
        return f"{region} as {(ctx.headers or {}).get('mcp-param-region')}"

    @server.resource("notes://log", mime_type="text/plain")
    def log() -> str:
        """The ship's log."""
        return "All well."

    @server.resource("notes://dot", mime_type="image/png")
    def dot() -> bytes:
        return PNG

    @server.resource("notes://crew/{name}")
    def crew(name: str) -> str:
        return f"{name} steers."

    @server.prompt()
    def greet(name: str) -> str:
        """A greeting."""
        return f"Greet {name}."

    return server


def paged() -> Server:
    """A server whose list has pages, and whose tools ask the user before they work."""

    async def list_tools(ctx: Any, params: Any) -> ListToolsResult:
        start = int(params.cursor) if params and params.cursor else 0
        tools = [Tool(name=f"tool.{n}", description="", input_schema={"type": "object"}) for n in range(start, start + 2)]
        bad = Tool(name="bad", input_schema={"type": "object", "properties": {"x": {"type": "number", "x-mcp-header": "X"}}})
        return ListToolsResult(tools=[*tools, bad] if not start else tools, next_cursor=str(start + 2) if start < 4 else None)

    async def call_tool(ctx: Any, params: Any) -> CallToolResult | InputRequiredResult:
        if not params.input_responses:
            form = ElicitRequestFormParams(message="Sure?", requested_schema={"type": "object", "properties": {}})
            return InputRequiredResult(input_requests={"sure": ElicitRequest(params=form)}, request_state="s1")
        told = f"{params.name} {params.input_responses['sure'].action} {params.request_state}"
        return CallToolResult(content=[TextContent(type="text", text=told)])

    return Server("paged", on_list_tools=list_tools, on_call_tool=call_tool)


class Events(EventStore):
    """A store of every event of every stream, in memory."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        self.events.append((stream_id, message))
        return str(len(self.events) - 1)

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:
        at = int(last_event_id)
        stream = self.events[at][0]
        for number, (of, message) in enumerate(self.events[at + 1 :], at + 1):
            if of == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


class Provider:
    """An authorization server that grants every request."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.refreshes: dict[str, RefreshToken] = {}
        self.tokens: dict[str, AccessToken] = {}

    async def get_client(self, client_id: str) -> Any:
        return self.clients.get(client_id)

    async def register_client(self, client_info: Any) -> None:
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: Any, params: Any) -> str:
        code = "code-" + secrets.token_hex(16)
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or ["sail"],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        SEEN["authorized"] = SEEN.get("authorized", 0) + 1
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(self, client: Any, authorization_code: str) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client: Any, authorization_code: AuthorizationCode) -> OAuthToken:
        del self.codes[authorization_code.code]
        return self._give(client.client_id, authorization_code.scopes, authorization_code.resource)

    async def load_refresh_token(self, client: Any, refresh_token: str) -> RefreshToken | None:
        return self.refreshes.get(refresh_token)

    async def exchange_refresh_token(self, client: Any, refresh_token: RefreshToken, scopes: list[str]) -> OAuthToken:
        SEEN["refreshed"] = SEEN.get("refreshed", 0) + 1
        del self.refreshes[refresh_token.token]
        return self._give(client.client_id, scopes, refresh_token.resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)

    async def revoke_token(self, token: Any) -> None:
        self.tokens.pop(token.token, None)

    def _give(self, client_id: str, scopes: list[str], resource: str | None) -> OAuthToken:
        token, refresh = "secret-" + secrets.token_hex(16), "refresh-" + secrets.token_hex(16)
        self.tokens[token] = AccessToken(
            token=token, client_id=client_id, scopes=scopes, expires_at=int(time.time()) + LASTS_S, resource=resource
        )
        self.refreshes[refresh] = RefreshToken(token=refresh, client_id=client_id, scopes=scopes, resource=resource)
        return OAuthToken(access_token=token, refresh_token=refresh, expires_in=LASTS_S, scope=" ".join(scopes))


async def main() -> None:
    sockets: dict[str, socket.socket] = {}
    for name in ("stateful", "json", "stateless", "paged", "oauth"):
        sockets[name] = socket.socket()
        sockets[name].bind(("127.0.0.1", 0))
        sockets[name].listen()  # from here on a client waits instead of being refused
    base = {name: f"http://127.0.0.1:{item.getsockname()[1]}" for name, item in sockets.items()}
    auth = AuthSettings(
        issuer_url=base["oauth"],
        resource_server_url=f"{base['oauth']}/mcp",
        required_scopes=["sail"],
        client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=["sail"], default_scopes=["sail"]),
        validate_token_resource=True,
    )
    stateful, provider = make("stateful"), Provider()
    apps = {
        "stateful": stateful.streamable_http_app(event_store=Events(), retry_interval=50),
        "json": make("json").streamable_http_app(json_response=True),
        "stateless": make("stateless").streamable_http_app(stateless_http=True),
        "paged": paged().streamable_http_app(),
        "oauth": make("oauth", auth=auth, auth_server_provider=provider).streamable_http_app(),
    }

    async def seen(request: Any) -> JSONResponse:
        return JSONResponse(SEEN)

    async def forget(request: Any) -> JSONResponse:
        """Ends every session, as a restart of the server does."""
        sessions = stateful.session_manager._server_instances
        for transport in list(sessions.values()):
            await transport.terminate()
        sessions.clear()
        return JSONResponse({})

    async def expire(request: Any) -> JSONResponse:
        """Ends every access token; refresh tokens stay."""
        provider.tokens.clear()
        return JSONResponse({})

    apps["stateful"].add_route("/expire", expire)
    apps["stateful"].add_route("/seen", seen)
    apps["stateful"].add_route("/forget", forget)

    def noting(app: Any) -> Any:
        """Records the requests, and lets every page read the answers."""
        exposed = ["mcp-session-id", "mcp-protocol-version", "www-authenticate"]
        app = CORSMiddleware(app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=exposed)

        async def noted(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"] == "/mcp":
                headers = {name.decode(): value.decode() for name, value in scope["headers"]}
                kept = {name: headers[name] for name in headers if name.startswith(("mcp-", "last-event"))}
                SEEN["requests"].append([scope["method"], kept])
            await app(scope, receive, send)

        return noted

    async with AsyncExitStack() as stack:
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        servers = [uvicorn.Server(uvicorn.Config(noting(app), log_level="warning", lifespan="off")) for app in apps.values()]
        print(json.dumps({name: f"{url}/mcp" for name, url in base.items()}), flush=True)
        await asyncio.gather(*(server.serve([sockets[name]]) for name, server in zip(apps, servers, strict=True)))


asyncio.run(main())
