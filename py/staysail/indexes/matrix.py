from __future__ import annotations

from collections.abc import Iterator

from .ports import Backend, Block


class Matrix:
    """Rows of `width` bytes in chunks of `1 << shift` rows, so that it grows without moving, and chunks can be loaded and dropped. more:
    bytes after the rows of a chunk."""

    def __init__(self, backend: Backend, width: int, shift: int, *, half: bool = False, more: int = 0) -> None:
        self.width, self.shift, self.half = width, shift, half
        self.chunk_bytes = (width << shift) + more
        self.chunks: list[Block | None] = []
        self.version = 0
        self._backend = backend

    @property
    def size_bytes(self) -> int:
        """The bytes of the chunks in memory."""
        return self.chunk_bytes * sum(chunk is not None for chunk in self.chunks)

    def extend(self, chunks: int) -> None:
        """Makes the list at least `chunks` long. New chunks are not in memory."""
        if chunks > len(self.chunks):
            self.chunks += [None] * (chunks - len(self.chunks))
            self.version += 1

    def reserve(self, chunk: int) -> Block:
        """Returns the chunk, which is allocated if it is not in memory."""
        self.extend(chunk + 1)
        block = self.chunks[chunk]
        if block is None:
            block = self.chunks[chunk] = self._backend.allocate(self.chunk_bytes)
            self.version += 1
        return block

    def place(self, chunk: int, block: Block) -> None:
        """Puts a block of chunk_bytes into the chunk's place."""
        self.extend(chunk + 1)
        self.chunks[chunk] = block
        self.version += 1

    def drop(self, chunk: int) -> None:
        if chunk < len(self.chunks) and self.chunks[chunk] is not None:
            self.chunks[chunk] = None
            self.version += 1

    def holds(self, chunk: int) -> bool:
        return chunk < len(self.chunks) and self.chunks[chunk] is not None

    def row(self, slot: int) -> memoryview[int]:
        """Returns the bytes of one row. Raises LookupError where its chunk is not in memory."""
        block = self.chunks[slot >> self.shift]
        if block is None:
            raise LookupError(slot)
        at = (slot & ((1 << self.shift) - 1)) * self.width
        return block.view[at : at + self.width]

    def spans(self, slot: int, count: int) -> Iterator[tuple[int, int, int]]:
        """Yields (chunk, first row in it, rows) for each chunk of the `count` slots from `slot` on."""
        rows = 1 << self.shift
        while count:
            chunk, start = slot >> self.shift, slot & (rows - 1)
            part = min(rows - start, count)
            yield chunk, start, part
            slot, count = slot + part, count - part
