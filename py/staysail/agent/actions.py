"""The actions that a Run returns to its driver."""

from __future__ import annotations

from ..core.messages import Message, ToolCall
from ..core.value import Value
from .approval import ApprovalRequest
from .reply import Reply
from .steering import QueuedMessage


class CallModel(Value):
    """Call the model with these messages.

    Attributes:
        turn: The number of the model call, from 1.
    """

    messages: tuple[Message, ...]
    turn: int


class CallTools(Value):
    """Call these tools."""

    calls: tuple[ToolCall, ...]


class Deliver(Value):
    """Append these messages with `deliver`: their place in the run has come."""

    messages: tuple[QueuedMessage, ...]


class Pause(Value):
    """Wait: no step is possible before one of the requests is answered.

    Attributes:
        requests: The approvals that the run waits for.
        reply: A Reply with the exchange so far.
    """

    requests: tuple[ApprovalRequest, ...]
    reply: Reply


class Finish(Value):
    """The run has ended with this reply."""

    reply: Reply


type Action = CallModel | CallTools | Deliver | Pause | Finish
