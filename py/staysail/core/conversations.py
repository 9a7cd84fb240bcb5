"""Conversations that outlive their runs: their values, and the port of the stores that keep them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from .messages import Message
from .value import Value


class ConversationInfo(Value):
    """A conversation without its messages.

    Attributes:
        created_at, updated_at: Seconds since 1970.
        messages: The number of messages.
        forked_from: The id of the conversation that this one was copied from, or None.
    """

    id: str
    title: str
    created_at: float
    updated_at: float
    messages: int
    forked_from: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).__match_args__}


class Conversation(Value):
    """A conversation with its messages.

    Attributes:
        messages: All messages that could be read; each exchange among them is complete.
        problems: Descriptions of the parts that could not be read.
    """

    info: ConversationInfo
    messages: tuple[Message, ...] = ()
    problems: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.info.to_dict(),
            "messages": [message.to_dict() for message in self.messages],
            "problems": list(self.problems),
        }


class ConversationHit(Value):
    """A message or title that a search found.

    Attributes:
        at: The message's index in the conversation.
        role: The message's role, or "title".
        excerpt: A part of its text, around the first word found.
    """

    id: str
    title: str
    at: int
    role: str
    excerpt: str

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).__match_args__}


class ConversationStore(Protocol):
    """The port of a store of conversations. Raises StoreError."""

    async def load(self, id: str) -> Conversation:
        """Returns a conversation; an unknown id gives an empty one."""

    async def append(self, id: str, messages: Iterable[Message]) -> None:
        """Appends all messages in one piece or none, after all that were appended before."""

    async def get_note(self, id: str, name: str) -> Any:
        """Returns the note that `put_note` stored with the conversation, or None."""

    async def put_note(self, id: str, name: str, value: Any) -> None:
        """Stores a note with the conversation. value: plain JSON."""
