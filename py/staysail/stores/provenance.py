"""The embedder that a store's vectors come from, so that vectors of another embedder are not compared with them.

How it works. The store keeps a fingerprint of its embedder, in its head or in its collection's metadata: one embedded document, by
id, place and checksum, with the first numbers of its vector, and the embedder's name, if it has one. An embedder of the same name is
trusted. Any other embedder embeds that document again along with the first texts that it embeds; if the vectors agree, they come from
the same model, whatever its name. A document that was deleted or changed proves nothing, and the next documents give a new
fingerprint.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ..core.errors import ConfigError
from ..indexes.ports import text_of
from .documents import embed_texts
from .layout import EmbedderFingerprint, Entry

NUMBERS = 32  # numbers of a vector that are compared: two models do not agree in so many by chance
TOLERANCE = 0.2  # largest difference, as a share of the length: quantised models differ by some per cent between machines


type ReadFingerprint = Callable[[EmbedderFingerprint], Awaitable[Entry | None]]


class Provenance:
    """Embeds texts for one open store, and checks that the embedder is the store's. name: the store's name, for error messages."""

    def __init__(self, name: str, embedder: Any) -> None:
        self._name, self._embedder = name, embedder
        self._believed: EmbedderFingerprint | None = None
        self._candidate: tuple[int, tuple[float, ...]] | None = None  # a text's checksum and vector

    async def embed(
        self, texts: Sequence[str], fingerprint: EmbedderFingerprint | None, read: ReadFingerprint, *, documents: bool
    ) -> list[Any]:
        """Returns a vector for each text.

        Args:
            texts: The texts.
            fingerprint: The fingerprint of the store's embedder.
            read: Reads the fingerprint's document; None where it was deleted.
            documents: Whether the texts are to be added to the store; queries are not.

        Raises:
            ConfigError: The embedder is not the store's.
        """
        again = await _unchanged(fingerprint, read) if texts and fingerprint and not self._is_believed(fingerprint) else None
        vectors = await embed_texts(self._embedder, [*texts, *([again] if again is not None else [])])
        if again is not None and fingerprint and not _agree(_first_numbers(vectors.pop()), fingerprint.vector):
            raise ConfigError(self._another(fingerprint))
        if texts and fingerprint:
            self._believed = fingerprint
        if documents and texts:
            at = min(range(len(texts)), key=lambda at: len(texts[at]))
            self._candidate = _checksum(texts[at]), _first_numbers(vectors[at])
        return vectors

    async def fingerprint(
        self, entries: Sequence[Entry], kept: EmbedderFingerprint | None, read: ReadFingerprint, first_slot: int = 0
    ) -> EmbedderFingerprint | None:
        """Returns the fingerprint to store with entries that are about to be written: `kept` while its document exists, else a new one
        of the entry that was embedded last."""
        if not self._candidate or (kept and await _unchanged(kept, read) is not None):
            return kept
        checksum, vector = self._candidate
        for at, entry in enumerate(entries):
            if _checksum(text_of(entry.document)) == checksum:
                self._believed = EmbedderFingerprint(_name_of(self._embedder), entry.id, first_slot + at, checksum, vector)
                return self._believed
        return kept

    def _is_believed(self, fingerprint: EmbedderFingerprint) -> bool:
        name = _name_of(self._embedder)
        return fingerprint == self._believed or (name is not None and name == fingerprint.embedder)

    def _another(self, fingerprint: EmbedderFingerprint) -> str:
        names = [name or "one without a name" for name in (fingerprint.embedder, _name_of(self._embedder))]
        pair = f" ({names[0]}, not {names[1]})" if any((fingerprint.embedder, _name_of(self._embedder))) else ""
        return (
            f"the store {self._name!r} was filled by another embedder{pair}: the same text has another vector, so nothing would be found. "
            "Open it with the embedder it was filled by, or fill a store of another name with this one"
        )


async def _unchanged(fingerprint: EmbedderFingerprint, read: ReadFingerprint) -> str | None:
    """Returns the text of the fingerprint's document; None where it was changed or deleted."""
    entry = await read(fingerprint)
    text = text_of(entry.document) if entry else ""
    return text if text and _checksum(text) == fingerprint.checksum else None


def _name_of(embedder: Any) -> str | None:
    name = getattr(embedder, "name", None)
    return name if isinstance(name, str) and name else None


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _first_numbers(vector: Any) -> tuple[float, ...]:
    """Returns the first numbers of the vector at unit length."""
    numbers = [float(number) for number in vector]
    length = math.hypot(*numbers) or 1.0
    return tuple(round(number / length, 5) for number in numbers[:NUMBERS])


def _agree(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and math.dist(one, other) <= TOLERANCE * max(math.hypot(*one), math.hypot(*other))
