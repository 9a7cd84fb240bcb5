"""Carrying out one tool call. Every failure of a tool becomes its result, which the model reads, and the run continues."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ..core.errors import ToolError
from ..core.events import ToolResult
from ..core.json_text import read_json, write_json
from ..core.log import log
from ..core.messages import Message, Part, Text, ToolCall
from ..core.plain_values import as_plain
from ..core.ports import Clock, Tool
from ..core.secrets import excerpt
from ..core.validation import fit
from ..core.waiting import blocking, timeout


async def call_tool[S](call: ToolCall, known: Mapping[str, Tool], timeout_s: float | None, clock: Clock, aside: type[S]) -> ToolResult | S:
    """Calls a tool and returns its ToolResult.

    Args:
        call: The tool call.
        known: The tools by name.
        timeout_s: Seconds for the call, unless the tool has its own limit.
        clock: Measures the duration.
        aside: The type of a returned value that suspends the call; such a value is returned unchanged.
    """
    started = clock.now()
    sources: tuple[Mapping[str, Any], ...] = ()
    returned: Any = None
    try:
        value = await _call(call, known, timeout_s)
        if isinstance(value, aside):
            return value
        content, sources = read_result(value), read_sources(value)
        returned = read_value(value, content)
        failed = False
    except ToolError as error:
        log.info("the tool %s failed: %s", call.name, error)
        content, failed = (Text(str(error)),), True
    except asyncio.CancelledError:
        if _is_stopping():
            raise
        content, failed = (Text(f"{call.name} was cancelled"),), True
    except Exception as error:  # noqa: BLE001  a user's tool may raise anything
        log.warning("the tool %s raised %s", call.name, type(error).__name__, exc_info=error)
        content, failed = (Text(f"{type(error).__name__}: {error}"),), True
    return ToolResult(call.id, call.name, content, failed, clock.now() - started, sources, value=returned)


def _is_stopping() -> bool:
    """Returns whether a cancellation is meant for this task, and not for work that the tool awaited."""
    task = None if blocking.get() else asyncio.current_task()
    return task is None or task.cancelling() > 0


async def _call(call: ToolCall, known: Mapping[str, Tool], timeout_s: float | None) -> Any:
    tool = known.get(call.name)
    if tool is None:
        raise ToolError(f"there is no tool {call.name!r}; the tools are: {', '.join(known) or 'none'}")
    arguments = fit_arguments(call, tool)
    limit_s = getattr(tool, "timeout_s", None) or timeout_s
    try:
        async with timeout(limit_s):
            return await tool.call(arguments)
    except TimeoutError as error:
        if limit_s is None:
            raise
        raise ToolError(f"{call.name} did not answer within {limit_s:g} s") from error


def fit_arguments(call: ToolCall, tool: Tool) -> dict[str, Any]:
    """Returns the call's arguments as the tool's schema requires. Raises ToolError, whose message lets the model correct them."""
    if isinstance(call.arguments, str):
        raise ToolError(f"the arguments are not a JSON object: {excerpt(call.arguments, 200)}")
    check_arguments = getattr(tool, "check_arguments", None)
    arguments, problems = fit(call.arguments, tool.parameters)
    if check_arguments:  # a function's tool reads its arguments itself, by their types
        check_arguments(arguments)
    elif problems:
        raise ToolError(f"bad arguments for {call.name}: {'; '.join(problems)}")
    fitted: dict[str, Any] = arguments
    return fitted


def read_result(value: Any) -> tuple[Part, ...]:
    """Returns a tool's result as parts: text and parts unchanged, any other value as JSON."""
    if value is None:
        return (Text("null"),)
    if isinstance(value, str):
        return (Text(value),)
    if isinstance(value, Part):
        return (value,)
    if isinstance(value, list | tuple) and value and all(isinstance(item, Part) for item in value):
        return tuple(value)
    if isinstance(value, Mapping) and isinstance(value.get("content"), list) and _are_parts(value["content"]):
        return Message.from_dict({"role": "user", "content": value["content"]}).content
    return (Text(write_json(value, what="the result", default=as_plain, nonfinite="null", compact=False)),)


def read_value(value: Any, content: tuple[Part, ...]) -> Any:
    """Returns the JSON value that became the text of `content`, or that stands beside the parts (MCP's structured content); None where the
    tool returned text or parts alone."""
    if isinstance(value, list) and (beside := getattr(value, "structured", None)) is not None:
        return beside
    if isinstance(value, str | Part) or len(content) != 1 or not isinstance(content[0], Text):
        return None
    if isinstance(value, list | tuple) and value and all(isinstance(item, Part) for item in value):
        return None
    if isinstance(value, Mapping) and isinstance(value.get("content"), list) and _are_parts(value["content"]):
        return None
    return read_json(content[0].text)


def read_sources(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Returns the documents that a tool's result rests on: the field `sources` beside the parts in `content`."""
    if not (isinstance(value, Mapping) and isinstance(value.get("content"), list) and isinstance(value.get("sources"), list)):
        return ()
    return tuple(source for source in value["sources"] if isinstance(source, Mapping) and "id" in source)


def _are_parts(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) and item.get("type") in ("text", "image", "file", "audio") for item in items)
