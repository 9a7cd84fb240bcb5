"""What an answer is worth: whether it says anything, whether its tool calls may be run, and the JSON that it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.completion import Completion, FinishReason
from ..core.errors import JsonError, StreamError
from ..core.json_text import read_json
from ..core.messages import Message, Reasoning, Text

NOT_RUN: dict[FinishReason, str] = {
    "length": "Your answer was cut off by the token limit before this call was complete. Call the tool again with shorter arguments, or do "
    "the work in smaller steps.",
    "error": "Your answer failed before this call was complete. Call the tool again.",
    "content_filter": "Your answer was stopped by a content filter.",
}
"""What the model is told of a tool call in an answer that did not come to its end, by the reason."""

THOUGHTS = re.compile(r"\A\s*(?:<(think|thinking|thought|reasoning)>.*?</\1>|\[THINK\].*?\[/THINK\]|.*</think>)", re.DOTALL)
FENCE = re.compile(r"```[\w-]*\s*\n(.*?)```", re.DOTALL)


def says_nothing(message: Message) -> bool:
    """Whether a message holds neither text nor a call, a picture or anything else than thinking."""
    return all(isinstance(part, Reasoning) or (isinstance(part, Text) and not part.text.strip()) for part in message.content)


def expect_answer(completion: Completion, messages: Sequence[Message]) -> Completion:
    """Raises StreamError, to be tried again, for an answer that ended well and says nothing. It may say nothing after the results of tools
    if the model said something before it called them: then that was the answer.

    Args:
        messages: What was asked.
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


def read_answer_json(text: str) -> Any:
    """The JSON of an answer: after thinking in tags, out of a code fence, or between words; the text itself where there is none."""
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
