"""Items of a server's lists, checked one by one: a malformed item is left out, a malformed field is left off, and a warning says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...core.secrets import excerpt
from .eras import mirrored

HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
NO_PARAMETERS: Mapping[str, Any] = {"type": "object", "properties": {}}

KEYS = {"tools": "name", "resources": "uri", "resources/templates": "uriTemplate", "prompts": "name"}
"""The field without which an item is of no use, by the list's path."""

TYPES: Mapping[str, Any] = {
    "name": str,
    "title": str,
    "description": str,
    "mimeType": str,
    "size": (int, float),
    "inputSchema": Mapping,
    "outputSchema": Mapping,
    "annotations": Mapping,
    "execution": Mapping,
    "arguments": list,
    "icons": list,
    "_meta": Mapping,
}

type Warn = Callable[[str], None]


def read_items(path: str, items: list[Any], warn: Warn, *, modern: bool) -> list[dict[str, Any]]:
    """Returns the items that can be used, each with the fields that are of the right type.

    Args:
        path: The list: "tools", "resources", "resources/templates" or "prompts".
        warn: Called with a sentence about each item or field that is left out.
        modern: Whether the server speaks the newer era, in which a tool's schema may demand headers.
    """
    key, noun = KEYS[path], path.partition("/")[0].removesuffix("s")
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        id = item.get(key) if isinstance(item, Mapping) else None
        if not isinstance(id, str) or not id:
            warn(f"a {noun} without {key} is left out")
        elif id in found:
            warn(f"the {noun} {_shown(id)} is listed twice; the second is left out")
        elif problem := _schema_problem(item, modern) if path == "tools" else None:
            warn(f"the {noun} {_shown(id)} is left out: {problem}")
        else:
            found[id] = _read_fields(item, key, f"the {noun} {_shown(id)}", warn)
    return list(found.values())


def _read_fields(item: Mapping[str, Any], key: str, whose: str, warn: Warn) -> dict[str, Any]:
    fields: dict[str, Any] = {key: item[key]}
    for name, value in item.items():
        kind = TYPES.get(name)
        if kind is None or value is None or name == key:
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            warn(f"{name} of {whose} is left off: it is of another type")
        elif name == "annotations":
            fields[name] = {hint: on for hint, on in value.items() if hint not in HINTS or isinstance(on, bool)}
        elif name in ("arguments", "icons"):
            fields[name] = [entry for entry in value if _is_entry(entry, "name" if name == "arguments" else "src")]
        else:
            fields[name] = value
    fields.setdefault("name", item[key])
    return fields


def _schema_problem(tool: Mapping[str, Any], modern: bool) -> str | None:
    """Why a tool's parameters cannot be used; None where they can."""
    schema = tool.get("inputSchema")
    if schema is None:
        return None
    if not isinstance(schema, Mapping):
        return "its inputSchema is no JSON Schema"
    kind = schema.get("type", "object")
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return "its inputSchema is not of an object"
    try:
        if modern:
            mirrored(schema)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def _is_entry(entry: Any, key: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(key), str)


def _shown(id: str) -> str:
    return repr(id if len(id) <= 80 else f"{excerpt(id, 77)}...")
