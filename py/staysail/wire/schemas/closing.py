"""Makes the closed form of a schema, which strict modes require: no object has other properties, and every property is required. A property
that may be left out becomes nullable; `core.validation.fit` removes such nulls from the call or the answer.

https://developers.openai.com/api/docs/guides/structured-outputs#all-fields-must-be-required
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rules import SchemaRules

STRUCTURAL = frozenset({"patternProperties", "not", "if", "dependentSchemas", "allOf", "unevaluatedProperties"})
"""Keywords without which a closed form would accept other values than the schema describes."""


class NoClosedForm(Exception):
    """The schema allows values that no closed form can describe."""


def is_closed(schema: Any) -> bool:
    """Returns whether every object of the schema has `additionalProperties: false`."""
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    kinds = schema.get("type")
    is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds) or "properties" in schema
    if is_object and schema.get("additionalProperties") is not False:
        return False
    return all(is_closed(value) for key, value in schema.items() if key not in ("enum", "const", "default", "examples"))


def close(schema: Mapping[str, Any], rules: SchemaRules) -> dict[str, Any]:
    """Returns the closed form of a lowered schema. Raises NoClosedForm."""
    out = _close(schema, rules, is_root=True)
    _check_limits(out, rules)
    return out


def _close(schema: Mapping[str, Any], rules: SchemaRules, *, is_root: bool = False) -> dict[str, Any]:
    if not ({"type", "anyOf", "allOf", "$ref", "enum", "const"} & set(schema)):
        raise NoClosedForm("it has a value of any kind")
    for keyword in (STRUCTURAL - rules.keywords) & set(schema):
        raise NoClosedForm(f"it uses {keyword}")
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            out[key] = {name: _close(inner, rules) for name, inner in value.items()}
        elif key in ("anyOf", "allOf"):
            out[key] = [_close(inner, rules) for inner in value]
        elif key == "items" and isinstance(value, Mapping):
            out[key] = _close(value, rules)
        elif key not in ("required", "additionalProperties"):
            out[key] = value
    kinds = schema.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds):
        additional = schema.get("additionalProperties")
        if additional is True or isinstance(additional, Mapping) or not (out["properties"] or is_root or additional is False):
            raise NoClosedForm("it has objects with properties of any name")
        required = [name for name in schema.get("required", ()) if name in out["properties"]]
        if rules.all_required:
            out["properties"] = {name: inner if name in required else _nullable(inner) for name, inner in out["properties"].items()}
            required = list(out["properties"])
        out |= {"required": required} if required or "required" in schema else {}
        out["additionalProperties"] = False
    return out


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    if "null" in listed or any(option.get("type") == "null" for option in schema.get("anyOf", ())):
        return schema
    if kinds and not ({"enum", "const", "anyOf", "properties", "items"} & set(schema)):
        return schema | {"type": [*listed, "null"]}
    text = {"description": schema["description"]} if "description" in schema else {}
    inner = {key: value for key, value in schema.items() if key != "description"}
    if set(inner) == {"anyOf"}:
        return {"anyOf": [*inner["anyOf"], {"type": "null"}]} | text
    return {"anyOf": [inner, {"type": "null"}]} | text


def _check_limits(schema: Any, rules: SchemaRules) -> None:
    properties = values = characters = 0
    work = [schema]
    while work:
        item = work.pop()
        if isinstance(item, list):
            work += item
        if not isinstance(item, Mapping):
            continue
        for name, value in item.items():
            if name in ("properties", "$defs") and isinstance(value, Mapping):
                properties += len(value) if name == "properties" else 0
                characters += sum(map(len, value))
                work += value.values()
            elif name in ("enum", "const"):
                listed = value if isinstance(value, list) else [value]
                values += len(listed) if name == "enum" else 0
                characters += sum(len(text) for text in listed if isinstance(text, str))
            else:
                work.append(value)
    for count, most, what in (
        (properties, rules.most_properties, "properties"),
        (values, rules.most_enum_values, "values of enum"),
        (characters, rules.most_characters, "characters in names and values"),
    ):
        if most and count > most:
            raise NoClosedForm(f"it has {count:,} {what}, and strict mode takes {most:,}")
