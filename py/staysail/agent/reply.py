from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.completion import Completion, FinishReason
from ..core.events import ToolResult, plain
from ..core.messages import Message
from ..core.plain_values import as_plain
from ..core.usage import Usage
from ..core.value import Value
from .approval import ApprovalRequest


class Step(Value):
    """One model call and the tools it asked for. sources: documents that were put before it or that its tools found, as {id, score, source,
    span, document}; see `describe_sources`."""

    completion: Completion
    tool_results: tuple[ToolResult, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()

    @property
    def usage(self) -> Usage:
        return self.completion.usage

    def to_dict(self) -> dict[str, Any]:
        return {
            "completion": self.completion.to_dict(),
            "tool_results": plain(self.tool_results),
            "sources": list(self.sources),
        }


class Reply(Value):
    """What a run came to. messages: the whole exchange, history and all, ready to be the next `history`. output: the typed answer, else
    the text.

    pending: tool calls that wait for approval; then the run is paused: there is no text yet, finish_reason is "paused", and `run` is
    the Run to resume. run_id: of a durable run. stop_details: why the model refused, as in Completion."""

    text: str
    output: Any
    messages: tuple[Message, ...]
    usage: Usage
    finish_reason: FinishReason
    steps: tuple[Step, ...] = ()
    pending: tuple[ApprovalRequest, ...] = ()
    run: Any = None
    run_id: str | None = None
    stop_details: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return self.text

    @property
    def request_ids(self) -> tuple[str, ...]:
        return tuple(step.completion.request_id for step in self.steps if step.completion.request_id)

    @property
    def sources(self) -> tuple[Mapping[str, Any], ...]:
        """The sources of every step, each once, in the order in which they were found."""
        return tuple({source["id"]: source for step in reversed(self.steps) for source in reversed(step.sources)}.values())[::-1]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Options that the model did not get, and why; each once."""
        return tuple(dict.fromkeys(warning for step in self.steps for warning in step.completion.warnings))

    @property
    def reasoning(self) -> str:
        return "".join(step.completion.reasoning for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        out = {
            "text": self.text,
            "output": as_plain(self.output),
            "messages": plain(self.messages),
            "usage": self.usage.to_dict(),
            "finish_reason": self.finish_reason,
            "steps": plain(self.steps),
            "request_ids": list(self.request_ids),
            "warnings": list(self.warnings),
        }
        if self.run:
            out |= {"pending": plain(self.pending), "run": self.run.to_dict()}
        out |= {"stop_details": dict(self.stop_details)} if self.stop_details else {}
        return out | ({"run_id": self.run_id} if self.run_id else {})
