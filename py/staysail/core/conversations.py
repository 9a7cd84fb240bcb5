"""Conversations that outlive their runs: what an agent needs of whatever keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from .messages import Message
from .value import Value


class ConversationInfo(Value):
    """messages: how many there are. created_at, updated_at: seconds since 1970. forked_from: the id of another."""

    id: str
    title: str
    created_at: float
    updated_at: float
    messages: int
    forked_from: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).__match_args__}


class Conversation(Value):
    """problems: in words, what of it could not be read; the messages are all that could, and each exchange among them is whole."""

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
    """at: the message's place in the conversation, from 0. excerpt: of its text, around the first word that was found."""

    id: str
    title: str
    at: int
    role: str
    excerpt: str

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).__match_args__}


class ConversationStore(Protocol):
    """Keeps conversations by id. Raises StoreError."""

    async def load(self, id: str) -> Conversation:
        """One that is not there yet is empty."""

    async def append(self, id: str, messages: Iterable[Message]) -> None:
        """All of them or none, in one piece, after what anybody else has appended."""

    async def get_note(self, id: str, name: str) -> Any:
        """What `put_note` kept with the conversation, or None."""

    async def put_note(self, id: str, name: str, value: Any) -> None:
        """value: plain JSON."""
