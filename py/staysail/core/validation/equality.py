"""Types and equality as JSON has them."""

from __future__ import annotations

from typing import Any, TypeGuard

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def is_type(value: Any, kind: Any) -> bool:
    """Returns whether a value is of a type of JSON Schema. Every value is of a type that JSON Schema does not define."""
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    known = TYPES.get(kind) if isinstance(kind, str) else None
    if known is None:
        return True
    return isinstance(value, known) and (kind == "boolean" or not isinstance(value, bool))


def same(a: Any, b: Any) -> bool:
    """Compares JSON values: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(a, list | dict) or isinstance(b, list | dict):
        return bool(identity(a) == identity(b))
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def identity(value: Any) -> Any:
    """Returns a hashable value that is equal for equal JSON values."""
    if isinstance(value, list | tuple):
        return ("list", *map(identity, value))
    if isinstance(value, dict):
        return frozenset((name, identity(item)) for name, item in value.items())
    return ("bool", value) if isinstance(value, bool) else value


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
