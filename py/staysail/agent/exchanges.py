"""Where a history may be cut: never between a tool call and its result."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.messages import Message, ToolOutput


def starts_of_exchanges(messages: Sequence[Message]) -> list[int]:
    """Where the user begins to speak: what follows can stand without what went before, with every provider."""
    return [at for at, message in enumerate(messages) if message.role == "user" and (at == 0 or messages[at - 1].role != "user")]


def starts_of_rounds(messages: Sequence[Message], first: int) -> list[int]:
    """From `first` on, where something begins that stands alone: an answer with the results of its calls, or a message."""
    return [at for at in range(first, len(messages)) if messages[at].role != "tool"]


def cut_back(messages: Sequence[Message], at: int) -> int:
    """The nearest place at or before `at` where a history may end."""
    at = max(0, min(at, len(messages)))
    while 0 < at < len(messages) and messages[at].role == "tool":
        at -= 1
    return at


def unpaired(messages: Sequence[Message]) -> list[str]:
    """What a provider would refuse: ids of calls without a result right after them, and of results without their call."""
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
