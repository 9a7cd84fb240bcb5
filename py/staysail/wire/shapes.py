"""Reads fields of a provider's answer by the type that they should have. A field of another type counts as absent, unless its meaning is
certain: a number as text is the number, and one object in place of a list is a list of one."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from math import isfinite
from typing import Any

from ..core.messages import Media
from ..core.value import NOTHING

MOST_TOKENS = 10**15
"""A count above this is no count."""


def record(value: Any) -> dict[str, Any]:
    """Returns the object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list, or the one object that stands in its place."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(value: Any) -> str:
    """Returns the text, also of a number; "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST_TOKENS else ""


def count(value: Any) -> int:
    """Returns a number of tokens, also from text; 0 for anything else."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0
    return int(value) if 0 <= value < MOST_TOKENS else 0


def number(value: Any) -> float | None:
    """Returns a finite number, also from text; None for anything else."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and isfinite(found) else None


def read_index(value: Any, otherwise: int) -> int:
    """Returns an index, also from text; `otherwise` where there is none."""
    return count(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else otherwise


def read_media[M: Media](kind: type[M], data: Any, media_type: str | None, extra: Mapping[str, Any] = NOTHING) -> M | None:
    """Returns a picture, sound or file from base64 text or an address; None for anything else."""
    if not isinstance(data, str) or not data:
        return None
    try:
        if data.startswith(("http://", "https://", "data:")):
            return kind(url=data, media_type=media_type, extra=extra)
        return kind(data=base64.b64decode(data), media_type=media_type, extra=extra)
    except ValueError:
        return None
