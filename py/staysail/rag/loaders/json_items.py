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
from ..request import LoadRequest

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
COMMENT = ("#", "//")
TEXTS = ("text", "content")
OWN = ("source", "row", "line", "pointer", "start", "end")
LONGEST_PATH = 200
JSON5 = re.compile(r"""//|/\*|,\s*[\]}]|[{,]\s*(?:'|[A-Za-z_$][\w$]*\s*:)|[\[:,]\s*(?:'|\+|\.\d|0x)""")

type Item = tuple[Any, int, int, dict[str, Any]]  # a value, where it starts and ends, and its metadata


def load(data: bytes, request: LoadRequest) -> Iterator[Document]:
    """Yields a Document for each item or line that has text. Raises LoaderError for a text that is no JSON."""
    decoded = decode_text(data, request)
    text, about = decoded.text, decoded.describe() | {"source": request.name}
    items = _lines(text, request) if _is_lines(text) else _items(text, request)
    for number, (value, start, end, place) in enumerate(items):
        body, fields = _read(value)
        if body.strip():
            yield Document(f"{request.name}#{number}", body, fields | about | place | {"start": start, "end": end})


def _is_lines(text: str) -> bool:
    """Returns whether the first line that is no comment is a whole value, and there are more."""
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end].strip()
        at = end
        if line and not line.startswith(COMMENT):
            return not BLANK.fullmatch(text, at) and _is_json(line)
    return False


def _is_json(text: str) -> bool:
    try:
        read_json(text, nonfinite="null")
    except JsonError:
        return False
    return True


def _lines(text: str, request: LoadRequest) -> Iterator[Item]:
    at = 0
    found = False
    first_error: JsonError | None = None
    for number, line in enumerate(text.split("\n"), 1):
        body = line.strip().removeprefix("\ufeff")
        if body.startswith(COMMENT):
            request.notes.count("comments left out")
        elif body:
            start = at + line.index(body)
            try:
                value = read_json(body, what=f"line {number}", nonfinite="null")
            except JsonError as error:
                first_error = first_error or error
                request.notes.count("lines left out that are no JSON", example=str(error))
            else:
                found = True
                yield value, start, start + len(body), {"line": number}
        at += len(line) + 1
    if first_error and not found:
        raise LoaderError(f"{request.name} is no JSON: {first_error}", file=request.name) from first_error


def _items(text: str, request: LoadRequest) -> Iterator[Item]:
    begin = _skip(text, 0)
    try:
        # The whole of it, before any part is handed on.
        value = read_json(text, nonfinite="null")
        if not isinstance(value, list):
            yield value, begin, len(text.rstrip(" \t\r\n")), {}
            return
        at = _skip(text, begin + 1)
        for number, item in enumerate(value):
            end = read_json_at(text, at, nonfinite="null")[1]
            yield item, at, end, {"pointer": f"/{number}"}
            at = _skip(text, end)
            at = _skip(text, at + 1) if text.startswith(",", at) else at
    except JsonError as error:
        hint = (
            "; comments, single quotes, names without quotes and trailing commas are JSON5, not JSON" if JSON5.search(text[:20_000]) else ""
        )
        raise LoaderError(f"{request.name} is no JSON: {error}{hint}", file=request.name) from error


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _read(value: Any) -> tuple[str, dict[str, Any]]:
    """The text of an item, and the fields that are its metadata."""
    if isinstance(value, str):
        return value, {}
    name = next((name for name in TEXTS if isinstance(value, Mapping) and isinstance(value.get(name), str)), None)
    if name is None:
        return "\n".join(_flatten(value)), {}
    rest = {key: item for key, item in value.items() if key != name and key not in OWN}
    given = rest.pop("metadata", None)
    plain = {key: item for key, item in rest.items() if isinstance(item, str | int | float | bool)}
    return value[name], plain | (dict(given) if isinstance(given, Mapping) else {})


def _flatten(root: Any) -> Iterator[str]:
    """Lines of `path: value` for everything in a value."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > LONGEST_PATH:
            path = "…" + path[-LONGEST_PATH:]
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}" if path else str(key), item) for key, item in reversed(list(value.items()))]
        elif isinstance(value, list):
            waiting += [(f"{path}[{at}]", value[at]) for at in range(len(value) - 1, -1, -1)]
        elif value is not None:
            text = value if isinstance(value, str) else json.dumps(value)
            yield f"{path}: {text}" if path else text
