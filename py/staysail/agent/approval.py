"""Asking a person before a tool is called: the question, the answers, and who is asked."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.errors import ConfigError, ToolError
from ..core.events import Event
from ..core.messages import ToolCall
from ..core.ports import Tool
from ..core.value import Value
from .calls import fit_arguments, read_result


class ApprovalRequest(Value):
    """May `tool` be called with `arguments`? uncertain: the call was begun before the run was cut off, and nobody knows whether it took
    effect. expires_at: seconds since 1970, after which the answer is no; None: never. agent: whose tool it is, where that serves as a tool
    itself; None: the run's own."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    uncertain: bool = False
    expires_at: float | None = None
    agent: str | None = None

    @property
    def remaining_s(self) -> float | None:
        return None if self.expires_at is None else max(0.0, self.expires_at - time.time())

    def to_dict(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("id", "tool", "arguments", "uncertain", "expires_at")}
        return told | {"arguments": dict(self.arguments)} | ({"agent": self.agent} if self.agent else {})


class Approve(Value):
    """Call it; of a call that is uncertain: once more. arguments: instead of the model's, which is told of the change."""

    arguments: Mapping[str, Any] | None = None


class Refuse(Value):
    """The model is told `reason`, and goes on without."""

    reason: str = ""


class GiveResult(Value):
    """Do not call it: this is what it gave, or would give. result: anything that a tool may return."""

    result: Any


type Answer = Approve | Refuse | GiveResult


class ApprovalNeeded(Event):
    """A tool call waits for an answer: from `approve` where the run has that, else the run pauses with it once nothing else can be done."""

    request: ApprovalRequest


def read_answer(value: Any) -> Answer | None:
    """From an answer, True or False, or {"approve": True, "arguments": …}, {"refuse": reason}, {"result": …}; None is no answer yet.
    Raises ConfigError."""
    match value:
        case None | Approve() | Refuse() | GiveResult():
            return value
        case True | {"approve": True}:
            return Approve(value.get("arguments") if isinstance(value, Mapping) else None)
        case False | {"approve": False}:
            return Refuse(value.get("reason") or "" if isinstance(value, Mapping) else "")
        case {"refuse": reason}:
            return Refuse(reason if isinstance(reason, str) else "")
        case {"result": result}:
            return GiveResult(result)
    raise ConfigError("an approval is answered with Approve(), Refuse(reason), GiveResult(result), True or False")


def describe_answer(answer: Answer) -> dict[str, Any]:
    """As plain JSON that `read_answer` reads."""
    if isinstance(answer, Approve):
        return {"approve": True, "arguments": None if answer.arguments is None else dict(answer.arguments)}
    if isinstance(answer, Refuse):
        return {"refuse": answer.reason}
    return {"result": {"content": [part.to_dict() for part in read_result(answer.result)]}}


def read_answers(given: Mapping[str, Any] | None, pending: Iterable[ApprovalRequest]) -> dict[str, Answer]:
    """By the ids of requests that are pending. Raises ConfigError for another id."""
    known = [request.id for request in pending]
    answers = {}
    for id, value in (given or {}).items():
        if id not in known:
            raise ConfigError(f"no tool call {id!r} waits for approval; those that do: {', '.join(known) or 'none'}")
        answer = read_answer(value)
        if answer is not None:
            answers[id] = answer
    return answers


async def needs_approval(call: ToolCall, tool: Tool | None) -> bool:
    """What cannot be called anyway need not be asked about."""
    approval: Any = getattr(tool, "approval", "never")
    if tool is None or approval == "never":
        return False
    try:
        arguments = fit_arguments(call, tool)
    except ToolError:
        return False
    if approval == "always":
        return True
    asked = approval(dict(arguments))
    return bool(await asked if inspect.isawaitable(asked) else asked)
