"""Values out of a closed set: Literal, and members of enumerations."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any

from .plain_values import member_value
from .scalars import Decode, Misfit, from_text
from .validation.equality import shown

NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def read_choices(allowed: tuple[Any, ...], results: tuple[Any, ...]) -> tuple[dict[str, Any], Decode]:
    """Returns the schema of the allowed JSON values, and the decoder that gives the result in the same place."""

    def decode(value: Any) -> Any:
        for option, result in zip(allowed, results, strict=True):
            if value == option and isinstance(value, bool) == isinstance(option, bool):
                return result
        raise Misfit(f"expected one of {', '.join(map(repr, allowed))}, got {shown(value)}")

    found = {NAMES.get(type(option)) for option in allowed}
    named = {"type": found.pop()} if len(found) == 1 and None not in found else {}
    return named | {"enum": list(allowed)}, decode


def read_enum(kind: type[enum.Enum]) -> tuple[dict[str, Any], Decode]:
    """Returns the schema and the decoder of an enumeration; of flags, a list of names."""
    if issubclass(kind, enum.Flag):
        return _read_flags(kind)
    members = tuple(kind)
    schema, decode = read_choices(tuple(map(member_value, members)), members)
    if kind._missing_.__func__ is enum.Enum._missing_.__func__:  # type: ignore[attr-defined]
        return schema, decode

    def decode_or_ask(value: Any) -> Any:
        """Asks the enumeration itself, which finds members for other values."""
        try:
            return decode(value)
        except Misfit:
            with suppress(ValueError, TypeError, KeyError):
                return kind(value)
            raise

    return schema, decode_or_ask


def _read_flags(kind: type[enum.Flag]) -> tuple[dict[str, Any], Decode]:
    members: dict[Any, enum.Flag] = {**{member.value: member for member in kind}, **kind.__members__}

    def decode(value: Any) -> Any:
        value = from_text(value, "[")
        names = value if isinstance(value, list) else [value]
        found = [members[name] for name in names if isinstance(name, str | int) and name in members]
        if len(found) < len(names):
            raise Misfit(f"expected a list of {', '.join(map(repr, kind.__members__))}, got {shown(value)}")
        return reduce(or_, found, kind(0))

    names: Mapping[str, Any] = {"type": "string", "enum": list(kind.__members__)}
    return {"type": "array", "items": names, "uniqueItems": True}, decode
