"""The opening of a vector store: storage, backend, index and collection are combined when the store is first used."""

from __future__ import annotations

import asyncio

from ..core.defaults import Defaults
from ..core.errors import ConfigError, DimensionError
from ..core.locks import Lock
from ..core.value import Value
from ..core.waiting import blocking
from ..indexes.flat import FlatIndex
from ..indexes.ports import Backend, BlockStore, Dtype, Record
from .collection import Collection
from .collection_search import CollectionSearch
from .layout import OPENING, Head, decode_head


class Opened(Value):
    """The parts of an open store."""

    collection: Collection
    index: FlatIndex
    search: CollectionSearch


class Opening:
    """Opens and closes one store.

    Args:
        name: The name of the store.
        wanted: The head of a new store.
        dtype: The dtype that an existing store must have, or None.
        strict: Writes reach the disk before they return.
        memory_bytes: The most bytes of rows in memory.
        backend: The vector backend or its name; the fastest, if None.
        blocks: The storage to use in place of the name's.

    Attributes:
        opened: The open store; None before the first use, after `close`, and while its dimensions are unknown.
    """

    def __init__(
        self,
        name: str,
        wanted: Head,
        *,
        dtype: Dtype | None,
        strict: bool,
        memory_bytes: int,
        backend: str | Backend | None,
        blocks: BlockStore | None,
    ) -> None:
        self.opened: Opened | None = None
        self._name, self._wanted, self._dtype = name, wanted, dtype
        self._strict, self._memory_bytes, self._backend = strict, memory_bytes, backend
        self._own_blocks, self._blocks = blocks, blocks
        self._lock = Lock()

    async def storage(self) -> BlockStore:
        if self._blocks is None:
            self._blocks = await Defaults.open_blocks(self._name)
        return self._blocks

    async def open(self, dim: int = 0) -> Opened:
        """Returns the open store. dim: dimensions of the vectors that are about to be added."""
        if self.opened:
            return self.opened
        async with self._lock:
            if self.opened:
                return self.opened
            if blocking.get():
                blocks, backend = await self.storage(), await Defaults.load_backend(self._backend)
            else:
                blocks, backend = await asyncio.gather(self.storage(), Defaults.load_backend(self._backend))  # both at once, to save time
            tables = await blocks.read_all(OPENING)
            record = tables["head"].get(0)
            head = self._stored(record) if record is not None else self._wanted
            index = FlatIndex(
                backend,
                head.dim or dim or 1,
                head.metric,
                head.quantization,
                dtype=head.dtype,
                chunk_rows=head.chunk_rows,
                segment_rows=head.segment_rows,
            )
            head = Head(index.dim, index.metric, index.quantization)
            collection = Collection(blocks, index, head, strict=self._strict, rows_budget_bytes=self._memory_bytes)
            await collection.sync(tables)
            opened = Opened(collection, index, CollectionSearch(collection, index))
            if self._wanted.dim or dim or record is not None:
                self.opened = opened
            return opened

    async def close(self) -> None:
        if self._blocks:
            await self._blocks.close()
        self._forget()

    async def destroy(self) -> None:
        await (await self.storage()).destroy()
        self._forget()

    def _forget(self) -> None:
        self.opened, self._blocks = None, self._own_blocks

    def _stored(self, record: Record) -> Head:
        head, wanted = decode_head(record), self._wanted
        if wanted.dim and wanted.dim != head.dim:
            raise DimensionError(f"the store {self._name!r} holds vectors of {head.dim} dimensions, not {wanted.dim}")
        for mine, theirs in ((wanted.metric, head.metric), (self._dtype or head.dtype, head.dtype)):
            if mine != theirs:
                raise ConfigError(f"the store {self._name!r} was made for {theirs}, not {mine}: another name makes another store")
        return head
