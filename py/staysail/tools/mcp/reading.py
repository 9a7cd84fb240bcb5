"""Values in a server's JSON, whose types nobody has checked: a value of another type counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.value import NOTHING


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else NOTHING


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def texts(value: Any) -> tuple[str, ...] | None:
    """The strings of a list; None where the value is no list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else None


def number(value: Any) -> float | None:
    """A finite number, also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None
