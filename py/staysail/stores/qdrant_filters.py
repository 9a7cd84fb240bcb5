"""Filters (see `filters`) translated for Qdrant: https://qdrant.tech/documentation/concepts/filtering

A condition keeps its meaning, except where Qdrant cannot express it: an empty list counts as absent; text is ordered only where it is
a date (ISO 8601), and then as a date; objects are not compared as a whole, and lists only where they hold plain values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError
from .filters import OPERATORS, Where, compile_filter

type Condition = dict[str, Any]

NEVER: Condition = {"has_id": []}
PLAIN_STEP = re.compile(r"[A-Za-z0-9_-]+")
DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
EXACT_FLOAT = 2**53  # Qdrant's ranges are float64


def translate_filter(where: Where, field: str) -> Condition:
    """Returns Qdrant's condition. field: the payload's field for metadata. Raises ConfigError for a filter that is wrong or that Qdrant
    cannot express."""
    compile_filter(where)  # raises the same errors as VectorStore
    return {"must": [_translate_part(name, value, field) for name, value in where.items()]}


def _translate_part(name: str, value: Any, field: str) -> Condition:
    match name:
        case "and":
            return {"must": [translate_filter(part, field) for part in value]}
        case "or":
            return {"should": [translate_filter(part, field) for part in value]} if value else NEVER
        case "not":
            return {"must_not": [translate_filter(value, field)]}
    conditions = value if isinstance(value, Mapping) and value.keys() <= OPERATORS.keys() else {"eq": value}

    def at(key: str) -> Condition:
        return {"must": [_translate(key, name, operator, wanted) for operator, wanted in conditions.items()]}

    literal = f"{field}.{_step(name)}"
    steps = name.split(".")
    if len(steps) == 1 or not all(steps):
        return at(literal)
    path = ".".join([field, *map(_step, steps)])
    # A name with dots is first a field of that name, then a path.
    absent = {"is_empty": {"key": literal}}
    return {"should": [{"must_not": [absent], **at(literal)}, {"must": [absent, at(path)]}]}


def _translate(key: str, name: str, operator: str, wanted: Any) -> Condition:
    match operator:
        case "eq":
            return _equal(key, name, wanted)
        case "ne":
            return {"must_not": [_equal(key, name, wanted)]}
        case "in":
            return _among(key, name, list(wanted))
        case "nin":
            return {"must_not": [_among(key, name, list(wanted))]}
        case "exists":
            empty = {"is_empty": {"key": key}}
            return {"must_not": [empty]} if wanted else empty
        case "contains":
            return {"key": key, "match": {"substring": wanted}} if isinstance(wanted, str) else NEVER
    return _ordered(key, name, operator, wanted)


def _equal(key: str, name: str, wanted: Any) -> Condition:
    if wanted is None:
        return {"should": [{"is_empty": {"key": key}}, {"is_null": {"key": key}}]}
    if isinstance(wanted, list | tuple) and wanted and not any(isinstance(item, list | tuple | Mapping) for item in wanted):
        items = [_equal(f"{key}[{at}]", name, item) for at, item in enumerate(wanted)]
        return {"must": [{"key": key, "values_count": {"gte": len(wanted), "lte": len(wanted)}}, *items]}
    if isinstance(wanted, int | float) and not isinstance(wanted, bool) and abs(wanted) <= EXACT_FLOAT:
        return {"key": key, "range": {"gte": wanted, "lte": wanted}}  # as 2020 is 2020.0; `match` tells them apart
    if isinstance(wanted, bool | int | str):
        return {"key": key, "match": {"value": wanted}}
    raise ConfigError(f"{name!r}: Qdrant does not compare with {type(wanted).__name__} {wanted!r}; compare its fields, or use `in`")


def _among(key: str, name: str, wanted: list[Any]) -> Condition:
    texts = [item for item in wanted if isinstance(item, str)]
    if any(isinstance(item, list | tuple | Mapping) for item in wanted):
        raise ConfigError(f"{name!r}: Qdrant looks for plain values alone")
    others = [_equal(key, name, item) for item in wanted if not isinstance(item, str)]
    among = [{"key": key, "match": {"any": texts}}] if texts else []
    return {"should": among + others} if wanted else NEVER


def _ordered(key: str, name: str, operator: str, wanted: Any) -> Condition:
    if isinstance(wanted, str) and not DATE.fullmatch(wanted):
        raise ConfigError(f"{name!r}: Qdrant orders numbers and dates (2020-12-31T23:59:59Z), not other text such as {wanted!r}")
    if isinstance(wanted, bool) or not isinstance(wanted, int | float | str):
        return NEVER
    return {"key": key, "range": {operator: wanted}}


def _step(name: str) -> str:
    if PLAIN_STEP.fullmatch(name):
        return name
    if '"' in name or not name:
        raise ConfigError(f"{name!r}: Qdrant has no field of such a name")
    return f'"{name}"'
