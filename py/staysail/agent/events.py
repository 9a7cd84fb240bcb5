"""Events of an agent's run, beside those of its model in `core.events`."""

from __future__ import annotations

from ..core.events import Event
from ..core.messages import Message


class RunStarted(Event):
    """The first event of a durable run, also when it is resumed. messages: history and prompt."""

    run_id: str
    messages: tuple[Message, ...]


class NestedEvent(Event):
    """An event of the run of an agent that serves as a tool. call_id: the tool call's id. agent: the tool's name. event: of that run."""

    call_id: str
    agent: str
    event: Event


class HandedOver(Event):
    """Another agent goes on with the conversation from here. agent: its name."""

    agent: str
