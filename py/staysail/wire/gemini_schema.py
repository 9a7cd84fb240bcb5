"""A function's parameters as Gemini takes them: in its own subset of OpenAPI's schema where that can say it all, else as JSON Schema.

https://ai.google.dev/api/caching#Schema
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPES = {"string", "number", "integer", "boolean", "array", "object"}
SAYS = {
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "items",
    "minimum",
    "maximum",
}
NEEDLESS = {"$schema", "$id", "additionalProperties", "title"}


def render_parameters(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters`, or `parametersJsonSchema` for a schema that says more (references, constants, lists of types)."""
    if not schema:
        return {"parameters": {"type": "object", "properties": {}}}
    subset = _subset(schema)
    return {"parametersJsonSchema": dict(schema)} if subset is None else {"parameters": subset}


def _subset(schema: Any) -> dict[str, Any] | None:
    """The schema in the subset, or None where it does not fit."""
    if not isinstance(schema, Mapping) or isinstance(schema.get("additionalProperties"), Mapping):
        return None
    if "anyOf" not in schema and schema.get("type") not in TYPES:
        return None
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key in NEEDLESS:
            continue
        if key == "properties":
            fields = {name: _subset(item) for name, item in value.items()}
            if None in fields.values():
                return None
            out[key] = fields
        elif key == "items":
            out[key] = _subset(value)
            if out[key] is None:
                return None
        elif key == "anyOf":
            if not _add_choices(out, value):
                return None
        elif key not in SAYS or (key == "enum" and not all(isinstance(item, str) for item in value)):
            return None
        else:
            out[key] = value
    return out


def _add_choices(out: dict[str, Any], choices: list[Any]) -> bool:
    """`anyOf`; a choice of null becomes `nullable`, and a single other one stands in place of the whole."""
    others = [choice for choice in choices if choice != {"type": "null"}]
    subsets = [_subset(choice) for choice in others]
    if not subsets or None in subsets:
        return False
    if len(others) < len(choices):
        out["nullable"] = True
    if len(subsets) == 1:
        for key, value in (subsets[0] or {}).items():
            out.setdefault(key, value)
    else:
        out["anyOf"] = subsets
    return True
