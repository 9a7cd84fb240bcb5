"""A typed answer while it streams: the part received so far, checked as far as a part can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.completion import OUTPUT_TOOL
from ..core.events import Event, TextDelta, ToolCallDelta
from ..core.partial_json import ABSENT, read_partial
from ..core.validation import check

# Keywords that a growing value may come to satisfy.
LATER = {
    "required",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "const",
    "pattern",
    "format",
    "contains",
    "minContains",
    "dependentRequired",
    "dependentSchemas",
    "not",
    "if",
    "then",
    "else",
    "oneOf",
    "uniqueItems",
    "unevaluatedProperties",
    "unevaluatedItems",
}


class OutputDelta(Event):
    """The typed answer grew. output: the whole part received so far, as plain JSON; its strings and lists may still grow, and fields may
    be missing."""

    output: Any


class PartialOutput:
    """The reader of one model call's typed answer.

    Args:
        schema: JSON Schema of the answer.
        wrapped: Whether the answer travels as the field `value` of an object.
    """

    def __init__(self, schema: Mapping[str, Any], *, wrapped: bool) -> None:
        self._schema, self._wrapped = relax(schema), wrapped
        self._pieces: list[str] = []
        self._length = self._read = 0
        self._last: Any = ABSENT

    def feed(self, event: Event) -> OutputDelta | None:
        """Takes an event and returns the grown answer, or None. The text is parsed when it has grown by a sixteenth, so that all parsing
        together costs little more than one."""
        if isinstance(event, TextDelta):
            piece = event.text
        elif isinstance(event, ToolCallDelta) and event.name == OUTPUT_TOOL:
            piece = event.arguments_delta
        else:
            return None
        self._pieces.append(piece)
        self._length += len(piece)
        return self.read() if self._length >= self._read + max(1, self._read // 16) else None

    def read(self) -> OutputDelta | None:
        """Returns the answer if it has changed since the last reading, else None."""
        if self._length == self._read:
            return None
        text = "".join(self._pieces)
        self._pieces, self._read = [text], self._length
        value = read_partial(text)
        if value is ABSENT or check(value, self._schema):
            return None
        if self._wrapped:
            value = value.get("value", ABSENT) if isinstance(value, dict) else ABSENT
        if value is ABSENT or value == self._last:
            return None
        self._last = value
        return OutputDelta(value)


def relax(schema: Any) -> Any:
    """Returns the schema without keywords that only a whole value can satisfy."""
    if isinstance(schema, list):
        return [relax(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, Mapping):
            out[key] = {name: relax(item) for name, item in value.items()}
        elif key not in LATER:
            out[key] = relax(value)
    return out
