"""Documents as Qdrant's points, and back. A point's payload holds `text`, `metadata`, `document` where the document is not the text
alone, and `id` where the point's own id was made from it."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.errors import ConfigError, DimensionError, StoreError
from ..core.value import Value
from ..indexes.ports import text_of
from .layout import Entry

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "staysail")
BODY_BYTES = 16 << 20  # a server accepts 32 MB by default


def point_id(id: str) -> int | str:
    """Returns the id of a document's point: a number for a whole number, a UUID for a UUID, else a UUID made from the text."""
    if id.isascii() and id.isdigit() and str(int(id)) == id and int(id) < 2**64:
        return int(id)
    if len(id) == 36 and id.count("-") == 4:
        try:
            if str(uuid.UUID(id)) == id:
                return id
        except ValueError:
            pass
    return str(uuid.uuid5(NAMESPACE, id))


class PayloadFields(Value):
    """The names of the payload's fields for text and metadata."""

    text: str = "text"
    metadata: str = "metadata"

    def render(self, entry: Entry) -> dict[str, Any]:
        payload: dict[str, Any] = {"id": entry.id} if str(point_id(entry.id)) != entry.id else {}
        if text := text_of(entry.document):
            payload[self.text] = text
        if entry.document is not None and entry.document != text:
            payload["document"] = entry.document
        return payload | ({self.metadata: dict(entry.metadata)} if entry.metadata else {})

    def parse(self, point: Mapping[str, Any]) -> Entry:
        payload = point.get("payload") or {}
        document = payload.get("document", payload.get(self.text))
        return Entry(read_id(point), document, payload.get(self.metadata) or {})


def read_id(point: Mapping[str, Any]) -> str:
    """Returns the document's id. A payload's `id` that another program wrote is ignored."""
    own, stored = str(point["id"]), (point.get("payload") or {}).get("id")
    return stored if isinstance(stored, str) and str(point_id(stored)) == own else own


def read_vector(vector: Any, dim: int, what: str) -> list[float]:
    """Returns the vector as floats. Raises DimensionError, and StoreError for NaN and infinity."""
    numbers = vector.tolist() if hasattr(vector, "tolist") else [float(number) for number in vector]
    if dim and len(numbers) != dim:
        raise DimensionError(f"{what} has {len(numbers)} dimensions, the store {dim}")
    if not all(map(math.isfinite, numbers)):
        raise StoreError(f"{what} holds NaN or infinity", code="not_finite")
    return numbers


def encode_points(entries: Sequence[Entry], vectors: Sequence[Sequence[float]], fields: PayloadFields, batch: int) -> Iterator[bytes]:
    """Yields request bodies of at most `batch` points and about BODY_BYTES. Raises ConfigError for a document that is not JSON."""
    lines: list[bytes] = []
    size_bytes = 0
    for entry, vector in zip(entries, vectors, strict=True):
        point = {"id": point_id(entry.id), "vector": vector, "payload": fields.render(entry)}
        try:
            line = json.dumps(point, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise ConfigError(f"document {entry.id!r} is not JSON: {error}") from error
        if lines and (len(lines) == batch or size_bytes + len(line) > BODY_BYTES):
            yield _body(lines)
            lines, size_bytes = [], 0
        lines.append(line)
        size_bytes += len(line)
    if lines:
        yield _body(lines)


def _body(lines: Sequence[bytes]) -> bytes:
    return b'{"points":[%b]}' % b",".join(lines)
