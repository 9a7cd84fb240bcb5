"""JSON Schema from Python types, and values of those types from JSON: one walk over a type gives both.

Known: the JSON types, Any, list, tuple, set, dict, Literal, Enum, unions, Optional, Annotated (text is a description, a dict is merged,
and the
attributes gt, ge, lt, le, multiple_of, min_length, max_length, pattern are read as annotated-types has them), dataclasses, TypedDict,
NamedTuple, NewType, type aliases, date and time types,
UUID, Decimal, bytes (base64) and paths; pydantic models and msgspec structs through their own packages. Types may refer to themselves.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import re
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from .docstring import describe_args, summarise
from .errors import ConfigError, OutputError
from .validation import check

type Decode = Callable[[Any], Any]


class Codec:
    """schema: JSON Schema of the type, self-contained. decode: JSON value to typed value; raises OutputError saying where and what."""

    __slots__ = ("_decode", "schema")

    def __init__(self, schema: dict[str, Any], decode: Decode) -> None:
        self.schema = schema
        self._decode = decode

    def decode(self, value: Any) -> Any:
        try:
            return self._decode(value)
        except _Misfit as misfit:
            raise OutputError(str(misfit), raw=value) from misfit


def codec(kind: Any) -> Codec:
    """The codec of a type, or of a JSON Schema given as a dict (whose values stay as they are, checked). Raises ConfigError for a type
    JSON cannot hold."""
    if isinstance(kind, Mapping):
        return Codec(dict(kind), lambda value: _checked(value, kind))
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


class _Misfit(Exception):
    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message, self.path = message, path

    def under(self, step: str) -> _Misfit:
        return _Misfit(self.message, f"{step}.{self.path}" if self.path else step)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def _checked(value: Any, schema: Mapping[str, Any]) -> Any:
    problems = check(value, schema)
    if problems:
        raise _Misfit("; ".join(problems))
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _Misfit(f"expected a string, got {_shown(value)}")


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+\s*", value):
        return int(value)
    raise _Misfit(f"expected an integer, got {_shown(value)}")


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    raise _Misfit(f"expected a number, got {_shown(value)}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise _Misfit(f"expected true or false, got {_shown(value)}")


def _null(value: Any) -> None:
    if value is not None:
        raise _Misfit(f"expected null, got {_shown(value)}")


def _base64(value: Any) -> bytes:
    try:
        return base64.b64decode(_string(value), validate=True)
    except ValueError as error:
        raise _Misfit("expected base64") from error


SIMPLE: dict[Any, tuple[dict[str, Any], Decode]] = {
    str: ({"type": "string"}, _string),
    int: ({"type": "integer"}, _integer),
    float: ({"type": "number"}, _number),
    bool: ({"type": "boolean"}, _boolean),
    None: ({"type": "null"}, _null),
    type(None): ({"type": "null"}, _null),
    bytes: ({"type": "string", "contentEncoding": "base64"}, _base64),
    Any: ({}, lambda value: value),
    object: ({}, lambda value: value),
}

# By name, so that none of these modules is imported for the sake of a comparison.
PARSED = {
    "datetime.datetime": ("date-time", "fromisoformat"),
    "datetime.date": ("date", "fromisoformat"),
    "datetime.time": ("time", "fromisoformat"),
    "uuid.UUID": ("uuid", ""),
    "decimal.Decimal": ("decimal", ""),
    "pathlib.Path": ("path", ""),
    "pathlib._local.Path": ("path", ""),
}

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
                _checked(decoded if isinstance(decoded, int | float | str | list) else value, rules)
            return decoded

        return schema | limits, decode_within

    def _choices(self, allowed: tuple[Any, ...], results: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        def decode(value: Any) -> Any:
            for option, result in zip(allowed, results, strict=True):
                if value == option and isinstance(value, bool) == isinstance(option, bool):
                    return result
            raise _Misfit(f"expected one of {', '.join(map(repr, allowed))}, got {_shown(value)}")

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
                except _Misfit as misfit:
                    misfits.append(str(misfit))
            raise _Misfit(" or ".join(dict.fromkeys(misfits)))

        return {"anyOf": [schema for schema, _ in visited]}, decode

    def _sequence(self, container: Any, args: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
        make = container if container in (tuple, set, frozenset) else list
        fixed = make is tuple and args and args[-1] is not Ellipsis
        items = [self.visit(arg) for arg in (args if fixed else args[:1] or (Any,))]

        def decode(value: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise _Misfit(f"expected a list, got {_shown(value)}")
            if fixed and len(value) != len(items):
                raise _Misfit(f"expected {len(items)} items, got {len(value)}")
            return make(_at(f"[{n}]", items[n if fixed else 0][1], item) for n, item in enumerate(value))

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
                raise _Misfit(f"expected an object, got {_shown(value)}")
            return {key: _at(str(key), decode_item, item) for key, item in value.items()}

        return {"type": "object", "additionalProperties": schema or True}, decode

    def _class(self, kind: type) -> tuple[dict[str, Any], Decode]:
        if issubclass(kind, enum.Enum):
            members = tuple(kind)
            return self._choices(tuple(member.value for member in members), members)
        if parsing := PARSED.get(f"{kind.__module__}.{kind.__qualname__}"):
            return _parsed(kind, *parsing)
        foreign = _pydantic(kind) or _msgspec(kind)
        if foreign:
            return self._hoist(*foreign)
        if kind in self._names:
            return {"$ref": f"#/$defs/{self._names[kind]}"}, lambda value: self._decoders[kind](value)
        fields = _fields(kind)
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
                raise _Misfit(f"expected an object, got {_shown(value)}")
            missing = [name for name in required if name not in value]
            unknown = [str(name) for name in value if name not in visited]
            if missing or (unknown and closed):
                said = [f"missing {', '.join(missing)}"] if missing else []
                said += [f"unknown {', '.join(unknown)} (known: {', '.join(visited) or 'none'})"] if unknown else []
                raise _Misfit("; ".join(said))
            return make({name: _at(name, visited[name][1], item) for name, item in value.items() if name in visited})

        properties = {}
        for name, (schema, _) in visited.items():
            default = fields[name][1]
            shown = {"default": default} if isinstance(default, str | int | float | bool) and not isinstance(default, enum.Enum) else {}
            text = {"description": descriptions[name]} if name in descriptions and "description" not in schema else {}
            # Draft 7 readers ignore what stands beside a $ref, and strict OpenAI refuses it.
            properties[name] = schema if "$ref" in schema else schema | text | shown
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}, decode


def _at(step: str, decode: Decode, value: Any) -> Any:
    try:
        return decode(value)
    except _Misfit as misfit:
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


def _parsed(kind: Any, text_format: str, method: str) -> tuple[dict[str, Any], Decode]:
    read: Callable[[str], Any] = getattr(kind, method) if method else kind

    def decode(value: Any) -> Any:
        try:
            return read(str(value) if text_format == "decimal" else _string(value))
        except (ValueError, ArithmeticError) as error:
            raise _Misfit(f"expected {text_format} text, got {_shown(value)}") from error

    known = {"format": text_format} if text_format not in ("decimal", "path") else {}
    return {"type": "string"} | known, decode


def _fields(kind: Any) -> dict[str, tuple[Any, Any]] | None:
    """Name to (type, default) of a class that is a bundle of fields, else None."""
    missing = dataclasses.MISSING
    if typing.is_typeddict(kind):
        hints = type_hints(kind)
        return {name: (hint, missing if name in kind.__required_keys__ else None) for name, hint in hints.items()}
    if dataclasses.is_dataclass(kind):
        hints = type_hints(kind)
        defaults = {
            f.name: f.default if f.default is not missing or f.default_factory is missing else None
            for f in dataclasses.fields(kind)
            if f.init
        }
        return {name: (hints[name], default) for name, default in defaults.items()}
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = type_hints(kind)
        return {name: (hints.get(name, Any), kind._field_defaults.get(name, missing)) for name in kind._fields}
    return None


def type_hints(owner: Any) -> dict[str, Any]:
    """Resolved annotations, Annotated kept. Raises ConfigError for a name that cannot be found."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except NameError as error:
        name = getattr(owner, "__qualname__", repr(owner))
        raise ConfigError(f"an annotation of {name} cannot be resolved: {error}. Define the type at module level.") from error


def _pydantic(kind: Any) -> tuple[dict[str, Any], Decode] | None:
    if not (hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate")):
        return None

    def decode(value: Any) -> Any:
        try:
            return kind.model_validate(value)
        except ValueError as error:
            raise _Misfit(str(error)) from error

    return kind.model_json_schema(), decode


def _msgspec(kind: Any) -> tuple[dict[str, Any], Decode] | None:
    if not hasattr(kind, "__struct_fields__"):
        return None
    msgspec = sys.modules["msgspec"]  # whoever made a Struct has imported it

    def decode(value: Any) -> Any:
        try:
            return msgspec.convert(value, kind, strict=False)
        except ValueError as error:
            raise _Misfit(str(error)) from error

    (schema,), defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return schema | {"$defs": defs}, decode


def _generated_doc(kind: type) -> bool:
    """The docstring that dataclasses and NamedTuple write by themselves."""
    return (kind.__doc__ or "").startswith(f"{kind.__name__}(")
