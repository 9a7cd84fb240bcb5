"""Finish reasons, in the words of every provider and of the relays that mix them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.completion import FinishReason
from ..core.errors import StreamError
from .faults import not_understood
from .shapes import string

# Most words mean the same on every wire. The order counts: "incomplete" is not "complete".
PATTERNS: tuple[tuple[FinishReason, str], ...] = (
    ("paused", r"pause|^continuation$"),
    ("content_filter", r"filter|safety|refus|toxic|block|prohibit|recitation|^spii$|armor|sensitive|violat|^language$"),
    ("length", r"length|max_|_max|limit_reached|token_limit|context_window|too_long|truncat|cut_?off"),
    (
        "error",
        r"malformed|unexpected|too_many|missing|error|fail|abort|cancel|timeout|time_out|resource|overload|interrupt|incomplete|^no_",
    ),
    ("tool_calls", r"tool|function|call"),
    ("stop", r"stop|^end|_end$|eos|eot|complete|done|finish_reason_unspecified|success"),
)
COMPILED = tuple((reason, re.compile(pattern)) for reason, pattern in PATTERNS)


def read_finish(reason: Any, *, calls: bool) -> FinishReason:
    """Returns the finish reason of a provider's word.

    Args:
        calls: The answer holds tool calls, which several servers end with "stop" or with no reason.
    """
    word = re.sub(r"[\s-]+", "_", string(reason).strip().lower())
    found: FinishReason = next((known for known, pattern in COMPILED if pattern.search(word)), "other") if word else "stop"
    return "tool_calls" if calls and found == "stop" else found


def no_answer(body: Mapping[str, Any], field: str) -> StreamError:
    """Returns the error of a body whose list of answers is empty or missing."""
    if isinstance(body.get(field), list):
        return StreamError(f"the provider gave no answer: {field} is empty", code="empty_answer", retryable=True, body=dict(body))
    return not_understood(f"an answer without {field}", str(body))
