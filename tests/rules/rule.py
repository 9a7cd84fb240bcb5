"""What every wire's rules are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Refusal(Exception):
    """A request that the provider refuses. param: the field at fault, code: the provider's code where it has one."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None, status: int = 400, kind: str = "") -> None:
        super().__init__(message)
        self.message, self.param, self.code, self.status, self.kind = message, param, code, status, kind


@dataclass(frozen=True)
class Asked:
    """A request, whatever its wire format. tools: name to JSON Schema. forced: a tool's name, or "any". hosted: kinds of hosted tools, as
    the wire names them. ended_by_tool: the last message is a tool's result."""

    text: str = ""
    tools: Mapping[str, Any] = field(default_factory=dict)
    forced: str | None = None
    schema: Mapping[str, Any] | None = None
    hosted: tuple[str, ...] = ()
    ended_by_tool: bool = False
    reasoning: bool = False


@dataclass(frozen=True)
class Said:
    """What the model says. call: (name, arguments)."""

    text: str = ""
    call: tuple[str, dict[str, Any]] | None = None
    hosted: tuple[str, ...] = ()
    reasoning: str = ""


def decide(asked: Asked) -> Said:
    thought = "Let me think." if asked.reasoning else ""
    if "final_answer" in asked.tools and (asked.ended_by_tool or not any(name in asked.text for name in asked.tools)):
        return Said(call=("final_answer", example(asked.tools["final_answer"])), reasoning=thought)
    named = next((name for name in asked.tools if name in asked.text), None) if not asked.ended_by_tool else None
    name = next(iter(asked.tools), None) if asked.forced == "any" and named is None else asked.forced if asked.forced != "any" else named
    name = name or named
    if name:
        return Said(call=(name, example(asked.tools.get(name) or {})), reasoning=thought)
    if asked.schema is not None:
        return Said(json.dumps(example(asked.schema)), hosted=asked.hosted, reasoning=thought)
    return Said("Hello.", hosted=asked.hosted, reasoning=thought)


def example(schema: Any, root: Any = None) -> Any:
    """A value that fits a schema of the usual keywords."""
    root = schema if root is None else root
    if not isinstance(schema, Mapping):
        return None
    if "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].removeprefix("#").strip("/").split("/"):
            target = target[step] if step else target
        return example(target, root)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            options = schema[key]  # the end of a list rather than its next node
            empty = [option for option in options if option == {"type": "null"}] if "$ref" in options[0] else []
            return example([*empty, *options][0], root)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or (kind is None and "properties" in schema):
        wanted = schema.get("required") or ()
        return {name: example(item, root) for name, item in (schema.get("properties") or {}).items() if name in wanted}
    if kind == "array":
        return [example(schema.get("items") or {}, root)] * (schema.get("minItems") or 1)
    return {"string": "x" * max(1, schema.get("minLength", 1)), "integer": schema.get("minimum", 1), "number": 1.5, "boolean": True}.get(
        kind
    )


def unknown(body: Mapping[str, Any], known: Iterable[str]) -> str | None:
    """The first field that is not known."""
    return next((name for name in body if name not in known), None)


def first_match(table: Iterable[tuple[str, Any]], model: str) -> Any:
    """The value of the first prefix that the model's name begins with; a table ends in ("", …)."""
    return next(value for prefix, value in table if model.startswith(prefix))


def sse(*events: Any, named: Callable[[Any], str] | None = None, done: bool = False) -> bytes:
    lines = [(f"event: {named(event)}\n" if named else "") + f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events]
    return "".join([*lines, *(["data: [DONE]\n\n"] if done else [])]).encode()


def halves(text: str) -> list[str]:
    middle = max(1, len(text) // 2)
    return [piece for piece in (text[:middle], text[middle:]) if piece]


def check_name(model: str, length: int, not_found: Refusal, overloaded: Refusal, too_long: Refusal) -> None:
    """The models whose names say what becomes of a request to them."""
    if model.endswith("no-such-model"):
        raise not_found
    if model.endswith("overloaded"):
        raise overloaded
    if model.endswith("tiny-context") and length > 1000:
        raise too_long
