"""Ports whose other side is JavaScript: tools, vector stores, a function that gives the API key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError, ToolError
from ..core.value import NOTHING
from .peer import Peer, RemoteError


class RemoteTool:
    """A tool that runs where it was defined."""

    def __init__(self, peer: Peer, name: str, description: str = "", parameters: Mapping[str, Any] = NOTHING, **limits: Any) -> None:
        self._peer = peer
        self.name = name
        self.description = description
        self.parameters = parameters
        self.timeout_s: float | None = limits.get("timeout_s")
        self.strict: bool | None = limits.get("strict")

    async def call(self, args: dict[str, Any]) -> Any:
        try:
            return await self._peer.call("tool", {"name": self.name, "args": args})
        except RemoteError as error:
            raise ToolError(str(error)) from error


class RemoteIndex:
    """A vector store. index: its place among those of the call."""

    def __init__(self, peer: Peer, index: int) -> None:
        self._peer, self._index = peer, index

    async def top_n(self, query: str, n: int) -> list[Any]:
        try:
            hits: list[Any] = await self._peer.call("search", {"index": self._index, "query": query, "n": n})
        except RemoteError as error:
            raise ConfigError(f"the vector store of dynamicContext failed: {error}") from error
        return hits


class RemoteKey:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def __call__(self) -> str:
        try:
            key: str = await self._peer.call("api_key", None)
        except RemoteError as error:
            raise ConfigError(f"the apiKey function failed: {error}") from error
        return key
