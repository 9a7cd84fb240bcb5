"""Approval of tool calls by a person: the request, its possible answers, and the check whether a call needs one."""

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
    """The request to approve one tool call.

    Attributes:
        id: The key of the answer in `approvals`.
        tool: The name of the tool.
        arguments: The arguments of the call.
        uncertain: The run was interrupted during the call, and it is unknown whether the call took effect.
        expires_at: Seconds since 1970, after which the call counts as refused; None: never.
        agent: The name of the agent whose tool it is, where that agent serves as a tool itself; None: the run's own agent.
    """

    id: str
    tool: str
    arguments: Mapping[str, Any]
    uncertain: bool = False
    expires_at: float | None = None
    agent: str | None = None

    @property
    def remaining_s(self) -> float | None:
        """Seconds until `expires_at`; None without a limit."""
        return None if self.expires_at is None else max(0.0, self.expires_at - time.time())

    def to_dict(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in ("id", "tool", "arguments", "uncertain", "expires_at")}
        return fields | {"arguments": dict(self.arguments)} | ({"agent": self.agent} if self.agent else {})


class Approve(Value):
    """Approves the call; an uncertain call is made once more. arguments: replace the model's arguments, and the model reads that they
    changed."""

    arguments: Mapping[str, Any] | None = None


class Refuse(Value):
    """Refuses the call. The model reads `reason` as the call's result."""

    reason: str = ""


class GiveResult(Value):
    """Replaces the call by a result. result: any value that a tool may return."""

    result: Any


type Answer = Approve | Refuse | GiveResult


class ApprovalNeeded(Event):
    """A tool call needs an approval. The run's `approve` answers it; without `approve`, the run pauses once no other step is possible."""

    request: ApprovalRequest


def read_answer(value: Any) -> Answer | None:
    """Returns the answer that `value` stands for: an answer, True, False, {"approve": True, "arguments": …}, {"refuse": reason} or
    {"result": …}. None means no answer yet. Raises ConfigError."""
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
    """Returns the answer as plain JSON, which `read_answer` reads."""
    if isinstance(answer, Approve):
        return {"approve": True, "arguments": None if answer.arguments is None else dict(answer.arguments)}
    if isinstance(answer, Refuse):
        return {"refuse": answer.reason}
    return {"result": {"content": [part.to_dict() for part in read_result(answer.result)]}}


def read_answers(approvals: Mapping[str, Any] | None, pending: Iterable[ApprovalRequest]) -> dict[str, Answer]:
    """Returns the answers by the ids of pending requests. Raises ConfigError for an id that is not pending."""
    known = [request.id for request in pending]
    answers = {}
    for id, value in (approvals or {}).items():
        if id not in known:
            raise ConfigError(f"no tool call {id!r} waits for approval; those that do: {', '.join(known) or 'none'}")
        answer = read_answer(value)
        if answer is not None:
            answers[id] = answer
    return answers


async def needs_approval(call: ToolCall, tool: Tool | None) -> bool:
    """Returns whether the call must be approved. A call that would fail anyway (unknown tool, arguments that do not fit) is not."""
    approval: Any = getattr(tool, "approval", "never")
    if tool is None or approval == "never":
        return False
    try:
        arguments = fit_arguments(call, tool)
    except ToolError:
        return False
    if approval == "always":
        return True
    needed = approval(dict(arguments))
    return bool(await needed if inspect.isawaitable(needed) else needed)
