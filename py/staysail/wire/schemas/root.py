"""Makes the root of a tool's parameters one object with properties. A choice of objects becomes one object with the properties of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.validation.equality import identity
from .merging import merge
from .text import describe

CONDITIONAL = ("then", "else")


class Unofferable(Exception):
    """The tool cannot be offered to any provider. The message says why."""


def resolve(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a schema without `$ref` at its top, and without those members of `allOf` that can be merged."""
    out, seen = dict(schema), set[str]()
    while "$ref" in out:
        name = out.pop("$ref").removeprefix("#/$defs/")
        if name in seen:
            break
        seen.add(name)
        out = merge(out, defs[name]) or {**defs[name], **out}
    for option in out.pop("allOf", ()):
        merged = merge(out, resolve(option, defs))
        if merged is None:
            out.setdefault("allOf", []).append(option)
        else:
            kept = out.get("allOf")
            out = merged if kept is None else merged | {"allOf": kept}
    return out


def fold_root(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the root as one object, with its choices and conditions in the description. Raises Unofferable."""
    out = resolve(schema, defs)
    kinds = out.pop("type", "object")
    if kinds != "object" and "object" not in kinds:
        raise Unofferable(f"its parameters are a JSON {kinds}, not an object")
    if out.get("not") == {}:
        raise Unofferable("its parameters allow nothing")
    unsaid: dict[str, Any] = {}
    for keyword in ("anyOf", "oneOf"):
        options = [resolve(option, defs) for option in out.pop(keyword, ())]
        options = [option for option in options if "object" in (option.get("type") or "object")]
        if options:
            unsaid |= _fold_choices(out, options, keyword)
    for option in out.pop("allOf", ()):
        _add_properties(out, resolve(option, defs))
        unsaid["allOf"] = [*unsaid.get("allOf", ()), option]
    _fold_conditions(out, defs, unsaid)
    for keyword in ("enum", "const", "not"):
        if keyword in out:
            unsaid[keyword] = out.pop(keyword)
    out = {"type": "object", "properties": {}} | out
    for name in out.get("required", ()):
        out["properties"].setdefault(name, {})
    return describe(out, unsaid)


def _fold_choices(out: dict[str, Any], options: list[dict[str, Any]], keyword: str) -> dict[str, Any]:
    """Adds the properties of every option, required if every option requires them. Returns the part for the description."""
    before = dict(out.get("properties") or {})
    choices: dict[str, dict[Any, Any]] = {}
    for option in options:
        for name, schema in (option.get("properties") or {}).items():
            choices.setdefault(name, {}).setdefault(identity(schema), schema)
    for name, schemas in choices.items():
        if name not in before:
            before[name] = join_schemas(list(schemas.values()))
    needed = [set(map(str, option.get("required", ()))) for option in options]
    everywhere = [name for name in options[0].get("required", ()) if all(name in names for names in needed)]
    out["properties"] = before
    required = list(dict.fromkeys([*out.get("required", ()), *everywhere]))
    out |= {"required": required} if required else {}
    if "additionalProperties" not in out and all(option.get("additionalProperties") is False for option in options):
        out["additionalProperties"] = False
    sets = [option.get("required", ()) for option in options]
    return {f"{keyword} of these sets of properties": sets} if any(sets) and any(each != sets[0] for each in sets) else {}


def join_schemas(schemas: list[Any]) -> Any:
    """Returns one schema for a property that has several; constants become one `enum`."""
    if len(schemas) == 1:
        return schemas[0]
    values = [[schema["const"]] if "const" in schema else schema.get("enum") for schema in schemas]
    kinds = [schema.get("type") for schema in schemas]
    plain = all(set(schema) <= {"const", "enum", "type", "description", "title"} for schema in schemas)
    if not all(values) or not plain or any(kind != kinds[0] for kind in kinds):
        return {"anyOf": schemas}
    joined: dict[Any, Any] = {}
    for value in (value for each in values for value in each or ()):
        joined.setdefault(identity(value), value)
    return ({"type": kinds[0]} if kinds[0] else {}) | {"enum": list(joined.values())}


def _fold_conditions(out: dict[str, Any], defs: Mapping[str, Any], unsaid: dict[str, Any]) -> None:
    if "if" in out:
        unsaid |= {key: out[key] for key in ("if", *CONDITIONAL) if key in out}
        for keyword in CONDITIONAL:
            _add_properties(out, resolve(out.get(keyword) or {}, defs))
    for keyword in ("if", *CONDITIONAL):
        out.pop(keyword, None)
    for name, schema in out.pop("dependentSchemas", {}).items():
        unsaid.setdefault("dependentSchemas", {})[name] = schema
        _add_properties(out, resolve(schema, defs))


def _add_properties(out: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Adds the properties of a condition's schema as optional ones."""
    known = dict(out.get("properties") or {})
    out["properties"] = known | {name: inner for name, inner in (schema.get("properties") or {}).items() if name not in known}
