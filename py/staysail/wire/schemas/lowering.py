"""Replaces constructs that a provider does not accept: `const` by `enum`, `oneOf` by `anyOf`, a list of types by choices, a tuple by a
list. A condition that has no replacement is written into the description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .merging import merge
from .root import join_schemas, resolve
from .rules import SchemaRules
from .text import describe

UNDESCRIBED = {"title", "examples", "readOnly", "writeOnly", "deprecated", "contentEncoding", "contentMediaType"}
NAMED_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", list: "array", dict: "object"}
NOT_PORTABLE = re.compile(r"\(\?(?!:)|\\(?![dDwWsSbBnrtvf0\W_])")
SHORTHAND = re.compile(r"\\[dDwWsSbB]")


class TooDeep(Exception):
    """The schema nests deeper than strict mode allows."""


class Lowering:
    """Lowers the schemas of one document.

    Args:
        defs: Definitions of the document. The attribute `defs` has the lowered definitions that are in use.
        kept: Keywords that stay although the provider does not accept them.
    """

    def __init__(self, rules: SchemaRules, defs: Mapping[str, Any], kept: frozenset[str] = frozenset()) -> None:
        self._rules, self._plain_defs = rules, defs
        self._keywords = rules.keywords | kept | {"nullable"}
        self.defs: dict[str, Any] = {}
        self._recursive = {name for name in defs if name in _reachable(defs.get(name), defs)}
        self._open: list[str] = []

    def document(self, root: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the lowered schema with its definitions. Raises TooDeep."""
        out = self.lower(root, 0)
        return out | ({"$defs": self.defs} if self.defs else {})

    def lower(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Returns a schema lowered. depth: number of objects around it. Raises TooDeep."""
        rules, unsaid = self._rules, dict[str, Any]()
        if depth > rules.deepest:
            if rules.closed:
                raise TooDeep
            return self._cut_short(schema)
        if "allOf" in schema and "allOf" not in rules.keywords and not _refers_to(schema["allOf"], self._recursive):
            schema = resolve(schema, self._plain_defs)
        if "$ref" in schema:
            return self._reference(schema, depth)
        out: dict[str, Any] = {}
        for keyword, value in self._in_other_words(schema).items():
            if keyword not in self._keywords:
                if keyword not in UNDESCRIBED and (keyword != "additionalProperties" or isinstance(value, Mapping)):
                    unsaid[keyword] = value
            elif not self._takes(keyword, value, schema):
                unsaid[keyword] = value
            elif keyword in ("properties", "patternProperties", "dependentSchemas"):
                out[keyword] = {name: self.lower(inner, depth + 1) for name, inner in value.items()}
            elif keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
                out[keyword] = [self.lower(inner, depth) for inner in value]
            elif isinstance(value, Mapping) and keyword not in ("const", "default", "dependentRequired"):
                out[keyword] = self.lower(value, depth + 1 if keyword == "additionalProperties" else depth)
            else:
                out[keyword] = value
        return describe(self._completed(out), unsaid)

    def _reference(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Returns a reference, without other keywords if the provider requires that, or the definition in its place."""
        rules, name = self._rules, schema["$ref"].removeprefix("#/$defs/")
        recursive = name in self._recursive
        if not rules.references or (recursive and not rules.recursive):
            if name in self._open:
                return self._cut_short(self._plain_defs[name])
            self._open.append(name)
            out = self.lower(resolve(schema, self._plain_defs), depth)
            self._open.pop()
            return out
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if beside and not rules.siblings and not recursive:
            merged = merge(beside, self._plain_defs[name])
            if merged is not None:
                return self.lower(merged, depth)
        if name not in self.defs:
            self.defs[name] = {}
            self.defs[name] = self.lower(self._plain_defs[name], 0)
        reference = {"$ref": schema["$ref"]}
        return reference | self.lower(beside, depth) if beside and rules.siblings else reference

    def _cut_short(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Returns a schema for any value of the same type."""
        return self._completed({key: schema[key] for key in ("type", "description") if key in schema})

    def _in_other_words(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        rules, out = self._rules, dict(schema)
        keywords = rules.keywords
        if "const" in out and "const" not in keywords:
            out["enum"] = [out.pop("const")]
        if "oneOf" in out and "oneOf" not in keywords and "anyOf" not in out:
            out["anyOf"] = out.pop("oneOf")
        if "prefixItems" in out and "prefixItems" not in keywords:
            _as_list(out)
        for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if exclusive in out and exclusive not in keywords and inclusive in keywords and out.get("type") == "integer":
                value = out.pop(exclusive)
                out[inclusive] = int(value) + (1 if inclusive == "minimum" else -1) if isinstance(value, int) else value
        if isinstance(out.get("enum"), list) and "type" not in out and rules.typed_choices:
            kinds = {NAMED_TYPES.get(type(item), "") for item in out["enum"]}
            out |= {"type": kinds.pop()} if len(kinds) == 1 and "" not in kinds else {}
        if rules.nullable and None in out.get("enum", ()):
            out |= {"nullable": True, "enum": [item for item in out["enum"] if item is not None]}
        if isinstance(out.get("type"), list) and not rules.type_lists:
            out = _type_choices(out, nullable=rules.nullable)
        if rules.nullable and "anyOf" in out:
            out = _as_nullable(out)
        if rules.typed_choices and "anyOf" in out and "type" in out:
            kind = out.pop("type")
            out["anyOf"] = [{"type": kind} | option if "type" not in option and "$ref" not in option else option for option in out["anyOf"]]
        return out

    def _takes(self, keyword: str, value: Any, schema: Mapping[str, Any]) -> bool:
        rules = self._rules
        if keyword == "format" and rules.formats:
            kinds = schema.get("type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            return any(value in rules.formats.get(kind, (value,)) for kind in kinds)
        if keyword == "pattern":
            return takes_pattern(value, rules.patterns)
        if keyword == "enum" and rules.enum_types:
            return all(NAMED_TYPES.get(type(item)) in rules.enum_types and item != "" for item in value)
        return keyword not in rules.most or value <= rules.most[keyword]

    def _completed(self, out: dict[str, Any]) -> dict[str, Any]:
        """Returns the schema with `properties` for an object and `items` for a list, which nearly every provider requires."""
        rules = self._rules
        kinds = out.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if "object" in kinds and "properties" not in out:
            out["properties"] = {}
        if out.get("required"):
            known = out.get("properties") or {}
            if rules.any_value and out["required"]:
                out["properties"] = known | {name: {} for name in out["required"] if name not in known}
            out["required"] = [name for name in out["required"] if name in out.get("properties", ())]
            if not out["required"]:
                del out["required"]
        if "array" in kinds and "items" not in out and "prefixItems" not in out:
            out["items"] = {} if rules.any_value else _anything(rules)
        if not rules.any_value and not rules.closed and not ({"type", "anyOf", "$ref", "enum"} & set(out)):
            out |= _anything(rules)
        return out


def _anything(rules: SchemaRules) -> dict[str, Any]:
    """Returns a schema for any scalar, for providers that do not accept the empty schema."""
    kinds = ["string", "number", "boolean"]
    return {"anyOf": [{"type": kind} for kind in kinds]} if not rules.closed else {}


def _as_list(out: dict[str, Any]) -> None:
    """Replaces a tuple by a list whose items fit any place of the tuple."""
    first = out.pop("prefixItems")
    rest = out.get("items")
    kinds: list[Any] = []
    for schema in [*first, *([rest] if isinstance(rest, Mapping) else [])]:
        if schema not in kinds:
            kinds.append(schema)
    out["items"] = kinds[0] if len(kinds) == 1 else join_schemas(kinds)
    if rest is False:
        out.setdefault("maxItems", len(first))


def _type_choices(out: dict[str, Any], *, nullable: bool) -> dict[str, Any]:
    kinds = list(out.pop("type"))
    if nullable and "null" in kinds:
        kinds.remove("null")
        out["nullable"] = True
    if len(kinds) == 1:
        return out | {"type": kinds[0]}
    return out | {"anyOf": [*out.get("anyOf", ()), *({"type": kind} for kind in kinds)]}


def _as_nullable(out: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema with `nullable` in place of the option null; a single remaining option replaces the choice."""
    others = [option for option in out["anyOf"] if option.get("type") != "null"]
    if len(others) == len(out["anyOf"]):
        return out
    out = {key: value for key, value in out.items() if key != "anyOf"} | {"nullable": True}
    if len(others) != 1:
        return out | {"anyOf": others}
    return {**others[0], **out}


@lru_cache(maxsize=256)
def takes_pattern(pattern: str, kind: str) -> bool:
    """Returns whether a pattern is of the kind that a provider accepts."""
    if kind == "none" or NOT_PORTABLE.search(pattern):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    anchored = pattern.startswith("^") and pattern.endswith("$")
    if kind == "unanchored":
        return not re.search(r"(?<!\\)[$]|(?<![\\\[])\^", pattern)
    return kind == "portable" or (anchored and not SHORTHAND.search(pattern))


def _reachable(schema: Any, defs: Mapping[str, Any]) -> set[str]:
    """Returns the names of the definitions that a schema reaches."""
    found: set[str] = set()
    work = [schema]
    while work:
        item = work.pop()
        if isinstance(item, Mapping):
            name = str(item.get("$ref", "")).removeprefix("#/$defs/")
            if name in defs and name not in found:
                found.add(name)
                work.append(defs[name])
            work += item.values()
        elif isinstance(item, list):
            work += item
    return found


def _refers_to(options: list[Any], names: set[str]) -> bool:
    return any(str(option.get("$ref", "")).removeprefix("#/$defs/") in names for option in options)
