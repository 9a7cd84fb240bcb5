"""The value of a JSON text that is still growing.

How it works. One pass keeps a stack of the open brackets and the last position at which the text can be closed into a whole value: after a
finished value, inside a string, after an opening bracket. The text behind that position (half a number, half a word, a key without its
value) is left out, and the open strings, lists and objects are closed. No bracket stands behind that position, so the stack at the end
closes the text there too.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import JsonError
from .json_text import MAX_DEPTH, read_json

HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
DELIMITERS = tuple(",]} \t\r\n")
ABSENT = object()


def read_partial(text: str) -> Any:
    """Returns the value so far, or ABSENT where no value has begun, or the text is not JSON or nests too deeply."""
    start = next((at for at, sign in enumerate(text) if sign in "{["), None)
    if start is None or text[:start].strip().removeprefix("```json").removeprefix("```").strip():
        return ABSENT
    closed = _close(text[start:])
    if closed is None:
        return ABSENT
    try:
        return read_json(closed)
    except JsonError:
        return ABSENT


def _close(text: str) -> str | None:
    """Returns the text up to the last position that can be closed, with its closing brackets."""
    stack: list[str] = []
    key = False  # whether the open object's next string is a key
    at, length = 0, len(text)
    safe = 0
    while at < length:
        sign = text[at]
        if sign in "{[":
            stack.append("}" if sign == "{" else "]")
            if len(stack) > MAX_DEPTH:
                return None
            key = sign == "{"
            at += 1
            safe = at
        elif sign in "}]":
            if not stack or stack.pop() != sign:
                return None
            at += 1
            safe, key = at, False
            if not stack:
                return text[:at]
        elif sign == '"':
            end = _string_end(text, at + 1)
            if end is None:
                if key:
                    break
                return _without_half_escape(text) + '"' + "".join(reversed(stack))
            at = end
            if not key:
                safe = at
        elif sign == ",":
            key = bool(stack) and stack[-1] == "}"
            at += 1
        elif sign == ":":
            key = False
            at += 1
        elif sign in " \t\r\n":
            at += 1
        else:
            found = SCALAR.match(text, at)
            # A number is complete once another character follows.
            if not found or (found[0][-1].isdigit() and text[found.end() : found.end() + 1] not in DELIMITERS):
                break
            at = found.end()
            safe = at
    return text[:safe] + "".join(reversed(stack)) if safe else None


def _without_half_escape(text: str) -> str:
    """Returns the text without a trailing backslash that begins an escape."""
    found = HALF_ESCAPE.search(text, len(text) - len("\\uFFF"))
    if not found:
        return text
    whole = text[: found.start()]
    slashes = found.start() - len(whole.rstrip("\\"))
    return text if slashes % 2 else whole


def _string_end(text: str, at: int) -> int | None:
    """Returns the position after the string's closing quote, or None before it arrives."""
    while True:
        end = text.find('"', at)
        if end < 0:
            return None
        slashes = 0
        while text[end - 1 - slashes] == "\\":
            slashes += 1
        if slashes % 2 == 0:
            return end + 1
        at = end + 1
