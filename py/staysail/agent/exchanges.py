"""Places at which a history may be cut: never between a tool call and its result."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.messages import Message, ToolOutput


def starts_of_exchanges(messages: Sequence[Message]) -> list[int]:
    """Returns the indexes of user messages that begin an exchange. Every provider accepts a history that begins at one."""
    return [at for at, message in enumerate(messages) if message.role == "user" and (at == 0 or messages[at - 1].role != "user")]


def starts_of_rounds(messages: Sequence[Message], first: int) -> list[int]:
    """Returns the indexes from `first` on at which a round begins: an answer with the results of its calls, or a single message."""
    return [at for at in range(first, len(messages)) if messages[at].role != "tool"]


def cut_back(messages: Sequence[Message], at: int) -> int:
    """Returns the nearest index at or before `at` at which a history may end."""
    at = max(0, min(at, len(messages)))
    while 0 < at < len(messages) and messages[at].role == "tool":
        at -= 1
    return at


def unpaired(messages: Sequence[Message]) -> list[str]:
    """Returns the ids that a provider would refuse: of calls without a result right after them, and of results without a call."""
    alone: list[str] = []
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            for part in message.content:
                if isinstance(part, ToolOutput):
                    if part.id in waiting:
                        waiting.remove(part.id)
                    else:
                        alone.append(part.id)
        else:
            alone += waiting
            waiting = [call.id for call in message.tool_calls]
    return alone + waiting
