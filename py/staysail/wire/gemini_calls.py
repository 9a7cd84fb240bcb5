"""Function calls of Gemini whose arguments are streamed in pieces (`streamFunctionCallArguments`).

How it works. The first part of such a call has the name, and each part has `partialArgs`: a JSON path and a value, or a piece of a string
whose `willContinue` is true. The call's own `willContinue` is true until its last part.
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .shapes import record, records, string

STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,4})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")


def continues_call(last: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    """Returns whether a part belongs to the call that the last part left open."""
    return bool(record(last.get("functionCall")).get("willContinue")) and isinstance(part.get("functionCall"), dict)


def begin_call(part: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the part with the arguments of its pieces."""
    return add_to_call({**part, "functionCall": {}}, part)


def add_to_call(target: dict[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the pieces of a part to the call that it continues."""
    known, piece = target["functionCall"], record(part.get("functionCall"))
    args = known.setdefault("args", {})
    args |= record(piece.get("args"))
    open_path = known.pop("openPath", "")
    for value in records(piece.get("partialArgs")):
        path = string(value.get("jsonPath"))
        kind = next((name for name in VALUES if name in value), "")
        given = None if kind in ("", "nullValue") else value[kind]
        _set(args, path, given, append=bool(path) and path == open_path)
        open_path = path if value.get("willContinue") else ""
    target |= {key: item for key, item in part.items() if key != "functionCall"}
    known |= {key: item for key, item in piece.items() if key not in ("args", "partialArgs", "willContinue") and item}
    if piece.get("willContinue"):
        known |= {"willContinue": True, "openPath": open_path}
    else:
        known.pop("willContinue", None)
    return target


def _set(args: dict[str, Any], path: str, value: Any, *, append: bool) -> None:
    steps: list[str | int] = [
        int(index) if index else re.sub(r"\\(.)", r"\1", name or single or double)
        for name, index, single, double in STEP.findall(path.removeprefix("$"))
    ]
    if not steps:
        return
    target: Any = args
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) != isinstance(target, list):
            return  # the path does not fit what came before
        key: Any = step
        if isinstance(target, list):
            target += [None] * (key + 1 - len(target))
        old = target[key] if isinstance(target, list) else target.get(key)
        if following is None:
            target[key] = old + value if append and isinstance(old, str) and isinstance(value, str) else value
        elif not isinstance(old, dict | list):
            target[key] = [] if isinstance(following, int) else {}
        target = target[key]
