"""Decompression of response bodies on CPython, piece by piece: no piece exceeds `PIECE_BYTES`, however well the body was compressed.
Pages decompress by themselves."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

ACCEPTED = "gzip, deflate"
PIECE_BYTES = 256 * 1024
ANY_HEADER = zlib.MAX_WBITS | 32
NO_HEADER = -zlib.MAX_WBITS


class Unpacker:
    """Unpacks a body of gzip (of any number of members) or deflate (with and without zlib's header). Raises zlib.error."""

    def __init__(self, *, raw_allowed: bool) -> None:
        self._raw_allowed = raw_allowed
        self._stream = zlib.decompressobj(ANY_HEADER)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream.eof:  # another member of a gzip file, or padding
                if data[:1] == b"\0":
                    return
                self._stream = zlib.decompressobj(ANY_HEADER)
            try:
                piece = self._stream.decompress(data, PIECE_BYTES)
            except zlib.error:
                if not self._raw_allowed:
                    raise
                self._stream = zlib.decompressobj(NO_HEADER)
                piece = self._stream.decompress(data, PIECE_BYTES)
            self._raw_allowed = False
            if piece:
                yield piece
            data = self._stream.unused_data or self._stream.unconsumed_tail
        while piece := self._stream.decompress(b"", PIECE_BYTES):
            yield piece


def unpacker_for(encoding: str) -> Unpacker | None:
    """Returns the unpacker of a content coding; None for a body that is not packed. Raises ValueError for an unexpected coding."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return Unpacker(raw_allowed=False)
        case "deflate":
            return Unpacker(raw_allowed=True)
    raise ValueError(f"it is packed as {encoding[:40]!r}, and {ACCEPTED} was requested")
