"""What JavaScript may call. An agent is described anew with each call, so nothing of it stays here that would have to be freed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator
from typing import Any

from .. import Agent, Cache, Tool
from ..agent.reply import Reply
from .access import read_access, read_limits
from .modules import Modules
from .peer import Method, Peer
from .remote import RemoteHooks, RemoteIndex, RemoteTool
from .stores import Stores

MOST_CACHES = 64


class Agents:
    def __init__(self, peer: Peer, modules: Modules, stores: Stores) -> None:
        self._peer, self._modules, self._stores = peer, modules, stores
        self._caches: OrderedDict[str, Cache] = OrderedDict()
        self.methods: dict[str, Method] = {"agent.run": self.run, "agent.stream": self.stream, "agent.forget": self.forget}

    async def run(self, params: dict[str, Any]) -> dict[str, Any]:
        reply: Reply = await self._agent(params["agent"]).prompt(params["prompt"], history=params.get("history"))
        return reply.to_dict()

    async def stream(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        events = self._agent(params["agent"]).stream(params["prompt"], history=params.get("history"))
        try:
            async for event in events:
                yield event.to_dict()
        finally:
            await events.aclose()

    async def forget(self, params: dict[str, Any]) -> None:
        """Drops the cached answers of an agent that is done with."""
        self._caches.pop(params["id"], None)

    def _agent(self, described: dict[str, Any]) -> Agent:
        options: dict[str, Any] = dict(described.get("options") or {})
        options["tools"] = [self._tool(**tool) for tool in options.get("tools") or ()]
        options["dynamic_context"] = [self._context(**found) for found in options.get("dynamic_context") or ()]
        options["hooks"] = [RemoteHooks(self._peer, index, names) for index, names in enumerate(options.get("hooks") or ())]
        if cache := options.get("cache"):
            options["cache"] = self._cache(**cache)
        return Agent(**read_access(self._peer, described), **read_limits(options))

    def _tool(self, name: str, module: str | None = None, **described: Any) -> Tool:
        return self._modules.find(module, name) if module else RemoteTool(self._peer, name, **described)

    def _context(self, sample: int, index: int, store: dict[str, Any] | None = None) -> tuple[int, Any]:
        return sample, self._stores.find(**store) if store else RemoteIndex(self._peer, index)

    def _cache(self, id: str, max_entries: int) -> Cache:
        cache = self._caches.pop(id, None) or Cache(max_entries)
        self._caches[id] = cache
        if len(self._caches) > MOST_CACHES:
            self._caches.popitem(last=False)
        return cache
