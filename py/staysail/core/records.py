"""Reads classes with fields: dataclasses, TypedDict, NamedTuple, attrs classes, also generic ones; and types that pydantic and msgspec
decode."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Mapping
from inspect import get_annotations
from types import get_original_bases
from typing import Any

from .errors import ConfigError, JsonError
from .json_text import write_json
from .scalars import Decode, calling
from .validation import fit

MISSING = dataclasses.MISSING


def read_fields(kind: Any) -> dict[str, tuple[Any, Any]] | None:
    """Returns the fields of a class as name to (type, default); None for another type. `MISSING` means required."""
    owner = typing.get_origin(kind) or kind
    if is_typeddict(owner):
        return {name: (hint, MISSING if _is_required(owner, name, hint) else None) for name, hint in _hints(kind).items()}
    if dataclasses.is_dataclass(owner):
        hints = _hints(kind)
        # Fields of dataclasses.InitVar are arguments too, and those of ClassVar are none.
        known = [f for f in owner.__dataclass_fields__.values() if f.init and not _is_class_variable(hints[f.name])]
        return {f.name: (_without_init(hints[f.name]), None if f.default_factory is not MISSING else f.default) for f in known}
    if hasattr(owner, "__attrs_attrs__"):
        hints = _hints(kind)
        nothing = sys.modules["attr"].NOTHING
        return {
            (a.alias or a.name): (hints.get(a.name, Any), MISSING if a.default is nothing else _plain_default(a.default))
            for a in owner.__attrs_attrs__
            if a.init
        }
    if isinstance(owner, type) and issubclass(owner, tuple) and hasattr(owner, "_fields"):
        hints = _hints(kind)
        given: Mapping[str, Any] = getattr(owner, "_field_defaults", {})
        return {name: (hints.get(name, Any), given.get(name, MISSING)) for name in owner._fields}
    return None


def is_typeddict(kind: Any) -> bool:
    """Returns whether a class is a TypedDict, of typing or of typing_extensions."""
    return type(kind).__name__ == "_TypedDictMeta"


def _is_required(owner: Any, name: str, hint: Any) -> bool:
    """Returns whether a key of a TypedDict is required. The class does not know it of annotations that are text, as `from __future__ import
    annotations` makes them."""
    while (qualifier := getattr(typing.get_origin(hint), "_name", "")) in ("Required", "NotRequired", "ReadOnly"):
        if qualifier != "ReadOnly":
            return bool(qualifier == "Required")
        hint = typing.get_args(hint)[0]
    return name in owner.__required_keys__


def _is_class_variable(hint: Any) -> bool:
    return hint is typing.ClassVar or typing.get_origin(hint) is typing.ClassVar


def _without_init(hint: Any) -> Any:
    """Returns the type inside dataclasses.InitVar."""
    if hint is dataclasses.InitVar:
        return Any
    return hint.type if isinstance(hint, dataclasses.InitVar) else hint


def _hints(kind: Any) -> dict[str, Any]:
    """Returns the annotations of a class and of its bases, with the type variables replaced by their types: those of `Box[int]`, and those
    of a base that a class names as `Box[int]`."""
    owner = typing.get_origin(kind) or kind
    hints = type_hints(owner)
    parameters = getattr(owner, "__type_params__", ()) or getattr(owner, "__parameters__", ())
    known = dict(zip(parameters, typing.get_args(kind), strict=False))
    inherited: dict[str, Any] = {}
    for base in reversed(get_original_bases(owner)):
        if hasattr(typing.get_origin(base) or base, "__orig_bases__"):
            inherited |= _hints(base)
    own = {name for name in get_annotations(owner) if not is_typeddict(owner) or name not in inherited}
    found = {name: hint if name in own else inherited.get(name, hint) for name, hint in hints.items()}
    return {name: substitute(hint, known) for name, hint in found.items()}


def _plain_default(default: Any) -> Any:
    return default if isinstance(default, str | int | float | bool) else None


def substitute(hint: Any, known: Mapping[Any, Any]) -> Any:
    """Returns a hint with type variables replaced by their types."""
    if isinstance(hint, typing.TypeVar):
        return known.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or isinstance(hint, type):
        return hint
    return hint[tuple(known.get(parameter, parameter) for parameter in parameters)]


def type_hints(owner: Any) -> dict[str, Any]:
    """Returns the resolved annotations, with Annotated. Raises ConfigError for a name that cannot be resolved."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except NameError as error:
        name = getattr(owner, "__qualname__", repr(owner))
        raise ConfigError(f"an annotation of {name} cannot be resolved: {error}. Define the type at module level.") from error


