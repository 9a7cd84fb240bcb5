"""Checks of an answer: whether it holds any content, whether its tool calls may run, and its JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.completion import OUTPUT_TOOL, Completion, CompletionRequest, FinishReason
from ..core.errors import JsonError, StreamError
from ..core.json_text import read_json
from ..core.messages import Message, Opaque, Reasoning, Refusal, Text

NOT_RUN: dict[FinishReason, str] = {
    "length": "Your answer was cut off by the token limit before this call was complete. Call the tool again with shorter arguments, or do "
    "the work in smaller steps.",
    "error": "Your answer failed before this call was complete. Call the tool again.",
    "content_filter": "Your answer was stopped by a content filter.",
}
"""The result of a tool call in an answer that was cut off, by the answer's finish reason."""

THOUGHTS = re.compile(r"\A\s*(?:<(think|thinking|thought|reasoning)>.*?</\1>|\[THINK\].*?\[/THINK\]|.*</think>)", re.DOTALL)
FENCE = re.compile(r"```[\w-]*\s*\n(.*?)```", re.DOTALL)


def says_nothing(message: Message) -> bool:
    """Returns whether a message holds only reasoning and blank text: no call, picture or other part."""
    return all(isinstance(part, Reasoning) or (isinstance(part, Text) and not part.text.strip()) for part in message.content)


def expect_answer(completion: Completion, messages: Sequence[Message]) -> Completion:
    """Returns the answer. Raises a retryable StreamError for an answer that ended normally without content. After tool results, an empty
    answer is allowed if the model wrote text before it called the tools.

    Args:
        completion: The answer.
        messages: The messages of its request.
    """
    if completion.finish_reason not in ("stop", "tool_calls", "other") or not says_nothing(completion.message):
        return completion
    last_user = max((at for at, message in enumerate(messages) if message.role == "user"), default=0)
    if messages and messages[-1].role == "tool" and any(message.text.strip() for message in messages[last_user + 1 :]):
        return completion
    thought = "thought, but answered nothing" if completion.reasoning else "answered nothing"
    error = StreamError(
        f"the model {thought} (finish reason: {completion.raw_finish_reason or 'none'})",
        code="empty_answer",
        retryable=True,
        body=completion.raw,
        request_id=completion.request_id,
    )
    error.partial = completion.message if completion.message.content else None
    raise error


def missed_choice(completion: Completion, request: CompletionRequest) -> str | None:
    """Returns a warning for a complete answer without the tool call that its request forces; None for any other. Some servers ignore
    `tool_choice`."""
    forced, parts = request.forced_tool, completion.message.content
    by_caller = forced or (request.tool_choice == "required" and all(tool.name != OUTPUT_TOOL for tool in request.tools))
    if not by_caller or completion.finish_reason not in ("stop", "tool_calls", "other"):
        return None
    called = [call.name for call in completion.tool_calls]
    if (forced in called if forced else called) or any(isinstance(part, Opaque | Refusal) for part in parts):
        return None
    wanted = f"the tool {forced}" if forced else "a tool"
    return f"tool_choice asks for {wanted}, and the model called {' and '.join(called) or 'none'}: its server ignores the option"


def read_answer_json(text: str) -> Any:
    """Returns the JSON of an answer, without reasoning in tags, from a code fence or from between words; the text itself where it holds
    no JSON."""
    body = THOUGHTS.sub("", text, count=1).strip()
    fence = FENCE.search(body)
    starts = [at for at in (body.find("{"), body.find("[")) if at >= 0]
    ends = max(body.rfind("}"), body.rfind("]"))
    between = body[min(starts) : ends + 1] if starts else ""
    for candidate in (body, fence[1] if fence else "", between):
        try:
            return read_json(candidate, nonfinite="null")
        except JsonError:
            continue
    return text
