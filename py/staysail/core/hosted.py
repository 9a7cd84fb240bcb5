"""Tools that the provider runs on its side, in one vocabulary for all wire formats.

    Agent("anthropic:claude-opus-5-5", tools=[web_search(max_uses=3), code_execution(), my_tool])

A kind that the provider or the model lacks raises ConfigError at once. `local` names a tool of the caller's that replaces it there. `extra`
holds fields in the provider's own vocabulary, merged into the tool's entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .errors import ConfigError
from .pickling import refuse_secrets
from .tool import as_tool
from .value import NOTHING, Value

HostedKind = Literal[
    "web_search",
    "web_fetch",
    "url_context",
    "x_search",
    "code_execution",
    "file_search",
    "image_generation",
    "mcp",
    "tool_search",
    "advisor",
]


class HostedTool(Value):
    """A tool that the provider runs. secret: the provider's credential for another server, absent from every repr, trace and store."""

    kind: HostedKind
    options: Mapping[str, Any] = NOTHING
    local: Any = None
    extra: Mapping[str, Any] = NOTHING
    secret: str | None = None

    @property
    def name(self) -> str:
        return f"mcp_{self.options['name']}" if self.kind == "mcp" else self.kind

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data, without `local` and `secret`."""
        return {"hosted": self.kind, "options": dict(self.options)} | ({"extra": dict(self.extra)} if self.extra else {})

    def __reduce__(self) -> tuple[Any, ...]:
        if self.secret:
            refuse_secrets(f"the hosted tool {self.name}", {"authorization": self.secret})
        return super().__reduce__()

    def __deepcopy__(self, memo: dict[int, Any]) -> HostedTool:
        return self

    def __repr__(self) -> str:
        return f"HostedTool({self.to_dict()!r})"


class McpApproval:
    """The approval of an MCP tool's call that the provider makes. A call of this tool is an ApprovalRequest; its result is the answer."""

    approval = "always"
    idempotent = True
    description = "Calls a tool of the MCP server."
    parameters: Mapping[str, Any] = {"type": "object", "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}}}

    def __init__(self, name: str) -> None:
        self.name = name

    async def call(self, args: dict[str, Any]) -> str:
        return "Approved."


def web_search(
    *,
    allowed_domains: Sequence[str] | None = None,
    blocked_domains: Sequence[str] | None = None,
    max_uses: int | None = None,
    user_location: Mapping[str, str] | None = None,
    local: Any = None,
    extra: Mapping[str, Any] | None = None,
) -> HostedTool:
    """A web search.

    Args:
        allowed_domains: The only domains to search.
        blocked_domains: Domains to leave out.
        max_uses: Most uses in one request.
        user_location: {city, region, country, timezone}, each optional.
        local: A tool that runs here where the provider lacks this one.
        extra: Options of the provider, passed on as they are.
    """
    options = {"allowed_domains": allowed_domains, "blocked_domains": blocked_domains, "max_uses": max_uses, "user_location": user_location}
    return _make("web_search", options, local, extra)


def web_fetch(
    *,
    allowed_domains: Sequence[str] | None = None,
    blocked_domains: Sequence[str] | None = None,
    max_uses: int | None = None,
    max_content_tokens: int | None = None,
    local: Any = None,
    extra: Mapping[str, Any] | None = None,
) -> HostedTool:
    """Reads pages and files at addresses that stand in the conversation.

    Args:
        allowed_domains: The only domains to read.
        blocked_domains: Domains to leave out.
        max_uses: Most uses in one request.
        max_content_tokens: Most tokens of one page.
        local: A tool that runs here where the provider lacks this one.
        extra: Options of the provider, passed on as they are.
    """
    options = {
        "allowed_domains": allowed_domains,
        "blocked_domains": blocked_domains,
        "max_uses": max_uses,
        "max_content_tokens": max_content_tokens,
    }
    return _make("web_fetch", options, local, extra)


def url_context(*, local: Any = None, extra: Mapping[str, Any] | None = None) -> HostedTool:
    """Reads the pages whose addresses stand in the prompt."""
    return _make("url_context", {}, local, extra)


def x_search(*, local: Any = None, extra: Mapping[str, Any] | None = None) -> HostedTool:
    """A search of posts on X."""
    return _make("x_search", {}, local, extra)


def code_execution(*, local: Any = None, extra: Mapping[str, Any] | None = None) -> HostedTool:
    """Runs code in the provider's sandbox."""
    return _make("code_execution", {}, local, extra)


def file_search(
    stores: str | Sequence[str], *, max_results: int | None = None, local: Any = None, extra: Mapping[str, Any] | None = None
) -> HostedTool:
    """A search in files that the provider stores.

    Args:
        stores: Ids of vector stores, or names of Gemini's file search stores.
        max_results: Most passages of one search.
        local: A tool that runs here where the provider lacks this one.
        extra: Options of the provider, passed on as they are.
    """
    names = [stores] if isinstance(stores, str) else list(stores)
    if not names:
        raise ConfigError("file_search needs at least one store to search")
    return _make("file_search", {"stores": names, "max_results": max_results}, local, extra)


def image_generation(*, local: Any = None, extra: Mapping[str, Any] | None = None) -> HostedTool:
    """Generates pictures, which become parts of the answer."""
    return _make("image_generation", {}, local, extra)


def mcp(
    server_url: str,
    *,
    name: str,
    authorization: str | None = None,
    allowed_tools: Sequence[str] | None = None,
    approval: Literal["always", "never"] = "never",
    local: Any = None,
    extra: Mapping[str, Any] | None = None,
) -> HostedTool:
    """The tools of an MCP server that the provider connects to.

    Args:
        server_url: The server's address.
        name: The server's name in the request, and part of the tool's name.
        authorization: The server's access token.
        allowed_tools: Names of the only tools to offer.
        approval: "always" turns each call into an ApprovalRequest; OpenAI alone offers that.
        local: A tool that runs here where the provider lacks this one.
        extra: Options of the provider, passed on as they are.
    """
    if not server_url.startswith(("https://", "http://")):
        raise ConfigError(f"server_url of mcp starts with https://, got {server_url!r}")
    options = {"server_url": server_url, "name": name, "allowed_tools": allowed_tools, "approval": approval}
    return _make("mcp", options, local, extra).replace(secret=authorization)


def tool_search(*, local: Any = None, extra: Mapping[str, Any] | None = None) -> HostedTool:
    """Lets the provider search the other tools, and show the model only the ones that fit."""
    return _make("tool_search", {}, local, extra)


def advisor(model: str, *, max_uses: int | None = None, local: Any = None, extra: Mapping[str, Any] | None = None) -> HostedTool:
    """A stronger model of the same provider that the model may consult.

    Args:
        model: The stronger model's name.
        max_uses: Most uses in one request.
        local: A tool that runs here where the provider lacks this one.
        extra: Options of the provider, passed on as they are.
    """
    return _make("advisor", {"model": model, "max_uses": max_uses}, local, extra)


def _make(kind: HostedKind, options: Mapping[str, Any], local: Any, extra: Mapping[str, Any] | None) -> HostedTool:
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items() if value is not None}
    return HostedTool(kind, given, as_tool(local) if local is not None else None, dict(extra) if extra else NOTHING)


def read_hosted(item: Any) -> HostedTool | None:
    """Returns a HostedTool, also from its plain data, or None for other tools. Raises ConfigError for an unknown kind."""
    if isinstance(item, HostedTool):
        return item
    if not isinstance(item, Mapping) or "hosted" not in item:
        return None
    kinds = HostedKind.__args__  # type: ignore[attr-defined]
    if item["hosted"] not in kinds:
        raise ConfigError(f"there is no hosted tool {item['hosted']!r}; there are: {', '.join(kinds)}")
    options = dict(item.get("options") or {})
    secret = options.pop("authorization", None) or item.get("secret")
    return _make(item["hosted"], options, item.get("local"), item.get("extra")).replace(secret=secret)
