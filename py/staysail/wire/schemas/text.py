"""Writes conditions that a provider's schema cannot express into descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.json_text import write_json

LONGEST = 400


def describe(schema: Mapping[str, Any], unsaid: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the schema with keywords added to its description, as `{keyword: value, …}`."""
    if not unsaid:
        return dict(schema)
    text = ", ".join(f"{keyword}: {_short(value)}" for keyword, value in unsaid.items())
    return dict(schema) | {"description": "\n\n".join(filter(None, [schema.get("description"), f"{{{text}}}"]))}


def _short(value: Any) -> str:
    text = write_json(value, nonfinite="null")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
