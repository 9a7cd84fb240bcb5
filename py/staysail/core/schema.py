"""JSON Schema from Python types, and values of those types from JSON: one walk over a type gives both.

Known: the JSON types, Any, list, tuple, set, deque, dict (with keys that JSON can write as text), Literal, Enum, Flag, unions, Optional,
Annotated (text is a description, a dict is merged; limits as annotated-types, pydantic's `Field` and msgspec's `Meta` have them),
dataclasses, TypedDict, NamedTuple and attrs classes, generic ones too, NewType, type aliases, type variables (their bound), dates, times
and durations, UUID, Decimal, IP addresses, bytes (base64) and paths; pydantic's types and msgspec's structs through their own packages.
Types may refer to themselves.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, MutableSequence, MutableSet, Sequence, Set
from math import isfinite
from typing import Any

from .choices import read_choices, read_enum
from .docstring import describe_args, is_generated, summarise
from .errors import ConfigError, OutputError
from .limits import limited
from .plain_values import as_plain, member_value
from .records import (
    has_pydantic_metadata,
    is_only_described,
    is_pydantic,
    is_typeddict,
    making,
    read_fields,
    read_msgspec,
    read_pydantic,
    substitute,
)
from .scalars import SIMPLE, Decode, Misfit, calling, checked, find_parsed, from_text
from .validation.equality import is_type, shown


class Codec:
    """Schema and decoder of a type. schema: JSON Schema, self-contained."""

    __slots__ = ("_decode", "schema")

    def __init__(self, schema: dict[str, Any], decode: Decode) -> None:
        self.schema = schema
        self._decode = decode

    def decode(self, value: Any) -> Any:
        """Returns the typed value of a JSON value. Raises OutputError, which says where the value does not fit, and why."""
        try:
            return self._decode(value)
        except Misfit as misfit:
            raise OutputError(str(misfit), raw=value) from misfit


def codec(kind: Any) -> Codec:
    """Returns the codec of a type, or of a JSON Schema as a dict, whose values are checked and returned unchanged. Raises ConfigError for a
    type that JSON cannot represent."""
    if isinstance(kind, Mapping):
        return Codec(dict(kind), lambda value: checked(value, kind))
    walk = _Walk()
    schema, decode = walk.visit(kind)
    if walk.defs:
        schema = walk.inline_root(schema)
    return Codec(schema, decode)


def object_codec(fields: Mapping[str, tuple[Any, Any]], descriptions: Mapping[str, str]) -> Codec:
    """Returns the codec of named fields, each (type, default); `dataclasses.MISSING` means required. It decodes to a dict of the fields in
    the JSON object, without defaults."""
    walk = _Walk()
    schema, decode = walk.object_of(fields, descriptions, lambda values: values, closed=True)
    return Codec(schema | ({"$defs": walk.defs} if walk.defs else {}), decode)


SEQUENCES: dict[Any, Callable[[Iterable[Any]], Any]] = {
    **dict.fromkeys((list, Sequence, MutableSequence, Iterable, Collection), list),
    **dict.fromkeys((set, Set, MutableSet), set),
    tuple: tuple,
    frozenset: frozenset,
    deque: deque,
}
MAPPINGS = (dict, Mapping, MutableMapping, OrderedDict, defaultdict)
QUALIFIERS = ("Required", "NotRequired", "Final", "ReadOnly")


class _Walk:
    def __init__(self) -> None:
        self.defs: dict[str, dict[str, Any]] = {}
        self._decoders: dict[Any, Decode] = {}
        self._names: dict[Any, str] = {}
        self._owners: list[Any] = []

    def visit(self, kind: Any) -> tuple[dict[str, Any], Decode]:
        if _is_hashable(kind) and kind in SIMPLE:
            schema, decode = SIMPLE[kind]
            return dict(schema), decode
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if _is_alias(kind):
            return self._alias(kind, kind, {})
        if _is_alias(origin):
            return self._alias(kind, origin, dict(zip(origin.__type_params__, args, strict=False)))
        if isinstance(kind, typing.NewType):
            return self.visit(kind.__supertype__)
        if isinstance(kind, typing.TypeVar):
            return self.visit(_bound(kind))
        if kind is typing.LiteralString:
            return self.visit(str)
        if kind is typing.Self and self._owners:
            return self.visit(self._owners[-1])
        if origin is typing.Annotated:
            return self._annotated(kind, args[0], args[1:])
        if origin is not None and getattr(origin, "_name", "") in QUALIFIERS:
            return self.visit(args[0])
        if origin is typing.Literal:
            return read_choices(tuple(member_value(arg) if isinstance(arg, enum.Enum) else arg for arg in args), args)
        if origin in (typing.Union, types.UnionType):
            return self._union(args)
        container = origin or kind
        if container in SEQUENCES:
            return self._sequence(SEQUENCES[container], args)
        if container in MAPPINGS:
            return self._mapping(container, args)
        if isinstance(kind, type) or isinstance(origin, type):
            return self._class(kind)
        raise ConfigError(f"{kind!r} has no JSON Schema; use JSON types, dataclasses, TypedDict, Literal, enums or unions of them")

    def inline_root(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Returns the schema with an object at the root: providers do not accept a reference there."""
        name = schema.get("$ref", "").removeprefix("#/$defs/")
        root = dict(self.defs[name]) if name in self.defs else schema
        used = f'"#/$defs/{name}"' in repr(self.defs).replace("'", '"') or not name
        defs = {key: value for key, value in self.defs.items() if used or key != name}
        return root | ({"$defs": defs} if defs else {})

    def _alias(self, kind: Any, alias: Any, known: Mapping[Any, Any]) -> tuple[dict[str, Any], Decode]:
        """Returns the schema of an alias's value; a definition if the value mentions the alias.

        Args:
            kind: The alias, or the alias with types for its parameters.
            known: Those types by parameter."""
        if kind in self._names:
            name = self._names[kind]
            self.defs.setdefault(name, {})
            return {"$ref": f"#/$defs/{name}"}, lambda value: self._decoders[kind](value)
        name = self._names[kind] = self._free_name(_name_of(kind))
        try:
            value = substitute(alias.__value__, known)
        except NameError as error:
            raise ConfigError(f"the type {alias.__name__} cannot be resolved: {error}. Define the type at module level.") from error
        schema, decode = self.visit(value)
        if name not in self.defs:
            del self._names[kind]
            return schema, decode
        self.defs[name], self._decoders[kind] = schema, decode
        return {"$ref": f"#/$defs/{name}"}, decode

    def _annotated(self, whole: Any, kind: Any, metadata: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        if has_pydantic_metadata(metadata):
            try:
                return self._hoist(*read_pydantic(whole))
            except ConfigError:  # a description or a limit of a type that pydantic does not know
                if not is_only_described(metadata):
                    raise
        return limited(*self.visit(kind), metadata)

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

    def _sequence(self, make: Any, args: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        if any(typing.get_origin(arg) is typing.Unpack or getattr(arg, "__unpacked__", False) for arg in args):
            raise ConfigError(f"a tuple of {args!r} has no JSON Schema; use tuple[X, Y] or tuple[X, ...]")
        if make in (set, frozenset) and args and getattr(typing.get_origin(args[0]) or args[0], "__hash__", None) is None:
            raise ConfigError(f"{args[0]!r} cannot be an item of a set in Python; use a list, or make it hashable (a frozen dataclass)")
        fixed = make is tuple and args and args[-1] is not Ellipsis
        collect = calling(make)
        items = [self.visit(arg) for arg in ((() if args == ((),) else args) if fixed else args[:1] or (Any,))]

        def decode(value: Any) -> Any:
            value = from_text(value, "[")
            if not isinstance(value, list | tuple):
                raise Misfit(f"expected a list, got {shown(value)}")
            if fixed and len(value) != len(items):
                raise Misfit(f"expected {len(items)} items, got {len(value)}")
            return collect([at(f"[{n}]", items[n if fixed else 0][1], item) for n, item in enumerate(value)])

        if fixed:
            # `prefixItems` alone is refused by most providers; the union of the kinds says nearly as much.
            kinds = list({repr(schema): schema for schema, _ in items}.values())
            schema = {"items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}} if kinds else {}
            return {"type": "array"} | schema | {"minItems": len(items), "maxItems": len(items)}, decode
        unique = {"uniqueItems": True} if make in (set, frozenset) else {}
        return {"type": "array", "items": items[0][0]} | unique, decode

    def _mapping(self, kind: Any, args: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        schema, decode_item = self.visit(args[1] if len(args) > 1 else Any)
        names, read_key = self._keys(args[0] if args else str)
        make = _maker_of(kind, args)

        def decode(value: Any) -> Any:
            value = from_text(value, "{")
            if not isinstance(value, Mapping):
                raise Misfit(f"expected an object, got {shown(value)}")
            return make({at(str(key), read_key, key): at(str(key), decode_item, item) for key, item in value.items()})

        return {"type": "object", "additionalProperties": schema or True} | names, decode

    def _keys(self, kind: Any) -> tuple[dict[str, Any], Decode]:
        """Returns the schema and the decoder of a mapping's keys, which are text in JSON."""
        if kind in (str, Any):
            return {}, lambda key: key
        schema, decode = self.visit(kind)
        known = {str(as_plain(option)): option for option in schema.get("enum", ())}
        if known:
            return {"propertyNames": {"enum": list(known)}}, lambda key: decode(known.get(key, key))
        if schema.get("type") not in ("string", "integer", "number", "boolean"):
            raise ConfigError(f"a mapping's keys are text in JSON, and {kind!r} is not read from text; use a list of pairs")
        return {}, decode

    def _class(self, kind: Any) -> tuple[dict[str, Any], Decode]:
        owner: type = typing.get_origin(kind) or kind
        if issubclass(owner, enum.Enum):
            return read_enum(owner)
        if parsing := find_parsed(owner):
            return parsing
        if is_pydantic(owner):
            return self._hoist(*read_pydantic(kind))
        if struct := read_msgspec(kind):
            return self._hoist(*struct)
        if kind in self._names:
            return {"$ref": f"#/$defs/{self._names[kind]}"}, lambda value: self._decoders[kind](value)
        fields = read_fields(kind)
        if fields is None:
            raise ConfigError(f"{owner.__qualname__} has no JSON Schema; make it a dataclass or a TypedDict, or use JSON types")
        name = self._free_name(_name_of(kind))
        self._names[kind] = name
        self.defs[name] = {}
        make = owner if not is_typeddict(owner) else dict
        texts = describe_args(owner.__doc__ or "") if not is_generated(owner) else {}
        self._owners.append(kind)
        schema, decode = self.object_of(fields, texts, making(make), closed=True)
        self._owners.pop()
        summary = "" if is_generated(owner) else summarise(owner.__doc__ or "")
        self.defs[name] = {"title": owner.__name__} | ({"description": summary} if summary else {}) | schema
        self._decoders[kind] = decode
        return {"$ref": f"#/$defs/{name}"}, decode

    def _free_name(self, name: str) -> str:
        return name if name not in self.defs else f"{name}_{len(self.defs)}"

    def _hoist(self, schema: dict[str, Any], decode: Decode) -> tuple[dict[str, Any], Decode]:
        """Returns a package's schema after adding its definitions to `defs`, renamed where a name is taken."""
        defs = schema.pop("$defs", {})
        new = {name: self._free_name(name) for name in defs if self.defs.get(name, defs[name]) != defs[name]}
        self.defs |= {new.get(name, name): _renamed(definition, new) for name, definition in defs.items()}
        return _renamed(schema, new), decode

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
            value = from_text(value, "{")
            if not isinstance(value, Mapping):
                raise Misfit(f"expected an object, got {shown(value)}")
            missing = [name for name in required if name not in value]
            unknown = [str(name) for name in value if name not in visited]
            if missing or (unknown and closed):
                said = [f"missing {', '.join(missing)}"] if missing else []
                said += [f"unknown {', '.join(unknown)} (known: {', '.join(visited) or 'none'})"] if unknown else []
                raise Misfit("; ".join(said))
            # Strict modes make models write null for an optional field that is not nullable.
            left_out = {name for name, item in value.items() if item is None and name in visited and name not in required}
            left_out = {name for name in left_out if not _allows(visited[name][1], None)}
            return make(
                {name: at(name, visited[name][1], item) for name, item in value.items() if name in visited and name not in left_out}
            )

        properties = {}
        for name, (schema, _) in visited.items():
            default = fields[name][1]
            preset = {"default": default} if _is_written_as_is(default) else {}
            text = {"description": descriptions[name]} if name in descriptions and "description" not in schema else {}
            # Draft 7 ignores keywords beside a $ref, and OpenAI's strict mode refuses them.
            properties[name] = schema if "$ref" in schema else schema | text | preset
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}, decode


def at(step: str, decode: Decode, value: Any) -> Any:
    try:
        return decode(value)
    except Misfit as misfit:
        raise misfit.under(step) from misfit


def _renamed(schema: Any, new: Mapping[str, str]) -> Any:
    """Returns a schema with its references changed to the definitions' new names."""
    if isinstance(schema, list):
        return [_renamed(item, new) for item in schema]
    if not isinstance(schema, dict) or not new:
        return schema
    reference = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    moved = {"$ref": f"#/$defs/{new[reference]}"} if reference in new else {}
    return {key: _renamed(value, new) for key, value in schema.items()} | moved


def _allows(decode: Decode, value: Any) -> bool:
    try:
        decode(value)
    except Misfit:
        return False
    return True


def _bound(variable: typing.TypeVar) -> Any:
    """Returns the default, the constraints or the bound of a type variable; else Any."""
    default = getattr(variable, "__default__", None)
    if default is not None and default is not getattr(typing, "NoDefault", None):
        return default
    if variable.__constraints__:
        return typing.Union[variable.__constraints__]  # noqa: UP007  of a tuple
    return variable.__bound__ or Any


def _fits_exactly(value: Any, schema: Mapping[str, Any]) -> bool:
    """Returns whether a value fits an option of a union without conversion, so that `int | str` keeps "5" a string."""
    if "$ref" in schema:
        return isinstance(value, dict)
    if "enum" in schema:
        return any(value == option and isinstance(value, bool) == isinstance(option, bool) for option in schema["enum"])
    kind = schema.get("type")
    if not isinstance(kind, str) or (schema.get("format") == "date-time" and isinstance(value, str) and len(value) <= len("2026-01-02")):
        return False
    exact = {"integer": int, "number": float}.get(kind, object)
    return is_type(value, kind) and isinstance(value, exact)


def _is_written_as_is(default: Any) -> bool:
    """Returns whether a default stands in the schema: text, true, false, and numbers that JSON has."""
    if isinstance(default, enum.Enum) or not isinstance(default, str | int | float):
        return False
    return not isinstance(default, float) or isfinite(default)


def _is_hashable(kind: Any) -> bool:
    try:
        hash(kind)
    except TypeError:  # metadata of Annotated may be anything
        return False
    return True


def _is_alias(kind: Any) -> bool:
    """Returns whether a type was made by a `type` statement, or by TypeAliasType of typing or typing_extensions."""
    return type(kind).__name__ == "TypeAliasType"


def _name_of(kind: Any) -> str:
    owner = typing.get_origin(kind) or kind
    return "_".join([owner.__name__, *(getattr(arg, "__name__", "of") for arg in typing.get_args(kind))])


def _maker_of(kind: Any, args: tuple[Any, ...]) -> Callable[[dict[Any, Any]], Any]:
    """Returns what makes a mapping of the annotated kind from a dict."""
    if kind is defaultdict:
        item = typing.get_origin(args[1]) or args[1] if len(args) > 1 else None
        return lambda items: defaultdict(item if isinstance(item, type) else None, items)
    return OrderedDict if kind is OrderedDict else dict
