"""Every construct of JSON Schema 2020-12, of older drafts and of OpenAPI that tools' schemas were seen to use, each in a small schema."""

from __future__ import annotations

from typing import Any

NODE = {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}, "required": ["v"]}


def of(value: Any, **root: Any) -> dict[str, Any]:
    """A tool's parameters with one property."""
    return {"type": "object", "properties": {"value": value}, "required": ["value"]} | root


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = of(schema, additionalProperties=False)
    return schema


TEXT, NUMBER, LIST = {"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}
CLOSED = {"additionalProperties": False}

# A name that begins with "root" is of a whole schema; every other one of a property in it.
CONSTRUCTS: dict[str, Any] = {
    "type": of(TEXT),
    "type: a list": of({"type": ["string", "integer", "null"]}),
    "type: null": of({"type": "null"}),
    "type left out": of({}),
    "true": of(True),
    "false": {"type": "object", "properties": {"value": False}},
    "enum": of({"type": "string", "enum": ["a", "b"]}),
    "enum of numbers": of({"enum": [1, 2.5]}),
    "enum of several types": of({"enum": ["a", 1, None, True]}),
    "enum with an empty text": of({"type": "string", "enum": ["", "a"]}),
    "enum: empty": of({"type": "string", "enum": []}),
    "const": of({"const": "a"}),
    "default": {"type": "object", "properties": {"value": TEXT | {"default": "x"}}, **CLOSED},
    "optional": {"type": "object", "properties": {"value": TEXT, "count": {"type": "integer"}}, "required": ["value"], **CLOSED},
    "title, examples, readOnly, deprecated": of(TEXT | {"title": "T", "examples": ["a"], "readOnly": True, "deprecated": True}),
    "$comment, $schema, $id": of(
        TEXT | {"$comment": "c"}, **{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://x/y"}
    ),
    "an unknown keyword": of(TEXT | {"x-order": 1}),
    "minLength, maxLength": of(TEXT | {"minLength": 1, "maxLength": 9}),
    "maxLength: large": of(TEXT | {"maxLength": 100_000}),
    "pattern": of(TEXT | {"pattern": "^[a-z]+$"}),
    "pattern without anchors": of(TEXT | {"pattern": "[a-z]"}),
    "pattern with \\d": of(TEXT | {"pattern": "^\\d{2}$"}),
    "pattern with \\p{L}": of(TEXT | {"pattern": "^\\p{L}+$"}),
    "pattern with look-around": of(TEXT | {"pattern": "^(?!-)[a-z-]+$"}),
    "pattern with a named group": of(TEXT | {"pattern": "^(?<year>[0-9]{4})$"}),
    "pattern: broken": of(TEXT | {"pattern": "["}),
    "format: date-time": of(TEXT | {"format": "date-time"}),
    "format: uri": of(TEXT | {"format": "uri"}),
    "format: a name of its own": of(TEXT | {"format": "phone"}),
    "format: int64": of({"type": "integer", "format": "int64"}),
    "format: uint32": of({"type": "integer", "format": "uint32"}),
    "contentEncoding": of(TEXT | {"contentEncoding": "base64", "contentMediaType": "image/png"}),
    "minimum, maximum": of(NUMBER | {"minimum": 0, "maximum": 9}),
    "exclusiveMinimum": of({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9}),
    "exclusiveMinimum: true (draft 4)": of(NUMBER | {"minimum": 0, "exclusiveMinimum": True}),
    "multipleOf": of(NUMBER | {"multipleOf": 0.5}),
    "items": of(LIST),
    "array without items": of({"type": "array"}),
    "minItems, maxItems": of(LIST | {"minItems": 2, "maxItems": 9}),
    "uniqueItems": of(LIST | {"uniqueItems": True}),
    "prefixItems": of({"type": "array", "prefixItems": [TEXT, NUMBER], "items": False}),
    "items: a list (draft 7)": of({"type": "array", "items": [TEXT, NUMBER], "additionalItems": False}),
    "contains, minContains": of(LIST | {"contains": {"const": "a"}, "minContains": 1}),
    "unevaluatedItems": of({"type": "array", "prefixItems": [TEXT], "unevaluatedItems": False}),
    "object": of({"type": "object", "properties": {"a": TEXT}, "required": ["a"], **CLOSED}),
    "object without properties": of({"type": "object"}),
    "additionalProperties: a schema": of({"type": "object", "additionalProperties": {"type": "integer"}}),
    "additionalProperties: true": of({"type": "object", "properties": {"a": TEXT}, "additionalProperties": True}),
    "patternProperties": of({"type": "object", "patternProperties": {"^x-": TEXT}}),
    "propertyNames": of({"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}),
    "minProperties, maxProperties": of({"type": "object", "minProperties": 1, "maxProperties": 3}),
    "required without its property": of({"type": "object", "properties": {"a": TEXT}, "required": ["a", "b"]}),
    "required: true (draft 3)": {"type": "object", "properties": {"value": TEXT | {"required": True}}},
    "dependentRequired": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "dependentRequired": {"a": ["b"]}},
    "dependentSchemas": {"type": "object", "properties": {"a": TEXT}, "dependentSchemas": {"a": {"properties": {"b": TEXT}}}},
    "dependencies (draft 7)": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "dependencies": {"a": ["b"]}},
    "unevaluatedProperties": of({"type": "object", "properties": {"a": TEXT}, "unevaluatedProperties": False}),
    "anyOf": of({"anyOf": [TEXT, NUMBER]}),
    "anyOf with null": of({"anyOf": [TEXT, {"type": "null"}]}),
    "anyOf beside type": of({"type": "object", "properties": {"a": TEXT, "b": TEXT}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    "oneOf": of({"oneOf": [TEXT, NUMBER]}),
    "oneOf with constants": of({"oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]}),
    "allOf": of({"allOf": [TEXT, {"minLength": 1}]}),
    "allOf of objects": of({"allOf": [of(TEXT), {"type": "object", "properties": {"b": NUMBER}, "required": ["b"]}]}),
    "not": of(TEXT | {"not": {"const": "x"}}),
    "if, then, else": of({"type": "object", "properties": {"a": TEXT}, "if": {"required": ["a"]}, "then": {"properties": {"b": TEXT}}}),
    "nullable (OpenAPI)": of(TEXT | {"nullable": True}),
    "discriminator (OpenAPI)": of({"oneOf": [of({"const": "a"}), of({"const": "b"})], "discriminator": {"propertyName": "value"}}),
    "$ref": of({"$ref": "#/$defs/a"}, **{"$defs": {"a": TEXT}}),
    "$ref with keywords beside it": of({"$ref": "#/$defs/a", "description": "d", "default": "x"}, **{"$defs": {"a": TEXT}}),
    "$ref that recurses": of({"$ref": "#/$defs/node"}, **{"$defs": {"node": NODE}}),
    "$ref to the root": {"type": "object", "properties": {"value": {"$ref": "#"}}},
    "$ref to a property": {"type": "object", "properties": {"a": TEXT, "value": {"$ref": "#/properties/a"}}},
    "$ref to an $anchor": of({"$ref": "#here"}, **{"$defs": {"a": TEXT | {"$anchor": "here"}}}),
    "$ref to another document": of({"$ref": "https://example.com/a.json"}),
    "$ref to nowhere": of({"$ref": "#/$defs/none"}),
    "$dynamicRef": of({"$dynamicRef": "#node"}, **{"$defs": {"a": TEXT | {"$dynamicAnchor": "node"}}}),
    "definitions (draft 7)": of({"$ref": "#/definitions/a"}, definitions={"a": TEXT}),
    "a type that does not exist": of({"type": "str"}),
    "a name with a space, a bracket, a dollar": {"type": "object", "properties": {"filter[id]": TEXT, "$top": NUMBER, "a b": TEXT}},
    "a name of 80 characters": {"type": "object", "properties": {"x" * 80: TEXT}},
    "nested 6 deep": deep(6),
    "nested 14 deep": deep(14),
    "150 properties": {"type": "object", "properties": {f"p{n}": TEXT for n in range(150)}, "required": ["p1"], **CLOSED},
    "1,200 values of enum": of({"type": "string", "enum": [f"value {n}" for n in range(1_200)]}, **CLOSED),
    "root: nothing": {},
    "root: only type": {"type": "object"},
    "root without type": {"properties": {"value": TEXT}},
    "root: true": True,
    "root: anyOf": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "root: oneOf of objects": {"oneOf": [of({"const": "a"}, **CLOSED), of({"const": "b"}, **CLOSED)]},
    "root: allOf": {"type": "object", "allOf": [of(TEXT), {"properties": {"b": NUMBER}, "required": ["b"]}]},
    "root: not": of(TEXT, **{"not": {"required": ["x"]}}),
    "root: if, then": of(TEXT, **{"if": {"properties": {"value": {"const": "a"}}}, "then": {"required": ["b"]}}),
    "root: enum": {"type": "object", "properties": {"value": TEXT}, "enum": [{"value": "a"}]},
    "root: $ref": {"$ref": "#/$defs/a", "$defs": {"a": of(TEXT)}},
    "root: a list of types": {"type": ["object", "null"], "properties": {"value": TEXT}},
    "root: a text": {"type": "string"},
    "root: a list": {"type": "array", "items": TEXT},
    "root: false": False,
}
# These describe no object, or nothing at all: no provider can be offered such a tool.
NOT_OFFERED = {"root: a text", "root: a list", "root: false"}
