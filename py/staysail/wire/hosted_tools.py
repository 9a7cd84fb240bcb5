"""Hosted tools in the vocabulary of each wire format.

How it works. A table maps each format and kind to a function that makes the tool's entry in the request. The function takes the options
that the format knows; an option that is left over raises ConfigError. `extra` is merged over the entry unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.hosted import HostedTool

type Options = dict[str, Any]
type Maker = Callable[[Options, HostedTool], dict[str, Any]]


def render_hosted(tools: Iterable[HostedTool], wire: str) -> list[dict[str, Any]]:
    """Returns the entries of hosted tools for the request's list of tools. Raises ConfigError for a kind or an option that the format
    lacks."""
    return [_render(tool, MAKERS[wire], wire) for tool in tools]


def _render(tool: HostedTool, makers: Mapping[str, Maker], wire: str) -> dict[str, Any]:
    if tool.kind not in makers:
        raise ConfigError(f"there is no hosted {tool.kind} here; there are: {', '.join(makers) or 'none'}")
    left = dict(tool.options)
    entry = makers[tool.kind](left, tool)
    if left:
        raise ConfigError(f"{tool.kind} of this provider takes no {', '.join(left)}; give it to a provider that does, or leave it out")
    return entry | dict(tool.extra)


def _take(options: Options, *names: str, **renamed: str) -> dict[str, Any]:
    """Removes the named options and returns them. renamed: the name to send for an option's name."""
    return {renamed.get(name, name): options.pop(name) for name in (*names, *renamed) if name in options}


def _kind(type: str) -> Maker:
    return lambda options, tool: {"type": type}


def _openai_web_search(options: Options, tool: HostedTool) -> dict[str, Any]:
    filters = _take(options, "allowed_domains")
    location = {"user_location": {"type": "approximate", **options.pop("user_location")}} if "user_location" in options else {}
    return {"type": "web_search"} | ({"filters": filters} if filters else {}) | location


def _openai_mcp(options: Options, tool: HostedTool) -> dict[str, Any]:
    entry = {"type": "mcp"} | _take(options, "server_url", "allowed_tools", name="server_label", approval="require_approval")
    return entry | ({"authorization": tool.secret} if tool.secret else {})


def _xai_mcp(options: Options, tool: HostedTool) -> dict[str, Any]:
    if options.pop("approval", "never") != "never":
        raise ConfigError("this provider's mcp cannot ask before it calls a tool")
    entry = {"type": "mcp"} | _take(options, "server_url", "allowed_tools", name="server_label")
    return entry | ({"authorization": tool.secret} if tool.secret else {})


def _file_search(options: Options, tool: HostedTool) -> dict[str, Any]:
    return {"type": "file_search"} | _take(options, stores="vector_store_ids", max_results="max_num_results")


def _claude_tool(type: str, name: str) -> Maker:
    known = ("allowed_domains", "blocked_domains", "max_uses", "user_location", "max_content_tokens")

    def make(options: Options, tool: HostedTool) -> dict[str, Any]:
        taken = _take(options, *(option for option in known if option != "user_location"))
        location = {"user_location": {"type": "approximate", **options.pop("user_location")}} if "user_location" in options else {}
        citations = {"citations": {"enabled": True}} if name == "web_fetch" else {}
        return {"type": type, "name": name} | taken | location | citations

    return make


def _claude_mcp(options: Options, tool: HostedTool) -> dict[str, Any]:
    """Returns the toolset's entry; the server itself is listed in `mcp_servers`."""
    _refuse_approval(options)
    options.pop("server_url")
    allowed = options.pop("allowed_tools", None)
    limits = {} if allowed is None else {"default_config": {"enabled": False}, "configs": {name: {"enabled": True} for name in allowed}}
    return {"type": "mcp_toolset", "mcp_server_name": options.pop("name")} | limits


def claude_servers(tools: Iterable[HostedTool]) -> list[dict[str, Any]]:
    """Returns Anthropic's `mcp_servers`."""
    return [
        {"type": "url", "url": tool.options["server_url"], "name": tool.options["name"]}
        | ({"authorization_token": tool.secret} if tool.secret else {})
        for tool in tools
        if tool.kind == "mcp"
    ]


