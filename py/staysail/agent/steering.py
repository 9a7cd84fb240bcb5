"""Messages for a run that is under way: the model reads them at its next step, or after its answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from ..core.errors import ConfigError
from ..core.events import Event
from ..core.messages import Content, Message
from ..core.value import Value

type When = Literal["next_step", "after"]
WHENS: tuple[str, ...] = get_args(When.__value__)


class QueuedMessage(Value):
    """A message that waits for its place in a run.

    Attributes:
        id: Names the message. A run takes each id once.
        message: The user message.
        when: "next_step": the message goes into the next model call. "after": the message is the next prompt once the model has
            answered.
    """

    id: str
    message: Message
    when: When

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "message": self.message.to_dict(), "when": self.when}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> QueuedMessage:
        return cls(data["id"], Message.from_dict(data["message"]), data["when"])


class MessageQueued(Event):
    """A message was sent to the run while it was under way, and waits. The attributes are those of QueuedMessage."""

    id: str
    message: Message
    when: When


class MessageDelivered(Event):
    """A message that waited is now part of the run; the next model call has it."""

    id: str
    message: Message
    when: When


class Steering:
    """Sends messages to a run that is under way.

        steering = Steering()
        async for event in agent.stream("Compare the three offers.", steering=steering):
            ...                                     # meanwhile, elsewhere:
        steering.send("Leave out the second one.")  # the model reads it before its next step

    A Steering serves one run at a time. Messages that were sent before a run begins, or that a run ended without, wait for the next run.
    """

    def __init__(self) -> None:
        self._pending: dict[str, QueuedMessage] = {}
        self._take: Callable[[QueuedMessage], object] | None = None
        self._drop: Callable[[str], object] = lambda _: None

    @property
    def pending(self) -> tuple[QueuedMessage, ...]:
        """The messages that no run has delivered yet, in the order in which they were sent."""
        return tuple(self._pending.values())

    def send(self, content: Content | Message, *, when: When = "next_step", id: str = "") -> str:
        """Sends a message to the run. Returns the message's id.

        Args:
            content: The user's message: text, parts or a Message.
            when: "next_step": the model reads the message in its next call, also where its answer was complete. "after": the model
                reads the message once it has answered; the run then goes on with another answer, and counts `max_turns` anew.
            id: The message's id; a new one, if left out.

        Raises:
            ConfigError: The message is empty, or `when` is unknown.
        """
        if when not in WHENS:
            raise ConfigError(f"when is {' or '.join(map(repr, WHENS))}, not {when!r}")
        message = content if isinstance(content, Message) else Message.user(content)
        if not message.content or not any(part.type != "text" or part.text.strip() for part in message.content):  # type: ignore[attr-defined]
            raise ConfigError("a message to a run cannot be empty")
        queued = QueuedMessage(id or os.urandom(8).hex(), message, when)
        self._pending[queued.id] = queued
        if self._take:
            self._take(queued)
        return queued.id

    def withdraw(self, id: str) -> bool:
        """Takes a message back, unless it is part of a run already. Returns whether it was pending."""
        self._drop(id)
        return self._pending.pop(id, None) is not None

    def attach(self, take: Callable[[QueuedMessage], object], drop: Callable[[str], object]) -> Callable[[], None]:
        """Passes the pending messages and each later one to `take`, and the ids of withdrawn ones to `drop`. Returns a function that ends
        it. Raises ConfigError where another run is attached."""
        if self._take:
            raise ConfigError("this Steering serves a run already; give each run its own")
        self._take, self._drop = take, drop
        for queued in self.pending:
            take(queued)

        def leave() -> None:
            self._take, self._drop = None, lambda _: None

        return leave

    def deliver(self, id: str) -> None:
        """Marks a message as part of a run."""
        self._pending.pop(id, None)
