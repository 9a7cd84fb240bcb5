"""Files of the page into a store. A file's bytes cross when its turn has come, so that one of them is in memory at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import staysail

from ..core.errors import LoaderError
from ..rag.source import Source, open_source
from .peer import BYTES, Method, Peer, RemoteError
from .stores import Stores


class Ingesting:
    def __init__(self, peer: Peer, stores: Stores) -> None:
        self._peer, self._stores = peer, stores
        self.methods: dict[str, Method] = {"store.ingest": self.ingest}

    async def ingest(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """params: store, options, and files: each {name, media_type, size_bytes}, or {url, name, media_type}."""
        store = self._stores.find(**params["store"])
        files = [self._open(index, **file) for index, file in enumerate(params["files"])]
        async with aclosing(staysail.ingest(files, store, **params["options"])) as events:
            async for event in events:
                yield event.to_dict()

    def _open(self, index: int, name: str | None, media_type: str = "", size_bytes: int | None = None, url: str | None = None) -> Source:
        if url is not None:
            return open_source(url, name=name, media_type=media_type)
        return Source(name or "document", self._reader(index, name or "document"), media_type, size_bytes)

    def _reader(self, index: int, name: str) -> Callable[[int], Awaitable[bytes]]:
        async def read(_: int) -> bytes:
            try:
                data: bytes = (await self._peer.call("file", {"index": index}))[BYTES]
            except RemoteError as error:
                raise LoaderError(f"{name} cannot be read: {error}", code="not_found", file=name) from error
            return data

        return read