CLAUDE_BETAS = {
    "web_fetch": "web-fetch-2025-09-10",
    "url_context": "web-fetch-2025-09-10",
    "code_execution": "code-execution-2025-08-25",
    "mcp": "mcp-client-2025-11-20",
    "advisor": "advisor-tool-2026-03-01",
}


def _refuse_approval(options: Options) -> None:
    if options.pop("approval", "never") != "never":
        raise ConfigError("this provider's mcp cannot ask before it calls a tool")


def _gemini(field: str) -> Maker:
    return lambda options, tool: {field: {}}


def _gemini_file_search(options: Options, tool: HostedTool) -> dict[str, Any]:
    return {"fileSearch": _take(options, stores="fileSearchStoreNames", max_results="topK")}


def _interactions_file_search(options: Options, tool: HostedTool) -> dict[str, Any]:
    return {"type": "file_search"} | _take(options, stores="file_search_store_names", max_results="top_k")


def _interactions_mcp(options: Options, tool: HostedTool) -> dict[str, Any]:
    _refuse_approval(options)
    allowed = {"allowed_tools": [{"tools": options.pop("allowed_tools")}]} if "allowed_tools" in options else {}
    headers = {"headers": {"Authorization": f"Bearer {tool.secret}"}} if tool.secret else {}
    return {"type": "mcp_server"} | _take(options, "name", server_url="url") | allowed | headers


def _openrouter(type: str, **renamed: str) -> Maker:
    def make(options: Options, tool: HostedTool) -> dict[str, Any]:
        parameters = _take(options, **renamed)
        return {"type": f"openrouter:{type}"} | ({"parameters": parameters} if parameters else {})

    return make


DOMAINS = {"allowed_domains": "allowed_domains", "blocked_domains": "excluded_domains"}
MAKERS: dict[str, dict[str, Maker]] = {
    "responses": {
        "web_search": _openai_web_search,
        "code_execution": lambda options, tool: {"type": "code_interpreter", "container": {"type": "auto"}},
        "file_search": _file_search,
        "image_generation": _kind("image_generation"),
        "mcp": _openai_mcp,
        "tool_search": _kind("tool_search"),
    },
    "xai": {
        "web_search": lambda options, tool: {"type": "web_search"} | _take(options, **DOMAINS),
        "x_search": _kind("x_search"),
        "code_execution": _kind("code_interpreter"),
        "file_search": _file_search,
        "image_generation": _kind("image_generation"),
        "mcp": _xai_mcp,
    },
    "anthropic": {
        "web_search": _claude_tool("web_search_20250305", "web_search"),
        "web_fetch": _claude_tool("web_fetch_20250910", "web_fetch"),
        "url_context": _claude_tool("web_fetch_20250910", "web_fetch"),
        "code_execution": _claude_tool("code_execution_20250825", "code_execution"),
        "mcp": _claude_mcp,
        "tool_search": _claude_tool("tool_search_tool_bm25_20251119", "tool_search_tool_bm25"),
        "advisor": lambda options, tool: {"type": "advisor_20260301", "name": "advisor"} | _take(options, "model", "max_uses"),
    },
    "gemini": {
        "web_search": _gemini("googleSearch"),
        "web_fetch": _gemini("urlContext"),
        "url_context": _gemini("urlContext"),
        "code_execution": _gemini("codeExecution"),
        "file_search": _gemini_file_search,
    },
    "interactions": {
        "web_search": _kind("google_search"),
        "web_fetch": _kind("url_context"),
        "url_context": _kind("url_context"),
        "code_execution": _kind("code_execution"),
        "file_search": _interactions_file_search,
        "mcp": _interactions_mcp,
    },
    "conversations": {
        "web_search": _kind("web_search"),
        "code_execution": _kind("code_interpreter"),
        "file_search": lambda options, tool: {"type": "document_library"} | _take(options, stores="library_ids"),
        "image_generation": _kind("image_generation"),
    },
    "groq": {"web_search": _kind("browser_search"), "code_execution": _kind("code_interpreter"), "mcp": _xai_mcp},
    "openrouter": {
        "web_search": _openrouter("web_search", **DOMAINS, max_uses="max_total_results"),
        "web_fetch": _openrouter("web_fetch", **DOMAINS, max_uses="max_uses", max_content_tokens="max_content_tokens"),
        "image_generation": _openrouter("image_generation"),
        "advisor": _openrouter("advisor", model="model"),
    },
}
