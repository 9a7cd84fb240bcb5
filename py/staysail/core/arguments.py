"""Reads the arguments of tool calls out of text that a model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import JsonError
from .json_text import read_json, write_json
from .whole_text import whole


def parse_arguments(text: str) -> dict[str, Any] | str:
    """Returns the arguments of a call: the object, also where its JSON stands in a JSON string; {} for nothing or null; else the text
    unchanged. NaN and Infinity become null, and halves of characters are joined."""
    if not text.strip() or text.strip() == "null":
        return {}
    try:
        value = read_json(text, nonfinite="null")
        value = read_json(value, nonfinite="null") if isinstance(value, str) else value
    except JsonError:
        return text
    return whole(value) if isinstance(value, dict) else text


def parse_calls(arguments: Any) -> list[dict[str, Any] | str]:
    """Returns the arguments of each call in a field that should hold those of one call: an object, or text as in `parse_arguments`. Some
    servers write the arguments of parallel calls one after the other, `{"a": 1}{"a": 2}`. An empty object before others, and an object
    that repeats the one before it, is no call."""
    if isinstance(arguments, Mapping):
        return [whole(arguments)]
    if not isinstance(arguments, str):
        return [write_json(arguments, nonfinite="null")] if arguments else [{}]
    first = parse_arguments(arguments)
    pieces = [] if isinstance(first, dict) else _split_objects(arguments)
    found: list[dict[str, Any] | str] = []
    for piece in pieces:
        value = parse_arguments(piece)
        if isinstance(value, str):
            return [first]
        if found and not found[-1]:
            found.pop()
        if not found or found[-1] != value:
            found.append(value)
    return found or [first]


MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)


def _split_objects(text: str) -> list[str]:
    """Returns the texts of objects that stand one after the other; each reaches up to the next."""
    starts: list[int] = []
    depth = 0
    for mark in MARK.finditer(text):
        if mark[0] == "{":
            if depth == 0:
                starts.append(mark.start())
            depth += 1
        elif mark[0] == "}":
            depth -= 1
    if len(starts) < 2 or text[: starts[0]].strip():
        return []
    return [text[start:end].strip(" \r\n\t,") for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
