"""Merges schemas that hold together: members of `allOf`, or a reference and the keywords beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.validation.equality import identity, same

LEAST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
MOST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
TEXTS = ("title", "description", "default", "examples")


def merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the schema of the values that fit both; None if one schema cannot express it."""
    out = dict(one)
    for keyword, value in other.items():
        if keyword not in out or same(_plain(out[keyword]), _plain(value)):
            out[keyword] = value
        elif keyword in TEXTS:
            continue
        elif keyword == "type":
            kinds = _common_types(out["type"], value)
            if not kinds:
                return None
            out["type"] = kinds[0] if len(kinds) == 1 else kinds
        elif keyword == "properties":
            merged = _merge_properties(out["properties"], value)
            if merged is None:
                return None
            out["properties"] = merged
        elif keyword == "required":
            out["required"] = list(dict.fromkeys([*out["required"], *value]))
        elif keyword == "enum":
            known = set(map(identity, value))
            out["enum"] = [item for item in out["enum"] if identity(item) in known]
            if not out["enum"]:
                return None
        elif keyword in LEAST or keyword in MOST:
            out[keyword] = (min if keyword in LEAST else max)(out[keyword], value)
        elif keyword == "additionalProperties" and (value is False or out[keyword] is False):
            out[keyword] = False
        elif keyword == "items" and isinstance(value, Mapping) and isinstance(out[keyword], Mapping):
            inner = merge(out[keyword], value)
            if inner is None:
                return None
            out[keyword] = inner
        else:
            return None
    return out


def _merge_properties(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any] | None:
    out = dict(one)
    for name, schema in other.items():
        merged = merge(out[name], schema) if name in out else schema
        if merged is None:
            return None
        out[name] = merged
    return out


def _common_types(one: Any, other: Any) -> list[str]:
    kinds = [one] if isinstance(one, str) else one
    others = [other] if isinstance(other, str) else other
    common = [kind for kind in kinds if kind in others or (kind == "integer" and "number" in others)]
    return common or [kind for kind in others if kind == "integer" and "number" in kinds]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
