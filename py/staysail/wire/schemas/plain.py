"""Normalises a schema of any draft to draft 2020-12: no addresses, no anchors, no booleans, no malformed keywords; every reference has an
entry of `$defs` as its target."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ...core.validation.equality import TYPES, is_number
from ...core.validation.references import References, Scope

REFERRING = ("$ref", "$dynamicRef", "$recursiveRef")
ANY_FALSE: Mapping[str, Any] = {"not": {}}


def is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_count(value: Any) -> bool:
    return is_number(value) and value >= 0


SCALARS: dict[str, Callable[[Any], bool]] = {
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda value: True,
    "default": lambda value: True,
    "examples": lambda value: isinstance(value, list),
    "title": lambda value: isinstance(value, str),
    "description": lambda value: isinstance(value, str),
    "format": lambda value: isinstance(value, str),
    "pattern": lambda value: isinstance(value, str),
    "contentEncoding": lambda value: isinstance(value, str),
    "contentMediaType": lambda value: isinstance(value, str),
    "required": is_names,
    "dependentRequired": lambda value: isinstance(value, Mapping) and all(map(is_names, value.values())),
    "multipleOf": lambda value: is_number(value) and value > 0,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), is_number),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains", "minProperties", "maxProperties"), _is_count
    ),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), lambda value: isinstance(value, bool)),
}
ONE: tuple[str, ...] = (
    *("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas")


class PlainSchema:
    """A normalised schema. root: the schema. defs: its definitions. A reference without a target in the document is left out, and so are
    schemas below `deepest` levels."""

    def __init__(self, schema: Any, deepest: int) -> None:
        self.defs: dict[str, Any] = {}
        self._deepest = deepest
        self._references = References(schema)
        self._names: dict[int, str] = {}
        self._waiting: list[tuple[str, Any, Scope]] = []
        self.root: dict[str, Any] = self._plain(schema, (self._references.root,), 0)
        while self._waiting:
            name, target, scope = self._waiting.pop()
            self.defs[name] = self._plain(target, scope, 0)

    def _plain(self, schema: Any, scope: Scope, depth: int) -> dict[str, Any]:
        if schema is False:
            return dict(ANY_FALSE)
        if not isinstance(schema, Mapping) or depth > self._deepest:
            return {}
        if isinstance(schema.get("$id"), str):
            scope = self._references.enter(schema, scope)
        if scope[-1].legacy and "$ref" in schema:
            schema = {"$ref": schema["$ref"]}
        out = self._read_types(schema)
        for keyword, value in schema.items():
            if keyword in REFERRING:
                self._refer(out, keyword, value, scope)
            elif keyword in ONE and not isinstance(value, list):
                inner = self._plain(value, scope, depth + 1)
                out[keyword] = False if value is False and keyword in ("additionalProperties", "items") else inner
                if keyword == "additionalProperties" and value is True:
                    out[keyword] = True
            elif keyword in LISTS and isinstance(value, list) and value:
                out[keyword] = [self._plain(item, scope, depth + 1) for item in value]
            elif keyword in NAMED and isinstance(value, Mapping):
                out[keyword] = {str(name): self._plain(item, scope, depth + 1) for name, item in value.items()}
            elif keyword in SCALARS and SCALARS[keyword](value):
                out[keyword] = value
        self._modernise(out, schema, scope, depth)
        return out

    def _read_types(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        wanted = schema.get("type")
        kinds = [kind for kind in (wanted if isinstance(wanted, list) else [wanted]) if isinstance(kind, str) and kind in TYPES]
        if schema.get("nullable") is True and kinds and "null" not in kinds:
            kinds.append("null")
        return {"type": kinds[0] if len(kinds) == 1 else kinds} if kinds else {}

    def _refer(self, out: dict[str, Any], keyword: str, value: Any, scope: Scope) -> None:
        find = self._references.find_dynamic if keyword == "$dynamicRef" else self._references.find
        target = find(value, scope) if isinstance(value, str) else None
        if target is not None and isinstance(target.schema, Mapping):
            out["$ref"] = f"#/$defs/{self._name(target.schema, target.scope, value)}"

    def _name(self, target: Mapping[str, Any], scope: Scope, reference: str) -> str:
        if id(target) not in self._names:
            stem = re.sub(r"[^A-Za-z0-9_]", "_", reference.rpartition("/")[2].rpartition("#")[2]) or "Root"
            taken = set(self._names.values())
            name = next(name for name in (stem, *(f"{stem}_{n}" for n in range(2, len(taken) + 3))) if name not in taken)
            self._names[id(target)] = name
            self._waiting.append((name, target, scope))
        return self._names[id(target)]

    def _modernise(self, out: dict[str, Any], schema: Mapping[str, Any], scope: Scope, depth: int) -> None:
        """Translates keywords of older drafts."""
        items = schema.get("items")
        if isinstance(items, list):
            out["prefixItems"] = [self._plain(item, scope, depth + 1) for item in items]
            rest = schema.get("additionalItems")
            if rest is not None:
                out["items"] = False if rest is False else self._plain(rest, scope, depth + 1)
        for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if schema.get(exclusive) is True and inclusive in out:
                out[exclusive] = out.pop(inclusive)
        dependencies = schema.get("dependencies")
        if isinstance(dependencies, Mapping):
            names = {name: rule for name, rule in dependencies.items() if is_names(rule)}
            schemas = {name: self._plain(rule, scope, depth + 1) for name, rule in dependencies.items() if isinstance(rule, Mapping)}
            out |= {"dependentRequired": names} if names else {}
            out |= {"dependentSchemas": schemas} if schemas else {}
