"""JSON and JSON lines: a Document for each item of a list, or each line; else one. An item's `text` or `content`, where it has one, is the
text and its other plain fields are metadata; any other item becomes lines of `path: value`. start, end: where it stands in the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...core.completion import Document
from ...core.errors import JsonError, LoaderError
from ...core.json_text import read_json, read_json_at
from ..decoding import decode_text
from .asked import Asked

EXTENSIONS = ("json", "jsonl", "ndjson", "geojson", "webmanifest")
MEDIA_TYPES = (
    "application/json",
    "application/jsonl",
    "application/x-ndjson",
    "application/x-jsonlines",
    "text/json",
    "application/ld+json",
)
BLANK = re.compile(r"[ \t\r\n]*")
TEXTS = ("text", "content")
OWN = ("source", "row", "line", "pointer", "start", "end")


def load(data: bytes, asked: Asked) -> Iterator[Document]:
    decoded = decode_text(data, asked.name, asked.encoding)
    text, told = decoded.text, decoded.describe() | {"source": asked.name}
    items = _lines(text, asked) if _is_lines(text) else _items(text, asked)
    for number, (value, start, end, where) in enumerate(items):
        body, fields = _read(value)
        if body.strip():
            yield Document(f"{asked.name}#{number}", body, fields | told | where | {"start": start, "end": end})


def _is_lines(text: str) -> bool:
    """Whether the first line is a whole value and there are more."""
    first, _, rest = text.strip().partition("\n")
    if not rest.strip() or first[:1] not in "{[":
        return False
    try:
        read_json(first)
    except JsonError:
        return False
    return True


def _lines(text: str, asked: Asked) -> Iterator[tuple[Any, int, int, dict[str, Any]]]:
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        body = line.strip()
        if body:
            start = at + line.index(body)
            try:
                value = read_json(body, what=f"line {number}")
            except JsonError as error:
                raise LoaderError(f"{asked.name} is no JSON: {error}", file=asked.name) from error
            yield value, start, start + len(body), {"line": number}
        at += len(line) + 1


def _items(text: str, asked: Asked) -> Iterator[tuple[Any, int, int, dict[str, Any]]]:
    begin = _skip(text, 0)
    try:
        if not text.startswith("[", begin):
            yield read_json(text), begin, len(text.rstrip(" \t\r\n")), {}
            return
        read_json(text)  # the whole of it, before any part is handed on
        at, number = _skip(text, begin + 1), 0
        while not text.startswith("]", at):
            value, end = read_json_at(text, at)
            yield value, at, end, {"pointer": f"/{number}"}
            at, number = _skip(text, end), number + 1
            at = _skip(text, at + 1) if text.startswith(",", at) else at
    except ValueError as error:
        raise LoaderError(f"{asked.name} is no JSON: {error}", file=asked.name) from error


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _read(value: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(value, str):
        return value, {}
    name = next((name for name in TEXTS if isinstance(value, Mapping) and isinstance(value.get(name), str)), None)
    if name is None:
        return "\n".join(_flatten(value, "")), {}
    rest = {key: item for key, item in value.items() if key != name and key not in OWN}
    given = rest.pop("metadata", None)
    plain = {key: item for key, item in rest.items() if isinstance(item, str | int | float | bool)}
    return value[name], plain | (dict(given) if isinstance(given, Mapping) else {})


def _flatten(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flatten(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _flatten(item, f"{path}[{at}]")
    elif value is not None:
        text = value if isinstance(value, str) else json.dumps(value)
        yield f"{path}: {text}" if path else text
