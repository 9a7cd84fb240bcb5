"""Types and equality as JSON has them."""

from __future__ import annotations

from collections.abc import Iterator
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


def size_of(value: Any) -> int:
    """Returns the number of values within a value, itself included."""
    count, work = 0, [value]
    while work:
        item = work.pop()
        count += 1
        if isinstance(item, list):
            work += item
        elif isinstance(item, dict):
            work += item.values()
    return count


def shown(value: Any, most: int = 60) -> str:
    """Returns the beginning of a value's repr, at most so many characters. Of a large value no more than that is looked at."""
    text = ""
    for piece in _pieces(value, most):
        text += piece
        if len(text) > most:
            return f"{text[: most - 3]}..."
    return text


def _pieces(value: Any, most: int) -> Iterator[str]:
    if isinstance(value, list):
        yield "["
        for place, item in enumerate(value):
            yield ", " if place else ""
            yield from _pieces(item, most)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for place, (name, item) in enumerate(value.items()):
            yield ", " if place else ""
            yield from _pieces(name, most)
            yield ": "
            yield from _pieces(item, most)
        yield "}"
    else:
        yield repr(value[: most + 1] if isinstance(value, str) else value)


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
