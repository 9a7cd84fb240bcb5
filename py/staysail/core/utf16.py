"""Places in a text as JavaScript counts them, in units of UTF-16: an emoji is two units.

How they cross. A place that Python keeps counts characters. Where wide characters stand before it, the same place in units is kept
beside it, under `utf16`: {"start": 61, "end": 107, "utf16": {"start": 76, "end": 123}}. The bridge replaces the characters by the units
(`in_utf16`), so that JavaScript sees its own places alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

FIELD = "utf16"
FIRST_WIDE = "\U00010000"


class Utf16Places:
    """Converts places in one text, both ways, in O(log n) each."""

    def __init__(self, text: str) -> None:
        has_wide = bool(text) and not text.isascii() and max(text) >= FIRST_WIDE
        self._wide = [at for at, letter in enumerate(text) if letter >= FIRST_WIDE] if has_wide else []
        self._units = [at + number for number, at in enumerate(self._wide)]

    def units(self, place: int) -> int:
        """Returns the place in units of a place in characters."""
        return place + bisect_left(self._wide, place)

    def characters(self, units: int) -> int:
        """Returns the place in characters of a place in units; inside of a character, the place behind it."""
        before = bisect_left(self._units, units)
        inside = before > 0 and self._units[before - 1] == units - 1
        return units - before + inside

    def beside(self, **places: int) -> dict[str, Any]:
        """Returns the field with the places that differ in units; {} where none differs."""
        units = {name: self.units(place) for name, place in places.items()}
        return {FIELD: units} if units != places else {}


def in_utf16(value: Any) -> Any:
    """Returns a copy of plain data with places in units of UTF-16, where they stand beside."""
    if isinstance(value, Mapping):
        units = value.get(FIELD)
        value = {**value, **units} if isinstance(units, Mapping) else value
        return {name: in_utf16(item) for name, item in value.items() if not (name == FIELD and isinstance(units, Mapping))}
    return [in_utf16(item) for item in value] if isinstance(value, list | tuple) else value
