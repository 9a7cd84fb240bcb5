"""Mends text with halves of characters. JavaScript's `slice` cuts an emoji between its two UTF-16 halves, and a server may send the halves
in two deltas. Python keeps each as a lone surrogate, which UTF-8 cannot hold and providers refuse."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any


def whole_text(text: str) -> str:
    """Returns the text with halves of characters joined; U+FFFD for a half alone."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def whole(value: Any) -> Any:
    """Returns a copy of plain data with `whole_text` of every text and field name, and None for NaN and Infinity."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {whole(name): whole(item) for name, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list | tuple) else value
