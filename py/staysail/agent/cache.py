"""A cache of model answers."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.events import Event, replay
from ..core.ports import Model, ModelTraits
from ..core.usage import Usage
from .answers import says_nothing


class Cache:
    """The last `max_entries` answers, by the whole request: model, messages, tools and every parameter. Kept in memory; the least
    recently used entry is dropped first. An answer from the cache has no usage, because it was paid for once."""

    def __init__(self, max_entries: int = 128) -> None:
        if max_entries < 1:
            raise ConfigError(f"Cache.max_entries is at least 1, got {max_entries}")
        self.max_entries = max_entries
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[str, Completion] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        self._entries.clear()

    def get(self, key: str) -> Completion | None:
        found = self._entries.get(key)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
            self._entries.move_to_end(key)
        return found

    def put(self, key: str, completion: Completion) -> None:
        """Keeps an answer that ended normally. An answer that was cut off or is empty is not kept."""
        if completion.finish_reason not in ("stop", "tool_calls") or says_nothing(completion.message):
            return
        self._entries[key] = completion.replace(usage=Usage())
        self._entries.move_to_end(key)
        if len(self._entries) > self.max_entries:
            self._entries.popitem(last=False)


class CachedModel:
    """A model that looks into a cache before each call. A cached answer streams as one delta."""

    def __init__(self, model: Model, cache: Cache) -> None:
        self._model, self._cache = model, cache

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def traits(self) -> ModelTraits:
        return self._model.traits

    def _key(self, request: CompletionRequest) -> str:
        return json.dumps([self._model.name, getattr(self._model, "base_url", None), request.to_dict()], sort_keys=True, default=repr)

    async def complete(self, request: CompletionRequest) -> Completion:
        key = self._key(request)
        found = self._cache.get(key)
        if found is None:
            found = await self._model.complete(request)
            self._cache.put(key, found)
        return found

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        key = self._key(request)
        found = self._cache.get(key)
        if found is not None:
            for event in replay(found):
                yield event
            return
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completion):
                    self._cache.put(key, event)
                yield event
