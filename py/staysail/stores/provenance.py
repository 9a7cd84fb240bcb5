"""Which embedder a store's vectors are from, so that another one's are not compared with them.

How it works. The store keeps a witness, in its head or in its collection's metadata: one document that was embedded, by id, place and
checksum, with the first numbers of its vector and the embedder's name, where it has one. An embedder of the same name is believed. Any
other embeds the witness again along with the first texts it is asked for; vectors that agree are from the same model, whatever it is
called. A witness that was deleted or changed tells nothing, and the next documents give another."""

from __future__ import annotations

import math
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ..core.errors import ConfigError
from ..indexes.ports import text_of
from .documents import embed_texts
from .layout import Entry, Witness

NUMBERS = 32  # of a vector: two models do not agree in so many by chance
TOLERANCE = 0.2  # how far they may differ, of their length: quantised models differ by some per cent from machine to machine


type ReadWitness = Callable[[Witness], Awaitable[Entry | None]]


class Provenance:
    """Of one store that is open. name: the store's, for messages."""

    def __init__(self, name: str, embedder: Any) -> None:
        self._name, self._embedder = name, embedder
        self._believed: Witness | None = None
        self._candidate: tuple[int, tuple[float, ...]] | None = None  # a text's checksum and vector

    async def embed(self, texts: Sequence[str], witness: Witness | None, read: ReadWitness, *, documents: bool) -> list[Any]:
        """A vector each. witness: the store's; read: the document that it was, where that is there still. documents: these are on their way
        into the store. Raises ConfigError for another embedder than the store's."""
        again = await _unchanged(witness, read) if texts and witness and not self._is_believed(witness) else None
        vectors = await embed_texts(self._embedder, [*texts, *([again] if again is not None else [])])
        if again is not None and witness and not _agree(_first_numbers(vectors.pop()), witness.vector):
            raise ConfigError(self._another(witness))
        if texts and witness:
            self._believed = witness
        if documents and texts:
            at = min(range(len(texts)), key=lambda at: len(texts[at]))
            self._candidate = _checksum(texts[at]), _first_numbers(vectors[at])
        return vectors

    async def witness(self, entries: Sequence[Entry], kept: Witness | None, read: ReadWitness, first_slot: int = 0) -> Witness | None:
        """The one to keep, where `kept` tells nothing: which of the entries, that are about to be written, was embedded last."""
        if not self._candidate or (kept and await _unchanged(kept, read) is not None):
            return kept
        checksum, vector = self._candidate
        for at, entry in enumerate(entries):
            if _checksum(text_of(entry.document)) == checksum:
                self._believed = Witness(_name_of(self._embedder), entry.id, first_slot + at, checksum, vector)
                return self._believed
        return kept

    def _is_believed(self, witness: Witness) -> bool:
        name = _name_of(self._embedder)
        return witness == self._believed or (name is not None and name == witness.embedder)

    def _another(self, witness: Witness) -> str:
        names = [name or "one without a name" for name in (witness.embedder, _name_of(self._embedder))]
        told = f" ({names[0]}, not {names[1]})" if any((witness.embedder, _name_of(self._embedder))) else ""
        return (
            f"the store {self._name!r} was filled by another embedder{told}: the same text has another vector, so nothing would be found. "
            "Open it with the embedder it was filled by, or fill a store of another name with this one"
        )


async def _unchanged(witness: Witness, read: ReadWitness) -> str | None:
    """Its text."""
    entry = await read(witness)
    text = text_of(entry.document) if entry else ""
    return text if text and _checksum(text) == witness.checksum else None


def _name_of(embedder: Any) -> str | None:
    name = getattr(embedder, "name", None)
    return name if isinstance(name, str) and name else None


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _first_numbers(vector: Any) -> tuple[float, ...]:
    """Of the vector at unit length."""
    numbers = [float(number) for number in vector]
    length = math.hypot(*numbers) or 1.0
    return tuple(round(number / length, 5) for number in numbers[:NUMBERS])


def _agree(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and math.dist(one, other) <= TOLERANCE * max(math.hypot(*one), math.hypot(*other))
