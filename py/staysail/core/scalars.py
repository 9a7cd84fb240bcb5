"""Types whose values are one JSON scalar: their schemas and decoders. Decoders are lenient: models write "5" for 5."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from .durations import read_duration
from .errors import JsonError
from .json_text import read_json
from .validation import check
from .validation.equality import shown

type Decode = Callable[[Any], Any]


class Misfit(Exception):
    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message, self.path = message, path

    def under(self, step: str) -> Misfit:
        return Misfit(self.message, f"{step}.{self.path}" if self.path else step)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def checked(value: Any, schema: Mapping[str, Any]) -> Any:
    problems = check(value, schema)
    if problems:
        raise Misfit("; ".join(problems))
    return value


def calling(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Returns the function, which raises Misfit for any exception of the code that it calls: a class's own checks, pydantic, msgspec."""

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


def from_text(value: Any, opening: str) -> Any:
    """Returns the object or list that a model wrote as JSON text; any other value unchanged."""
    if isinstance(value, str) and value.lstrip().startswith(opening):
        try:
            return read_json(value)
        except JsonError:
            return value
    return value


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Misfit(f"expected a string, got {shown(value)}")


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d{1,300}\s*", value):
        return int(value)
    raise Misfit(f"expected an integer, got {shown(value)}")


def _number(value: Any) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise Misfit(f"expected a number, got {shown(value)}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise Misfit(f"expected true or false, got {shown(value)}")


def _null(value: Any) -> None:
    if value is not None:
        raise Misfit(f"expected null, got {shown(value)}")


def _base64(value: Any) -> bytes:
    try:
        return base64.b64decode(_string(value), validate=True)
    except ValueError as error:
        raise Misfit("expected base64") from error


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


def _timedelta(kind: Any) -> Callable[[str], Any]:
    return lambda text: kind(seconds=read_duration(text))


def _constructor(kind: Any) -> Callable[[str], Any]:
    reader: Callable[[str], Any] = kind
    return reader


def _from_iso(kind: Any) -> Callable[[str], Any]:
    reader: Callable[[str], Any] = kind.fromisoformat
    return reader


# By name, so that none of these modules is imported: (word for the error, JSON Schema's format, maker of the reader).
PARSED: dict[str, tuple[str, str, Callable[[Any], Callable[[str], Any]]]] = {
    "datetime.datetime": ("date-time", "date-time", _from_iso),
    "datetime.date": ("date", "date", _from_iso),
    "datetime.time": ("time", "time", _from_iso),
    "datetime.timedelta": ("duration", "duration", _timedelta),
    "uuid.UUID": ("uuid", "uuid", _constructor),
    "decimal.Decimal": ("decimal", "", _constructor),
    "fractions.Fraction": ("fraction", "", _constructor),
    "ipaddress.IPv4Address": ("IPv4 address", "ipv4", _constructor),
    "ipaddress.IPv6Address": ("IPv6 address", "ipv6", _constructor),
}
FROM_NUMBERS = ("datetime.timedelta", "decimal.Decimal", "fractions.Fraction")


def find_parsed(kind: type) -> tuple[dict[str, Any], Decode] | None:
    """Returns the schema and the decoder of a type that is text in JSON; None for another type."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name in PARSED:
        said, text_format, make = PARSED[name]
        return _parsed(said, text_format, make(kind), numbers=name in FROM_NUMBERS)
    if any(base.__name__ == "PurePath" and base.__module__.startswith("pathlib") for base in kind.__mro__):
        return _parsed("path", "", kind, numbers=False)
    return None


def _parsed(said: str, text_format: str, read: Callable[[str], Any], *, numbers: bool) -> tuple[dict[str, Any], Decode]:
    def decode(value: Any) -> Any:
        try:
            return read(str(value) if numbers and isinstance(value, int | float) and not isinstance(value, bool) else _string(value))
        except (ValueError, ArithmeticError) as error:
            raise Misfit(f"expected {said} text, got {shown(value)}") from error

    return {"type": "string"} | ({"format": text_format} if text_format else {}), decode
