"""JSON from outside, read within limits, and JSON that goes out, which every other reader accepts.

Every text that somebody else wrote passes through `read_json`: a model's arguments, answers, error bodies, events of a stream, tools'
results, files. `tests/test_architecture.py` holds that no other module parses such text.

How `read_json` works. Parsing nested arrays recurses on the machine's stack, which a browser ends at some thousand levels, and the whole
interpreter with it (8 kB of "[" are enough). So the depth is known before the parser runs, from passes that C code makes over the text:
a text with few brackets cannot nest deeply, and of any other text all but brackets and quotes is deleted, then what stands in quotes.
As JavaScript's `JSON.parse` does, the last of equal keys wins, and lone surrogates stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import accumulate
from math import isfinite
from typing import Any

from .errors import JsonError, StaysailError

MAX_DEPTH = 100
"""Levels of arrays and objects. In Pyodide (Node 20, Chromium) the hungriest walk over a value, a generator within `max` at each level,
survives 200 and not 400."""
MESSAGE_DEPTH = 150
"""Levels of a message between JavaScript and Python, which wraps such values."""
RECORD_DEPTH = 200
"""Levels of a record of ours, which holds what such messages brought."""
MAX_BYTES = 64 * 1024 * 1024
SHORT = 4096
"""Texts up to this length are parsed with a check of each float, longer ones searched for large exponents first, which costs less."""
MOST_DIGITS = 308
"""The most digits of an integer that a float holds; Python itself refuses to read 4,301."""

STRUCTURE = b'[]{}"'
NOT_STRUCTURE = bytes(set(range(256)) - set(STRUCTURE))
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
DIGITS_AS_ZERO = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
LONG_NUMBER = b"0" * (MOST_DIGITS + 1)
LARGE_EXPONENT = re.compile(r"[eE]\+?[0-9]{3}")


def read_json(
    text: str | bytes | bytearray | memoryview,
    *,
    what: str = "the text",
    error: Callable[..., StaysailError] = JsonError,
    nonfinite: str = "refuse",
    strict: bool = True,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
) -> Any:
    """Returns the value of a JSON text.

    Args:
        text: Bytes are UTF-8; bytes that are none become U+FFFD. A byte order mark is skipped.
        what: Names the text in the error: "the arguments of weather".
        error: Class of the error, called with the message and `code`: "bad_json", "too_deep" or "too_large".
        nonfinite: "refuse" or "null": for NaN, Infinity, -Infinity, and numbers that no float holds, such as 1e999 or 400 digits.
        strict: False accepts line ends and other control characters within strings.
        max_bytes: Most bytes of the text, for text most characters.
        max_depth: Most levels of arrays and objects.

    Raises:
        JsonError, or `error`: Says where the text stops being JSON. JsonError is also a ValueError.
    """
    if len(text) > max_bytes:
        raise error(f"{what} cannot be read: {len(text):,} bytes, and the limit is {max_bytes:,}", code="too_large")
    if not isinstance(text, str):
        text = bytes(text).decode("utf-8", "replace")
    text = text.removeprefix("\ufeff")
    length = len(text)
    if length > max_depth and text.count("[") + text.count("{") > max_depth and _is_deep(text, max_depth):
        raise error(f"{what} cannot be read as JSON: nested deeper than {max_depth} levels", code="too_deep")
    long_numbers = length > MOST_DIGITS and LONG_NUMBER in _encoded(text).translate(DIGITS_AS_ZERO)
    large_floats = long_numbers or length <= SHORT or bool(LARGE_EXPONENT.search(text))
    try:
        return _decoder(nonfinite == "null", strict, large_floats, long_numbers).decode(text)
    except json.JSONDecodeError as failure:
        why = f"{failure.msg} at character {failure.pos:,}"
    except _Refused as failure:
        why = f"it holds {failure}, which is not a number there"
    # Raised here and not above: as its context it would keep JSONDecodeError, which keeps the whole text.
    raise error(f"{what} cannot be read as JSON: {why}", code="bad_json")


def read_json_at(text: str, start: int, *, nonfinite: str = "refuse") -> tuple[Any, int]:
    """Returns the value that begins at `start`, and where it ends. Only for a text that `read_json` accepted as a whole, with the same
    `nonfinite`."""
    is_mended = nonfinite == "null"
    value, end = _decoder(is_mended, True, is_mended, is_mended).raw_decode(text, start)
    return value, end


def write_json(
    value: Any,
    *,
    what: str = "the value",
    error: Callable[..., StaysailError] = JsonError,
    default: Callable[[Any], Any] | None = None,
    nonfinite: str = "refuse",
    ascii: bool = False,
    compact: bool = True,
) -> str:
    """Returns `value` as JSON text that every other reader accepts: without NaN and Infinity.

    Args:
        value: Plain data; `default` is called for anything else and returns plain data.
        nonfinite: "refuse" or "null": for NaN and the infinities, at any depth.
        ascii: Escapes all but ASCII, also lone surrogates, which no UTF-8 has.
        compact: False puts a space behind commas and colons, for text that models and people read.

    Raises:
        JsonError, or `error`: For a value that JSON cannot hold, or that contains itself.
    """
    encode = _encoder(default, ascii, compact)
    try:
        try:
            return encode(value)
        except ValueError as failure:
            if nonfinite != "null" or "Out of range" not in str(failure):
                raise
            return encode(_with_nulls(value))
    except (ValueError, TypeError, RecursionError) as failure:
        raise error(f"{what} cannot be written as JSON: {failure}", code="bad_json") from failure


def json_bytes(value: Any, **options: Any) -> bytes:
    """Returns `write_json(value, **options)` in UTF-8. Where a string holds a lone surrogate, which UTF-8 cannot, all but ASCII is escaped,
    and `read_json` gives the same value back."""
    try:
        return write_json(value, **options).encode()
    except UnicodeEncodeError:
        return write_json(value, ascii=True, **options).encode()


def _is_deep(text: str, max_depth: int) -> bool:
    """Returns whether a JSON text nests deeper than `max_depth`; in a text that is not JSON, whether the part before the fault does."""
    data = _encoded(text)
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")  # every quote that is left begins or ends a string
    marks = data.translate(None, NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in marks:
        marks = b"".join(marks.split(b'"')[::2])
    # Broad texts are the usual ones: without their innermost brackets, which hold two levels a round at most, little is left of them.
    rounds, broad = 4, marks
    for _ in range(rounds):
        broad = broad.replace(b"[]", b"").replace(b"{}", b"")
    if broad.count(b"[") + broad.count(b"{") + 2 * rounds <= max_depth:
        return False
    return max(accumulate(map(STEPS.__getitem__, marks)), default=0) > max_depth


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Refused(ValueError):
    """A number that no float holds."""


@lru_cache(maxsize=16)
def _decoder(nulls: bool, strict: bool, large_floats: bool, long_numbers: bool) -> json.JSONDecoder:
    """A decoder whose hooks, which cost a call for each number, are set only where they are needed."""

    def constant(name: str) -> Any:
        if nulls:
            return None
        raise _Refused(name)

    def number(text: str, kind: Callable[[str], float]) -> Any:
        if (kind is float or len(text.lstrip("-")) <= MOST_DIGITS) and isfinite(value := kind(text)):
            return value
        return constant(text if len(text) < 20 else f"a number of {len(text):,} characters")

    return json.JSONDecoder(
        strict=strict,
        parse_constant=constant,
        parse_float=(lambda text: number(text, float)) if large_floats else None,
        parse_int=(lambda text: number(text, int)) if long_numbers else None,
    )


@lru_cache(maxsize=32)
def _encoder(default: Callable[[Any], Any] | None, ascii: bool, compact: bool) -> Callable[[Any], str]:
    """Made once: `json.dumps` makes an encoder a call."""
    separators = (",", ":") if compact else (", ", ": ")
    return json.JSONEncoder(ensure_ascii=ascii, allow_nan=False, separators=separators, default=default).encode


def _with_nulls(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _with_nulls(item) for key, item in value.items()}
    return [_with_nulls(item) for item in value] if isinstance(value, list | tuple) else value
