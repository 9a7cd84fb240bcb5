"""Converts Python values to plain JSON data: typed outputs, and results of tools."""

from __future__ import annotations

import base64
import enum
import sys
from collections.abc import Mapping, Set
from typing import Any

from .durations import write_duration


def as_plain(value: Any) -> Any:
    """Returns the value as JSON data: mappings with text for keys, lists, text, numbers, true, false, null.

    Dataclasses, named tuples, attrs classes, pydantic models and msgspec structs become objects; members of enumerations become their
    values, flags the list of their names; dates, durations, UUIDs, decimals and paths become text; bytes become base64; other values
    become `str(value)`.
    """
    if value is None or isinstance(value, str | bool) or type(value) in (int, float):
        return value
    if isinstance(value, enum.Flag):
        return [member.name for member in value]
    if isinstance(value, enum.Enum):
        return member_value(value)
    if isinstance(value, Mapping):
        return {_key(key): as_plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return as_plain(value._asdict())
    if isinstance(value, list | tuple | Set) or type(value).__name__ == "deque":
        return [as_plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    for method, options in (("model_dump", {"mode": "json"}), ("to_dict", {}), ("isoformat", {}), ("tolist", {})):
        if hasattr(value, method) and not isinstance(value, type):
            return as_plain(getattr(value, method)(**options))
    if hasattr(value, "total_seconds"):
        return write_duration(value)
    if hasattr(value, "__struct_fields__") and not isinstance(value, type):  # by the names and tags of msgspec's own JSON
        return as_plain(sys.modules["msgspec"].to_builtins(value, str_keys=True, enc_hook=as_plain))
    fields = _dataclass_fields(value) or _attrs_fields(value)
    if fields is not None and not isinstance(value, type):
        return {name: as_plain(getattr(value, name)) for name in fields}
    return value if isinstance(value, int | float) else str(value)


def _dataclass_fields(value: Any) -> list[str] | None:
    """Returns the names of a dataclass's fields, without those of ClassVar and InitVar."""
    fields = getattr(value, "__dataclass_fields__", None)
    return fields and [name for name, field in fields.items() if field._field_type.name == "_FIELD"]


def _attrs_fields(value: Any) -> list[str] | None:
    attributes = getattr(value, "__attrs_attrs__", None)
    return None if attributes is None else [attribute.name for attribute in attributes]


def member_value(member: enum.Enum) -> Any:
    """Returns a member's value, or its name if the value is no JSON scalar."""
    value = member.value
    return value if value is None or isinstance(value, str | int | float) else member.name


def _key(key: Any) -> str:
    plain = as_plain(key)
    if plain is None or isinstance(plain, bool):
        return {True: "true", False: "false", None: "null"}[plain]
    return str(plain)