def is_pydantic(kind: Any) -> bool:
    """Returns whether pydantic decodes a type: a model, `AnyUrl`, a pydantic dataclass, a class with a schema for pydantic."""
    known = ("model_json_schema", "__get_pydantic_core_schema__", "__pydantic_validator__")
    return isinstance(kind, type) and any(hasattr(kind, name) for name in known)


def has_pydantic_metadata(metadata: tuple[Any, ...]) -> bool:
    """Returns whether the metadata of Annotated have an object of pydantic, such as `Field(gt=0)` or a validator."""
    return any(type(item).__module__.partition(".")[0] == "pydantic" for item in metadata)


def is_only_described(metadata: tuple[Any, ...]) -> bool:
    """Returns whether pydantic's objects among the metadata of Annotated are `Field(...)` alone, which say nothing that only pydantic can
    check."""
    return all(is_pydantic_field(item) for item in metadata if has_pydantic_metadata((item,)))


def is_pydantic_field(value: Any) -> bool:
    """Returns whether a default is pydantic's `Field(...)`."""
    return type(value).__name__ == "FieldInfo" and type(value).__module__ == "pydantic.fields"


def read_pydantic(kind: Any) -> tuple[dict[str, Any], Decode]:
    """Returns the schema and the decoder of a type that pydantic decodes. Raises ConfigError where pydantic cannot."""
    try:
        if hasattr(kind, "model_json_schema"):
            schema, from_json, from_python = kind.model_json_schema(), kind.model_validate_json, kind.model_validate
        else:
            adapter = sys.modules["pydantic"].TypeAdapter(kind)  # a program with such a type has imported pydantic
            schema, from_json, from_python = adapter.json_schema(), adapter.validate_json, adapter.validate_python
    except (RuntimeError, TypeError, NameError) as error:
        raise ConfigError(f"pydantic has no JSON Schema of {kind!r}: {str(error).partition(chr(10))[0]}") from error

    def decode(value: Any) -> Any:
        try:
            text = write_json(value)
        except JsonError:
            return from_python(value)
        return from_json(text)  # a strict model reads dates from JSON, and from nothing else

    return _reading(schema, decode)


def read_msgspec(kind: Any) -> tuple[dict[str, Any], Decode] | None:
    """Returns the schema and the decoder of a msgspec Struct; None for another type. Raises ConfigError for a field that msgspec does not
    know."""
    if not hasattr(typing.get_origin(kind) or kind, "__struct_fields__"):
        return None
    msgspec = sys.modules["msgspec"]  # a program with a Struct has imported msgspec
    try:
        (schema,), defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    except (TypeError, NameError) as error:
        raise ConfigError(f"msgspec has no JSON Schema of {kind!r}: {str(error).strip().splitlines()[-1]}") from error
    return _reading(schema | {"$defs": defs}, lambda value: msgspec.convert(value, kind, strict=False))


def making(make: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    """Returns a function that makes an object from its fields and raises Misfit for any exception of the class's own checks."""
    return calling(lambda fields: make(**fields))


def _reading(schema: dict[str, Any], function: Callable[[Any], Any]) -> tuple[dict[str, Any], Decode]:
    """Returns the schema, and a decoder that mends a value before the package decodes it."""
    whole = dict(schema)
    return schema, calling(lambda value: function(fit(value, whole)[0]))
