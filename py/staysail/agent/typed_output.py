"""Typed answers: what an answer's output is, how it does not fit the output type, and the words with which it goes back to the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..core.completion import OUTPUT_TOOL, Completion
from ..core.errors import OutputError
from ..core.events import ToolResult
from ..core.messages import Refusal, Text, ToolCall
from ..core.validation import fit
from .answers import read_answer_json

CUT_OFF = object()
"""The output of an answer that the token limit cut off."""

type OutputMode = Literal["text", "native", "tool"]


def as_it_is(value: Any) -> Any:
    """Returns the value: plain JSON has no type to decode."""
    return value


def read_written(text: str, schema: Mapping[str, Any], finish_reason: str) -> Any:
    """Returns the JSON value of an answer's text. Returns CUT_OFF for an answer that was cut off, where its part could pass for a whole
    value."""
    value = read_answer_json(text)
    if schema.get("type") == "string" and not isinstance(value, str):
        value = text
    cut = finish_reason == "length" and not isinstance(value, dict | list)
    return CUT_OFF if cut else value


def decode_output(value: Any, schema: Mapping[str, Any], decode: Callable[[Any], Any]) -> tuple[Any, str | None]:
    """Returns the typed output and None; or None and how the value does not fit the schema or the type, in words for the model."""
    if value is CUT_OFF:
        return None, "it was cut off by the token limit, so write less"
    value, problems = fit(value, schema)
    if isinstance(value, str) and schema and schema.get("type") != "string":
        return None, "it is not JSON" if value.strip() else "it is empty"
    if problems and decode is as_it_is:
        return None, "; ".join(problems)
    try:
        return decode(value), None  # a type may read more than its schema says, such as a number for a Decimal
    except OutputError as error:
        return None, "; ".join(problems) or str(error)


def describe_refusal(completion: Completion, *, is_typed: bool) -> str:
    """Returns why the model refused to answer; "" for an answer. is_typed: whether a stop by a content filter is a refusal too."""
    refused = "".join(part.text for part in completion.message.content if isinstance(part, Refusal))
    if is_typed and completion.finish_reason == "content_filter":
        return refused or (completion.stop_details or {}).get("explanation") or completion.text or "a content filter stopped its answer"
    return refused


def find_output_call(completion: Completion) -> ToolCall | None:
    """Returns the call by which an answer gives the typed output."""
    return next((call for call in completion.tool_calls if call.name == OUTPUT_TOOL), None)


def how_to_answer(mode: OutputMode) -> str:
    return f"call the tool {OUTPUT_TOOL}" if mode == "tool" else "answer with JSON alone"


def refuse_result(result: ToolResult, objection: str) -> ToolResult:
    """Returns the result of the output tool's call whose output a check refused."""
    text = f"Refused: {objection.rstrip('.')}. Call {OUTPUT_TOOL} again, corrected."
    return result.replace(content=(Text(text),), is_error=True)
