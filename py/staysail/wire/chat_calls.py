"""Puts the tool calls of a streamed Chat Completions answer together from pieces.

How it works. By the specification a call's first piece has an index, an id and a name, and each later piece has the index and more of
the arguments. Servers leave out any of the three, repeat them, change the id with each piece, cut the name, or write several calls at
one index. A piece belongs to the call at its index, else to the call with its id, else to the last call, unless it must begin another
call:
because the call found has complete arguments, or because the two names make no name of a tool that the request offered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..core.arguments import parse_arguments
from ..core.json_text import write_json
from .shapes import read_index, record, string

type Call = dict[str, Any]


def add_piece(calls: list[Call], piece: Mapping[str, Any], tools: Collection[str]) -> tuple[int, str]:
    """Adds a piece to its call, or as another call. Returns the position of the call and the text that the piece adds to the arguments.

    Args:
        tools: Names of the tools that the request offered; empty where they are not known.
    """
    function = record(piece.get("function")) or piece
    index, id, name = read_index(piece.get("index"), -1), string(piece.get("id")), string(function.get("name"))
    arguments = function.get("arguments")
    more = arguments if isinstance(arguments, str) else "" if arguments is None else write_json(arguments, nonfinite="null")
    position = _find(calls, index, id, name, more, tools)
    if position is None:
        position = len(calls)
        calls.append(
            {
                "index": index if index >= 0 else position,
                "id": id,
                "type": "function",
                "function": {"name": name, "arguments": ""},
            }
        )
    call = calls[position]
    call["id"] = call["id"] or id
    known = call["function"]
    known["name"] = _join_names(known["name"], name, known["arguments"], tools)
    known["arguments"] += more
    return position, more


def _find(calls: list[Call], index: int, id: str, name: str, more: str, tools: Collection[str]) -> int | None:
    """Returns the position of the call that a piece continues; None where it begins another call."""
    at_index = [at for at, call in enumerate(calls) if index >= 0 and call["index"] == index]
    with_id = [at for at, call in enumerate(calls) if id and call["id"] == id]
    if at_index:
        found = at_index[-1]
        return None if _begins_another(calls[found], id, name, more, tools) else found
    if with_id:
        found = with_id[-1]
        return None if name and _is_complete(calls[found]["function"]["arguments"]) else found
    if not calls or id or (name and index >= 0):
        return None
    last = len(calls) - 1  # also where the piece claims another index: vLLM counts one too far
    return None if name and _begins_another(calls[last], id, name, more, tools) else last


def _begins_another(call: Call, id: str, name: str, more: str, tools: Collection[str]) -> bool:
    known, arguments = call["function"]["name"], call["function"]["arguments"]
    if id and call["id"] and id != call["id"]:
        if not name:
            return False
        return _is_complete(arguments) if arguments.strip() else name != known or not more
    if not name or not known or (id and id == call["id"]):
        return False
    if name == known and not _may_begin(known + name, tools):
        return _is_complete(arguments) and more.lstrip().startswith("{")
    if arguments.strip():
        return True
    return bool(tools) and not _may_begin(known + name, tools) and name in tools


def _join_names(known: str, name: str, arguments: str, tools: Collection[str]) -> str:
    """Returns the name of a call after a piece that adds to the name, repeats it, or holds all of it so far."""
    if not known or not name:
        return known or name
    if tools and _may_begin(known + name, tools):
        return known + name
    if name.startswith(known):
        return name
    return known if arguments.strip() or known in tools else known + name


def _may_begin(name: str, tools: Collection[str]) -> bool:
    return any(tool.startswith(name) for tool in tools)


def _is_complete(arguments: str) -> bool:
    return bool(arguments.strip()) and isinstance(parse_arguments(arguments), dict)
