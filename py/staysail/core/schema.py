"""JSON Schema from Python types, and values of those types from JSON: one walk over a type gives both.

Known: the JSON types, Any, list, tuple, set, dict, Literal, Enum, unions, Optional, Annotated (text is a description, a dict is merged,
and the attributes gt, ge, lt, le, multiple_of, min_length, max_length, pattern are read as annotated-types has them), dataclasses,
TypedDict, NamedTuple, NewType, type aliases, date and time types, UUID, Decimal, bytes (base64) and paths; pydantic models and msgspec
structs through their own packages. Types may refer to themselves.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from .docstring import describe_args, summarise
from .errors import ConfigError, OutputError
from .records import read_fields, read_msgspec, read_pydantic
from .scalars import PARSED, SIMPLE, Decode, Misfit, checked, parsed
from .validation.equality import shown


class Codec:
    """schema: JSON Schema of the type, self-contained. decode: JSON value to typed value; raises OutputError saying where and what."""

    __slots__ = ("_decode", "schema")

    def __init__(self, schema: dict[str, Any], decode: Decode) -> None:
        self.schema = schema
        self._decode = decode

    def decode(self, value: Any) -> Any:
        try:
            return self._decode(value)
        except Misfit as misfit:
            raise OutputError(str(misfit), raw=value) from misfit


def codec(kind: Any) -> Codec:
    """The codec of a type, or of a JSON Schema given as a dict (whose values stay as they are, checked). Raises ConfigError for a type
    JSON cannot hold."""
    if isinstance(kind, Mapping):
        return Codec(dict(kind), lambda value: checked(value, kind))
    walk = _Walk()
    schema, decode = walk.visit(kind)
    if walk.defs:
        schema = walk.inline_root(schema)
    return Codec(schema, decode)


def object_codec(fields: Mapping[str, tuple[Any, Any]], descriptions: Mapping[str, str]) -> Codec:
    """The codec of named fields, each (type, default); `dataclasses.MISSING` means required. Decodes to a dict that has only the fields
    given."""
    walk = _Walk()
    schema, decode = walk.object_of(fields, descriptions, lambda values: values, closed=True)
    return Codec(schema | ({"$defs": walk.defs} if walk.defs else {}), decode)


CONSTRAINTS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
}


class _Walk:
    def __init__(self) -> None:
        self.defs: dict[str, dict[str, Any]] = {}
        self._decoders: dict[Any, Decode] = {}
        self._names: dict[Any, str] = {}

    def visit(self, kind: Any) -> tuple[dict[str, Any], Decode]:
        if isinstance(kind, typing.Hashable) and kind in SIMPLE:
            schema, decode = SIMPLE[kind]
            return dict(schema), decode
        if isinstance(kind, typing.TypeAliasType):
            return self._alias(kind)
        if isinstance(kind, typing.NewType):
            return self.visit(kind.__supertype__)
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self._annotated(args[0], args[1:])
        if origin in (typing.Required, typing.NotRequired):
            return self.visit(args[0])
        if origin is typing.Literal:
            return self._choices(args, args)
        if origin in (typing.Union, types.UnionType):
            return self._union(args)
        container = origin or kind
        if container in (tuple, set, frozenset, list, Sequence, MutableSequence, Iterable, Collection):
            return self._sequence(container, args)
        if container in (dict, Mapping, MutableMapping):
            return self._mapping(args)
        if isinstance(kind, type):
            return self._class(kind)
        raise ConfigError(f"{kind!r} has no JSON Schema; use JSON types, dataclasses, TypedDict, Literal, enums or unions of them")

    def inline_root(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Providers want an object at the root, not a reference to one."""
        name = schema.get("$ref", "").removeprefix("#/$defs/")
        root = dict(self.defs[name]) if name in self.defs else schema
        used = f'"#/$defs/{name}"' in repr(self.defs).replace("'", '"') or not name
        defs = {key: value for key, value in self.defs.items() if used or key != name}
        return root | ({"$defs": defs} if defs else {})

    def _alias(self, kind: typing.TypeAliasType) -> tuple[dict[str, Any], Decode]:
        """What an alias stands for; a definition of its own where that mentions the alias again."""
        if kind in self._names:
            name = self._names[kind]
            self.defs.setdefault(name, {})
            return {"$ref": f"#/$defs/{name}"}, lambda value: self._decoders[kind](value)
        name = self._names[kind] = kind.__name__ if kind.__name__ not in self.defs else f"{kind.__name__}_{len(self.defs)}"
        schema, decode = self.visit(kind.__value__)
        if name not in self.defs:
            del self._names[kind]
            return schema, decode
        self.defs[name], self._decoders[kind] = schema, decode
        return {"$ref": f"#/$defs/{name}"}, decode

    def _annotated(self, kind: Any, metadata: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        schema, decode = self.visit(kind)
        limits: dict[str, Any] = {}
        for item in metadata:
            if isinstance(item, str):
                limits["description"] = item
            elif isinstance(item, Mapping):
                limits |= item
            else:
                limits |= _constraints(item, schema.get("type"))
        rules = {key: value for key, value in limits.items() if key != "description"}

        def decode_within(value: Any) -> Any:
            decoded = decode(value)
            if rules:
                checked(decoded if isinstance(decoded, int | float | str | list) else value, rules)
            return decoded

        return schema | limits, decode_within

    def _choices(self, allowed: tuple[Any, ...], results: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        def decode(value: Any) -> Any:
            for option, result in zip(allowed, results, strict=True):
                if value == option and isinstance(value, bool) == isinstance(option, bool):
                    return result
            raise Misfit(f"expected one of {', '.join(map(repr, allowed))}, got {shown(value)}")

        names = {str: "string", bool: "boolean", int: "integer", float: "number"}
        found = {names.get(type(option)) for option in allowed}
        named = {"type": found.pop()} if len(found) == 1 and None not in found else {}
        return named | {"enum": list(allowed)}, decode

    def _union(self, options: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        visited = [self.visit(option) for option in options]

        def decode(value: Any) -> Any:
            exact = [d for s, d in visited if _fits_exactly(value, s)] or [d for _, d in visited]
            misfits: list[str] = []
            for attempt in exact:
                try:
                    return attempt(value)
                except Misfit as misfit:
                    misfits.append(str(misfit))
            raise Misfit(" or ".join(dict.fromkeys(misfits)))

        return {"anyOf": [schema for schema, _ in visited]}, decode

    def _sequence(self, container: Any, args: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        make = container if container in (tuple, set, frozenset) else list
        fixed = make is tuple and args and args[-1] is not Ellipsis
        items = [self.visit(arg) for arg in (args if fixed else args[:1] or (Any,))]

        def decode(value: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise Misfit(f"expected a list, got {shown(value)}")
            if fixed and len(value) != len(items):
                raise Misfit(f"expected {len(items)} items, got {len(value)}")
            return make(at(f"[{n}]", items[n if fixed else 0][1], item) for n, item in enumerate(value))

        if fixed:
            # `prefixItems` alone is refused by most providers; the union of the kinds says nearly as much.
            kinds = list({repr(schema): schema for schema, _ in items}.values())
            schema = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
            return {"type": "array", "items": schema, "minItems": len(items), "maxItems": len(items)}, decode
        unique = {"uniqueItems": True} if make in (set, frozenset) else {}
        return {"type": "array", "items": items[0][0]} | unique, decode

    def _mapping(self, args: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        schema, decode_item = self.visit(args[1] if args else Any)

        def decode(value: Any) -> Any:
            if not isinstance(value, Mapping):
                raise Misfit(f"expected an object, got {shown(value)}")
            return {key: at(str(key), decode_item, item) for key, item in value.items()}

        return {"type": "object", "additionalProperties": schema or True}, decode

    def _class(self, kind: type) -> tuple[dict[str, Any], Decode]:
        if issubclass(kind, enum.Enum):
            members = tuple(kind)
            return self._choices(tuple(member.value for member in members), members)
        if parsing := PARSED.get(f"{kind.__module__}.{kind.__qualname__}"):
            return parsed(kind, *parsing)
        foreign = read_pydantic(kind) or read_msgspec(kind)
        if foreign:
            return self._hoist(*foreign)
        if kind in self._names:
            return {"$ref": f"#/$defs/{self._names[kind]}"}, lambda value: self._decoders[kind](value)
        fields = read_fields(kind)
        if fields is None:
            raise ConfigError(f"{kind.__qualname__} has no JSON Schema; make it a dataclass or a TypedDict, or use JSON types")
        name = kind.__name__ if kind.__name__ not in self.defs else f"{kind.__name__}_{len(self.defs)}"
        self._names[kind] = name
        self.defs[name] = {}
        make = kind if not typing.is_typeddict(kind) else dict
        texts = describe_args(kind.__doc__ or "") if not _generated_doc(kind) else {}
        schema, decode = self.object_of(fields, texts, lambda values: make(**values), closed=True)
        summary = "" if _generated_doc(kind) else summarise(kind.__doc__ or "")
        self.defs[name] = {"title": kind.__name__} | ({"description": summary} if summary else {}) | schema
        self._decoders[kind] = decode
        return {"$ref": f"#/$defs/{name}"}, decode

    def _hoist(self, schema: dict[str, Any], decode: Decode) -> tuple[dict[str, Any], Decode]:
        self.defs |= schema.pop("$defs", {})
        return schema, decode

    def object_of(
        self,
        fields: Mapping[str, tuple[Any, Any]],
        descriptions: Mapping[str, str],
        make: Callable[[dict[str, Any]], Any],
        *,
        closed: bool,
    ) -> tuple[dict[str, Any], Decode]:
        visited = {name: self.visit(kind) for name, (kind, _) in fields.items()}
        required = [name for name, (_, default) in fields.items() if default is dataclasses.MISSING]

        def decode(value: Any) -> Any:
            if not isinstance(value, Mapping):
                raise Misfit(f"expected an object, got {shown(value)}")
            missing = [name for name in required if name not in value]
            unknown = [str(name) for name in value if name not in visited]
            if missing or (unknown and closed):
                said = [f"missing {', '.join(missing)}"] if missing else []
                said += [f"unknown {', '.join(unknown)} (known: {', '.join(visited) or 'none'})"] if unknown else []
                raise Misfit("; ".join(said))
            return make({name: at(name, visited[name][1], item) for name, item in value.items() if name in visited})

        properties = {}
        for name, (schema, _) in visited.items():
            default = fields[name][1]
            shown = {"default": default} if isinstance(default, str | int | float | bool) and not isinstance(default, enum.Enum) else {}
            text = {"description": descriptions[name]} if name in descriptions and "description" not in schema else {}
            # Draft 7 readers ignore what stands beside a $ref, and strict OpenAI refuses it.
            properties[name] = schema if "$ref" in schema else schema | text | shown
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}, decode


def at(step: str, decode: Decode, value: Any) -> Any:
    try:
        return decode(value)
    except Misfit as misfit:
        raise misfit.under(step) from misfit


def _fits_exactly(value: Any, schema: Mapping[str, Any]) -> bool:
    """So that a union of int and str keeps "5" a string, whatever the order of its options."""
    kinds: dict[str, Any] = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
        "array": list,
        "object": dict,
    }
    wanted = kinds.get(schema.get("type", ""))
    if wanted is None:
        return "$ref" in schema and isinstance(value, dict)
    return isinstance(value, wanted) and (schema["type"] == "boolean" or not isinstance(value, bool))


def _constraints(item: Any, kind: str | None) -> dict[str, Any]:
    out = {key: getattr(item, name) for name, key in CONSTRAINTS.items() if getattr(item, name, None) is not None}
    unit = "Items" if kind == "array" else "Length"
    for name, key in (("min_length", f"min{unit}"), ("max_length", f"max{unit}")):
        if getattr(item, name, None) is not None:
            out[key] = getattr(item, name)
    description = getattr(item, "description", None) or getattr(item, "documentation", None)
    return out | ({"description": description} if isinstance(description, str) else {})


def _generated_doc(kind: type) -> bool:
    """The docstring that dataclasses and NamedTuple write by themselves."""
    return (kind.__doc__ or "").startswith(f"{kind.__name__}(")
