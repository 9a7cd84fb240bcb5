"""Vector stores for JavaScript. Each call carries the store's description, so that a store outlives the interpreter that opened it."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import staysail

from .peer import BYTES, Method, Peer, RemoteError
from .remote import store_error


class Stores:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._open: dict[str, staysail.VectorStore] = {}
        self._closing = set[asyncio.Task[None]]()
        own = (self.add, self.upsert, self.search, self.search_batch, self.get, self.export, self.import_, self.project)
        self.methods: dict[str, Method] = {f"store.{method.__name__}": method for method in (*own, self.close, self.destroy)}
        for name in ("delete", "count", "ids", "explain", "compact"):
            self.methods[f"store.{name}"] = self._plain(name)

    def find(self, id: str, name: str, embedder: bool | str = False, **options: Any) -> staysail.VectorStore:
        """Returns a store, which is opened if it is not open. embedder: whether the other side has one, or its name."""
        if id not in self._open:
            called = embedder if isinstance(embedder, str) else None
            self._open[id] = staysail.VectorStore(name, embedder=RemoteEmbedder(self._peer, id, called) if embedder else None, **options)
        return self._open[id]

    async def add(self, params: dict[str, Any]) -> list[str]:
        """Adds documents. documents: each may have the number of its row in `vectors`, or None. rows: the number of rows in the bytes."""
        return await self.find(**params["store"]).add(**_read_documents(params))

    async def upsert(self, params: dict[str, Any]) -> list[str]:
        return await self.find(**params["store"]).upsert(**_read_documents(params))

    async def search(self, params: dict[str, Any]) -> list[tuple[float, str, Any]]:
        query = Matrix(params[BYTES], 1)[0] if BYTES in params else params["query"]
        hits = await self.find(**params["store"]).search(query, params["k"], **params["options"])
        return [(hit.score, hit.id, hit.document) for hit in hits]

    async def search_batch(self, params: dict[str, Any]) -> list[list[tuple[float, str, Any]]]:
        queries: Any = params.get("queries")
        if BYTES in params:
            matrix = Matrix(params[BYTES], params["count"])
            queries = [matrix[row] for row in range(len(matrix))]
        found = await self.find(**params["store"]).search_batch(queries, params["k"], **params["options"])
        return [[(hit.score, hit.id, hit.document) for hit in hits] for hits in found]

    async def get(self, params: dict[str, Any]) -> dict[str, Any]:
        found = await self.find(**params["store"]).get(params["ids"], vectors=params["vectors"])
        return {"documents": found} | ({BYTES: _pack([item.pop("vector") for item in found])} if params["vectors"] else {})

    async def export(self, params: dict[str, Any]) -> None:
        """Sends the pieces to `piece` on the other side, which answers when it can take the next."""
        async with aclosing(self.find(**params["store"]).export_pieces()) as pieces:
            async for piece in pieces:
                await self._peer.call("piece", {BYTES: piece})

    async def import_(self, params: dict[str, Any]) -> int:
        return await self.find(**params["store"]).import_(RemoteFile(self._peer, params["size_bytes"]), replace=params["replace"])

    async def project(self, params: dict[str, Any]) -> dict[str, Any]:
        """Returns the map of a store. Its bytes are float32: points (n, 2), mean (d,), axes (2, d)."""
        made = await staysail.project(self.find(**params["store"]), **params["options"])
        numbers = b"".join(part.tobytes() for part in (made.points, made.mean, made.axes))
        return {"ids": list(made.ids), "share": list(made.share), "total": made.total, BYTES: numbers}

    async def close(self, params: dict[str, Any]) -> None:
        if store := self._open.pop(params["store"]["id"], None):
            await store.close()

    async def destroy(self, params: dict[str, Any]) -> None:
        """Deletes the store. The next call creates another of the same name."""
        await self.find(**params["store"]).destroy()
        await self.close(params)

    def forget(self) -> None:
        """Closes all stores, after the cancelled calls have ended."""
        for store in self._open.values():
            task = asyncio.get_running_loop().create_task(store.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._open.clear()

    def _plain(self, name: str) -> Callable[[dict[str, Any]], Awaitable[Any]]:
        """Returns a method whose arguments and result are plain data."""

        async def call(params: dict[str, Any]) -> Any:
            return await getattr(self.find(**params["store"]), name)(**params["options"])

        return call


class RemoteEmbedder:
    """An embedder of texts on the other side. store: the id of the store it belongs to."""

    def __init__(self, peer: Peer, store: str, name: str | None) -> None:
        self._peer, self._store, self.name = peer, store, name

    async def embed_texts(self, texts: Sequence[str]) -> Matrix:
        try:
            response = await self._peer.call("store.embed", {"store": self._store, "texts": list(texts)})
        except RemoteError as error:
            raise store_error("the store's embedder", error) from error
        return Matrix(response[BYTES], response["count"])


class RemoteFile:
    """A file of the other side, which answers `bytes` with a part of it."""

    def __init__(self, peer: Peer, size_bytes: int) -> None:
        self._peer, self.size_bytes = peer, size_bytes

    async def read(self, at: int, size: int) -> bytes:
        try:
            data: bytes = (await self._peer.call("bytes", {"at": at, "size": size}))[BYTES]
        except RemoteError as error:
            raise store_error("reading the file", error) from error
        return data


class Matrix:
    """Rows of float32 in one piece of memory, (n, dim): a sequence of rows, and a buffer."""

    def __init__(self, data: bytes, count: int) -> None:
        self._flat = memoryview(data).cast("f")
        self._count, self._dim = count, len(self._flat) // max(count, 1)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> memoryview[float]:
        if not 0 <= at < self._count:
            raise IndexError(at)
        return self._flat[at * self._dim : (at + 1) * self._dim]

    def __buffer__(self, flags: int) -> memoryview[Any]:
        return self._flat.cast("B").cast("f", (self._count, self._dim)) if self._count else self._flat


def _read_documents(params: dict[str, Any]) -> dict[str, Any]:
    documents, rows = params.get("documents"), params["rows"]
    read: dict[str, Any] = {"documents": documents, "ids": params.get("ids")}
    if not rows:
        return read
    matrix = Matrix(params[BYTES], rows)
    if documents is None or len(documents) == rows:
        return read | {"vectors": matrix}
    for document in documents:
        if document["vector"] is not None:
            document["vector"] = matrix[document["vector"]]
    return read


def _pack(vectors: Sequence[Any]) -> bytes:
    numbers = array("f")
    for vector in vectors:
        numbers.extend(vector)
    return numbers.tobytes()
