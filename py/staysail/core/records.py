"""Reads classes with fields: dataclasses, TypedDict, NamedTuple, attrs classes, also generic ones; and types that pydantic and msgspec
decode."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any

from .errors import ConfigError
from .scalars import Decode, Misfit
from .validation import fit

MISSING = dataclasses.MISSING


def read_fields(kind: Any) -> dict[str, tuple[Any, Any]] | None:
    """Returns the fields of a class as name to (type, default); None for another type. `MISSING` means required."""
    owner = typing.get_origin(kind) or kind
    found = _own_fields(owner)
    parameters = getattr(owner, "__type_params__", ()) or getattr(owner, "__parameters__", ())
    if found is None or not parameters:
        return found
    known = dict(zip(parameters, typing.get_args(kind), strict=False))
    return {name: (substitute(hint, known), default) for name, (hint, default) in found.items()}


def _own_fields(kind: Any) -> dict[str, tuple[Any, Any]] | None:
    if typing.is_typeddict(kind):
        hints = type_hints(kind)
        return {name: (hint, MISSING if name in kind.__required_keys__ else None) for name, hint in hints.items()}
    if dataclasses.is_dataclass(kind):
        hints = type_hints(kind)
        defaults = {
            f.name: f.default if f.default is not MISSING or f.default_factory is MISSING else None
            for f in dataclasses.fields(kind)
            if f.init
        }
        return {name: (hints[name], default) for name, default in defaults.items()}
    if hasattr(kind, "__attrs_attrs__"):
        hints = type_hints(kind)
        nothing = sys.modules["attr"].NOTHING
        return {
            (a.alias or a.name): (hints.get(a.name, Any), MISSING if a.default is nothing else _plain_default(a.default))
            for a in kind.__attrs_attrs__
            if a.init
        }
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = type_hints(kind)
        given: Mapping[str, Any] = getattr(kind, "_field_defaults", {})
        return {name: (hints.get(name, Any), given.get(name, MISSING)) for name in kind._fields}
    return None


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


def is_pydantic_field(value: Any) -> bool:
    """Returns whether a default is pydantic's `Field(...)`."""
    return type(value).__name__ == "FieldInfo" and type(value).__module__ == "pydantic.fields"


def read_pydantic(kind: Any) -> tuple[dict[str, Any], Decode]:
    """Returns the schema and the decoder of a type that pydantic decodes."""
    if hasattr(kind, "model_json_schema"):
        return _reading(kind.model_json_schema(), kind.model_validate)
    adapter = sys.modules["pydantic"].TypeAdapter(kind)  # a program with such a type has imported pydantic
    return _reading(adapter.json_schema(), adapter.validate_python)


def read_msgspec(kind: Any) -> tuple[dict[str, Any], Decode] | None:
    """Returns the schema and the decoder of a msgspec Struct; None for another type."""
    if not hasattr(kind, "__struct_fields__"):
        return None
    msgspec = sys.modules["msgspec"]  # a program with a Struct has imported msgspec
    (schema,), defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return _reading(schema | {"$defs": defs}, lambda value: msgspec.convert(value, kind, strict=False))


def making(make: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    """Returns a function that makes an object from its fields and raises Misfit for any exception of the class's own checks."""
    return _calling(lambda fields: make(**fields))


def _reading(schema: dict[str, Any], function: Callable[[Any], Any]) -> tuple[dict[str, Any], Decode]:
    """Returns the schema, and a decoder that mends a value before the package decodes it."""
    whole = dict(schema)
    return schema, _calling(lambda value: function(fit(value, whole)[0]))


def _calling(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decode(value: Any) -> Any:
        try:
            return function(value)
        except Misfit:
            raise
        except Exception as error:
            raise Misfit(_words_of(error)) from error

    return decode


def _words_of(error: Exception) -> str:
    """Returns the text of an error for the model; of pydantic's, each problem with its path, without links."""
    errors = getattr(error, "errors", None)
    if callable(errors) and isinstance(error, ValueError):
        found = [(".".join(map(str, problem.get("loc", ()))), str(problem.get("msg", ""))) for problem in errors()]
        return "; ".join(f"{where}: {said}" if where else said for where, said in found)
    if isinstance(error, ValueError | AssertionError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"
