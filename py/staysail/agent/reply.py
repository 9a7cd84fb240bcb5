from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.completion import Completion, FinishReason
from ..core.events import ToolResult, plain
from ..core.generics import Output, WithOutput
from ..core.messages import Message
from ..core.plain_values import as_plain
from ..core.shown import Note, Showable, ShownPart
from ..core.usage import Usage
from ..core.value import Value
from .approval import ApprovalRequest
from .showing import show_answer, show_call, show_json, show_usage


class Step(Value):
    """One model call with the results of the tools that it called.

    Attributes:
        completion: The model's answer.
        tool_results: One ToolResult for each tool call of the answer.
        sources: Documents that the request or its tools contained, each {id, score, source, span, document}; see `describe_sources`.
    """

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


class Reply(WithOutput[Output], Showable):
    """The result of a run. `Reply[Invoice]` has an Invoice as its `output`.

    Attributes:
        text: The text of the final answer.
        output: The typed answer where the run has an `output_type`, else the text.
        messages: The whole exchange with its history; pass it as the `history` of the next prompt.
        usage: Tokens of all model calls of the run, including calls of agents that served as tools.
        finish_reason: Why the last answer ended; "paused" for a run that waits for approvals.
        steps: The model calls with their tool results, in order.
        pending: ApprovalRequests of the tool calls that wait. While there are any, the run is paused and `text` is empty.
        run: The Run to resume, where it is paused.
        run_id: The id of a durable run.
        stop_details: Why the model refused, as in Completion.
    """

    text: str
    output: Output
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
        """The provider's request ids of all model calls, in order."""
        return tuple(step.completion.request_id for step in self.steps if step.completion.request_id)

    @property
    def sources(self) -> tuple[Mapping[str, Any], ...]:
        """The sources of all steps, each once, in the order in which they were found."""
        return tuple({source["id"]: source for step in reversed(self.steps) for source in reversed(step.sources)}.values())[::-1]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Options that were left out of a request because the model does not take them, each once, as sentences."""
        return tuple(dict.fromkeys(warning for step in self.steps for warning in step.completion.warnings))

    @property
    def reasoning(self) -> str:
        """The reasoning text of all steps, joined."""
        return "".join(step.completion.reasoning for step in self.steps)

    def shown_parts(self) -> tuple[ShownPart, ...]:
        """Returns the answers with their tool calls, the typed output, what waits for approval, and the usage."""
        shown = [part for step in self.steps for part in show_answer(step.completion.message, step.tool_results)]
        if not isinstance(self.output, str | None):
            shown.append(show_json(self.output))
        shown += [show_call(request.tool, request.arguments, "waits for approval") for request in self.pending]
        shown += [Note(warning) for warning in self.warnings]
        return (*shown, show_usage(self.usage, len(self.steps)))

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON."""
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


def read_tool_result(data: Mapping[str, Any]) -> ToolResult:
    """Returns the ToolResult whose `to_dict` wrote `data`."""
    content = Message.from_dict({"role": "user", "content": data["content"]}).content
    return ToolResult(
        data["id"],
        data["name"],
        content,
        data["is_error"],
        data["duration_s"],
        tuple(data.get("sources", ())),
        value=data.get("value"),
        refused=data.get("refused", False),
    )
