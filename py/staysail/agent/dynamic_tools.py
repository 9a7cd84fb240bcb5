"""Selection of tools for each prompt, for more tools than fit into a request: `dynamic_tools`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.defaults import Defaults
from ..core.errors import ConfigError
from ..core.ports import Tool
from ..core.tool import as_tool
from .retrieval import Retriever

SAMPLE = 8


def read_toolboxes(value: Any) -> tuple[Retriever, ...]:
    """Returns the retrievers of tools for one or several of: (n, tools), (n, tools, embedder), (n, index), {"sample": n, "tools": ...,
    "embedder": ...}, a list of tools, or an index whose hits hold tools as their documents, such as ToolIndex. Raises ConfigError."""
    if not value:
        return ()
    match value:
        case Retriever():
            return (value,)
        case (int(sample), tools) | (int(sample), tools, None):
            return (_toolbox(sample, tools, None),)
        case (int(sample), tools, embedder):
            return (_toolbox(sample, tools, embedder),)
        case {"sample": int(sample), "tools": tools}:
            return (_toolbox(sample, tools, value.get("embedder")),)
        case list() | tuple() if all(isinstance(item, Retriever | tuple | Mapping) for item in value):
            return tuple(toolbox for item in value for toolbox in read_toolboxes(item))
    return (_toolbox(SAMPLE, value, None),)


def _toolbox(sample: int, tools: Any, embedder: Any) -> Retriever:
    if sample < 1:
        raise ConfigError(f"dynamic_tools asks for at least 1 tool, got {sample}")
    if hasattr(tools, "top_n") or hasattr(tools, "search"):
        return Retriever(sample, tools)
    if not isinstance(tools, Sequence) or isinstance(tools, str):
        raise ConfigError(f"dynamic_tools takes (n, tools), where tools is a list or an index with top_n; not {type(tools).__name__}")
    return Retriever(sample, Defaults.index_tools(tools, embedder))


async def choose_tools(toolboxes: Iterable[Retriever], query: str, fixed: Sequence[Tool], pending: Iterable[str] = ()) -> tuple[Tool, ...]:
    """Returns the fixed tools and the tools that fit the query. Of two tools with one name, the first stays.

    Args:
        toolboxes: The retrievers of tools.
        query: The prompt's text.
        fixed: Tools that are always part of the request.
        pending: Names of tools with open calls, which are added whether they fit the query or not.

    Raises:
        ConfigError: An index returned a document that is no tool.
    """
    chosen = {tool.name: tool for tool in fixed}
    for toolbox in toolboxes:
        for hit in await toolbox.find(query) if query.strip() else []:
            tool = as_tool(hit.document)
            chosen.setdefault(tool.name, tool)
        for tool in getattr(toolbox.index, "tools", ()):
            if tool.name in pending:
                chosen.setdefault(tool.name, tool)
    return tuple(chosen.values())
