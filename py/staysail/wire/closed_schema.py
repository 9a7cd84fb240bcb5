"""JSON Schema for strict modes: OpenAI's, which a schema fits or not, and Anthropic's, which wants closed objects and no constraint that
its decoder cannot hold.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
UNKNOWN = {
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "patternProperties",
}
MAPS_OF_SCHEMAS = ("properties", "$defs", "definitions")


def close_schema(schema: Any) -> Any:
    """The schema in strict mode. What it cannot hold is told to the model in the description instead. Doing it twice changes nothing."""
    if isinstance(schema, list):
        return [close_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    out: dict[str, Any] = {}
    told: list[str] = []
    for key, value in schema.items():
        if key in UNKNOWN or (key == "format" and value not in FORMATS) or (key == "minItems" and value not in (0, 1)):
            told.append(f"{key}: {json.dumps(value, ensure_ascii=False)}")
        elif key in MAPS_OF_SCHEMAS and isinstance(value, Mapping):
            out[key] = {name: close_schema(item) for name, item in value.items()}
        elif key in ("enum", "const", "default", "examples", "required"):
            out[key] = value
        else:
            out["anyOf" if key == "oneOf" else key] = close_schema(value)
    is_object = out.get("type") == "object" or "properties" in out
    if is_object and not isinstance(out.get("additionalProperties"), Mapping):
        out["additionalProperties"] = False
    if told:
        out["description"] = "\n\n".join(filter(None, [out.get("description"), "{" + ", ".join(told) + "}"]))
    return out


def is_strict(schema: Any) -> bool:
    """OpenAI's strict mode wants every object closed and every property required:
    https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object":
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("properties", {})) != set(schema.get("required", ())):
            return False
    return all(is_strict(value) for value in schema.values())
