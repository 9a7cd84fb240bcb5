"""Classes that are bundles of fields: dataclasses, TypedDict, NamedTuple, and pydantic's and msgspec's, which read themselves."""

from __future__ import annotations

import dataclasses
import sys
import typing
from typing import Any

from .errors import ConfigError
from .scalars import Decode, Misfit


def read_fields(kind: Any) -> dict[str, tuple[Any, Any]] | None:
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


def read_pydantic(kind: Any) -> tuple[dict[str, Any], Decode] | None:
    if not (hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate")):
        return None

    def decode(value: Any) -> Any:
        try:
            return kind.model_validate(value)
        except ValueError as error:
            raise Misfit(str(error)) from error

    return kind.model_json_schema(), decode


def read_msgspec(kind: Any) -> tuple[dict[str, Any], Decode] | None:
    if not hasattr(kind, "__struct_fields__"):
        return None
    msgspec = sys.modules["msgspec"]  # whoever made a Struct has imported it

    def decode(value: Any) -> Any:
        try:
            return msgspec.convert(value, kind, strict=False)
        except ValueError as error:
            raise Misfit(str(error)) from error

    (schema,), defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return schema | {"$defs": defs}, decode
