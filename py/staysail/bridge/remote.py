"""Ports whose other side is JavaScript: tools, vector stores, models in the page, a function that gives the API key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ..core.errors import ConfigError, ToolError
from ..core.value import NOTHING
from ..wire.engine_model import EngineFault
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
            raise ToolError(str(error) if error.name == "ToolError" else f"{error.name}: {error}") from error


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


class RemoteEngine:
    """A model that the page runs. name: the provider's."""

    def __init__(self, peer: Peer, name: str) -> None:
        self._peer, self._name = peer, name

    async def complete(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        async with aclosing(self._peer.stream("engine.complete", {"engine": self._name, "request": request})) as events:
            try:
                async for event in events:
                    yield event
            except RemoteError as error:
                raise EngineFault(str(error), error.code) from error

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            vectors: list[list[float]] = await self._peer.call("engine.embed", {"engine": self._name, "texts": list(texts)})
        except RemoteError as error:
            raise EngineFault(str(error), error.code) from error
        return vectors
