"""Searches through a path, `query?text=red+sails&top_k=5`, and their results as JSON.

The grammar, for every directory that takes a query: `name=value` joined by `&`; `+` is a space; `%41` is a byte of UTF-8. The names are
`text`, which is required, and `top_k`, from 1 to 100, 5 if left out. Each name occurs once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from ..core.errors import ToolFSError
from ..core.json_text import json_bytes
from ..core.value import NOTHING, Value
from ..core.whole_text import whole_text

MOST_RESULTS = 100
DEFAULT_RESULTS = 5
VECTOR_NAME = re.compile(r"(?:^|_)(?:vec|vector|vectors|embedding|embeddings)$", re.IGNORECASE)
LONGEST_NUMBERS = 16


class Query(Value):
    """A search: its text and the most results."""

    text: str
    top_k: int = DEFAULT_RESULTS

    def encode(self) -> str:
        return f"text={quote_plus(whole_text(self.text))}&top_k={self.top_k}"


class Found(Value):
    """A search result. score: higher fits better."""

    id: str
    content: str
    score: float
    metadata: Mapping[str, Any] = NOTHING


def read_query(query: str) -> Query:
    """Returns the query of a path. Raises ToolFSError ("bad_request"), which states the grammar."""
    fields: dict[str, str] = {}
    for part in whole_text(query).split("&"):
        name, equals, value = part.partition("=")
        name = _decode(name)
        if not equals or name not in ("text", "top_k"):
            raise _bad_query(f"it has {part[:40]!r}")
        if name in fields:
            raise _bad_query(f"{name} is there twice")
        fields[name] = _decode(value)
    return checked_query(fields.get("text", ""), fields.get("top_k", DEFAULT_RESULTS))


def checked_query(text: Any, top_k: Any = DEFAULT_RESULTS) -> Query:
    """Returns the query. Raises ToolFSError ("bad_request")."""
    if not isinstance(text, str) or not text.strip():
        raise _bad_query("text is missing")
    if isinstance(top_k, str) and re.fullmatch(r"[0-9]{1,4}", top_k):
        top_k = int(top_k)
    if not isinstance(top_k, int) or isinstance(top_k, bool) or not 1 <= top_k <= MOST_RESULTS:
        raise _bad_query(f"top_k is a whole number from 1 to {MOST_RESULTS}, not {str(top_k)[:20]!r}")
    return Query(text, top_k)


def encode_found(query: Query, found: Iterable[Found]) -> bytes:
    return json_bytes(answer_of(query, found), compact=False) + b"\n"


def answer_of(query: Query, found: Iterable[Found]) -> dict[str, Any]:
    """Returns {query, top_k, results}: at most top_k results, best first, equal scores by id, without vectors."""
    best = sorted(found, key=lambda item: (-_comparable(item.score), item.id))[: query.top_k]
    return {
        "query": query.text,
        "top_k": query.top_k,
        "results": [
            {"id": item.id, "content": item.content, "score": _finite(item.score), "metadata": without_vectors(item.metadata)}
            for item in best
        ],
    }


def without_vectors(value: Any) -> Any:
    """Returns plain JSON without fields that are named as vectors and without long lists of numbers."""
    if isinstance(value, Mapping):
        return {
            str(name): without_vectors(item)
            for name, item in value.items()
            if not (VECTOR_NAME.search(str(name)) and not isinstance(item, str | bool | int)) and not _is_vector(item)
        }
    if isinstance(value, list | tuple):
        return [without_vectors(item) for item in value if not _is_vector(item)]
    if isinstance(value, float):
        return _finite(value)
    return value if value is None or isinstance(value, str | int) else str(value)


def _is_vector(value: Any) -> bool:
    if isinstance(value, str | Mapping) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        return False
    if not isinstance(value, list | tuple):
        return True  # an array of some kind, or bytes
    return len(value) >= LONGEST_NUMBERS and all(isinstance(item, int | float) for item in value)


def _comparable(score: float) -> float:
    return -math.inf if math.isnan(score) else score


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _decode(text: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise _bad_query("a '%' is not followed by two hexadecimal digits; write %25 for a percent sign")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError as error:
        raise _bad_query("its bytes are not UTF-8") from error


def _bad_query(why: str) -> ToolFSError:
    return ToolFSError(f"the query cannot be used: {why}; write query?text=red+sails&top_k=5", code="bad_request")
