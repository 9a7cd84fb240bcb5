"""Events of an agent's run, beside those of its model in `core.events`."""

from __future__ import annotations

from ..core.events import Event
from ..core.generics import Output
from ..core.messages import Message
from .reply import Reply


class RunStarted(Event):
    """The first event of a durable run, also of a resumed one.

    Attributes:
        run_id: The id to resume the run by.
        messages: The history and the prompt.
    """

    run_id: str
    messages: tuple[Message, ...]


class ReplayDone(Event):
    """The earlier events of a resumed durable run end here. The events after it are new."""


class NestedEvent(Event):
    """An event of an agent that serves as a tool.

    Attributes:
        call_id: The id of the tool call.
        agent: The name of the tool.
        event: The event of that agent's run.
    """

    call_id: str
    agent: str
    event: Event


class HandedOver(Event):
    """The conversation was handed to another agent. agent: the name of that agent."""

    agent: str


class RunDone(Event[Output]):
    """The last event of a run, with its Reply. `RunDone[Invoice]` holds a `Reply[Invoice]`."""

    reply: Reply[Output]


type RunEvent[T] = Event[T] | RunDone[T]
"""An event of a run whose output is a T. mypy infers the output's type of RunDone from it, pyright from `Event[T]` alone."""
