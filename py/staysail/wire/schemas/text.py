"""What a schema cannot say is told to the model in its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.json_text import write_json

LONGEST = 400


def describe(schema: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with some of what it means in its description, as `{keyword: value, …}`."""
    if not told:
        return dict(schema)
    text = ", ".join(f"{keyword}: {_short(value)}" for keyword, value in told.items())
    return dict(schema) | {"description": "\n\n".join(filter(None, [schema.get("description"), f"{{{text}}}"]))}


def _short(value: Any) -> str:
    text = write_json(value, nonfinite="null")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
