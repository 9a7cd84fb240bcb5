"""An agent run without I/O. It returns the next action, takes the action's result, and can be saved as plain data at any point.

How it works. A run is in one of three phases. `model`: `next()` returns CallModel, and `complete(completion)` takes the answer. If
the answer calls tools, the phase becomes `tools`: `next()` returns CallTools with the calls that have no result; each
`answer(result)` takes one result, and after the last the phase is `model` again. A call that needs approval is set aside by
`await_approval` until `decide`; when only such calls are left, `next()` returns Pause. An answer without tool calls is checked
against the output schema, if there is one. If it fits, the phase is `done`, and `reject` may still send it back; otherwise the problem
goes to the model as a message, and the model is called again. An answer that the provider paused goes on in the next model call, and
both become one message. Messages that `queue` takes wait for their place: `next()` then returns Deliver, and `deliver` appends each to
the messages.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..core.completion import OUTPUT_TOOL, Completion
from ..core.errors import ConfigError, MaxTurnsError, OutputError
from ..core.events import ToolResult
from ..core.messages import SOURCES, Message, MessageLike, Text, ToolCall, cited, read_messages
from ..core.shown import Note, Showable, ShownPart
from ..core.usage import Usage
from ..core.validation import fit
from .actions import Action, CallModel, CallTools, Deliver, Finish, Pause
from .answers import NOT_RUN, read_answer_json, says_nothing
from .open_calls import OpenCalls
from .reply import Reply, Step, read_tool_result
from .run_calls import Phase, RunCalls
from .showing import show_answer, show_call, show_usage
from .steering import QueuedMessage
from .typed_output import (
    CUT_OFF,
    OutputMode,
    as_it_is,
    decode_output,
    describe_refusal,
    find_output_call,
    how_to_answer,
    read_written,
    refuse_result,
)


class Run(RunCalls, Showable):
    """The state of one run: its messages, its phase and the tool calls of its turn.

    Args:
        messages: The history and the prompt. The run appends its answers and tool results.
        max_turns: The most model calls.
        output_schema: JSON Schema of the answer.
        output_mode: How an answer that fits the schema is requested: "native" structured output or a "tool".
        output_retries: How often an answer that does not fit the schema goes back to the model.
        decode: Makes the typed output from JSON that fits the schema. It is not part of the saved data, so `from_dict` takes it
            again.
        prompt_at: The index of the prompt in `messages`; the last, if left out.

    Attributes:
        delegated: Usage of agents that served as tools.
        handed_over: The name of the tool that handed the conversation to another agent, or None.
        turned_back: Results of the last answer's tool calls, where none of them was run.
        queued: Messages that wait for their place in the run.
    """

    def __init__(
        self,
        messages: MessageLike | Iterable[MessageLike],
        *,
        max_turns: int = 10,
        output_schema: Mapping[str, Any] | None = None,
        output_mode: OutputMode = "text",
        output_retries: int = 2,
        decode: Callable[[Any], Any] | None = None,
        prompt_at: int | None = None,
    ) -> None:
        if max_turns < 1:
            raise ConfigError(f"max_turns counts model calls, so it is at least 1, got {max_turns}")
        self.messages = list(read_messages(messages))
        self.prompt_at = len(self.messages) - 1 if prompt_at is None else prompt_at
        self.max_turns = max_turns
        self.output_schema = output_schema
        self.output_mode: OutputMode = output_mode if output_schema is not None else "text"
        self.output_retries = output_retries
        self.phase: Phase = "model"
        self.turn = 0
        self.steps: list[Step] = []
        self.delegated = Usage()
        self.handed_over: str | None = None
        self.turned_back: tuple[ToolResult, ...] = ()
        self.queued: list[QueuedMessage] = []
        self._delivered: list[str] = []
        self._counted_from = 0
        self._calls = OpenCalls()
        self._output: Any = None
        self._decode = decode or as_it_is

    def shown_parts(self) -> tuple[ShownPart, ...]:
        """Returns the phase, the answers so far with their tool calls, the calls without a result, and the usage."""
        shown = [part for step in self.steps for part in show_answer(step.completion.message, step.tool_results)]
        waiting = [show_call(request.tool, request.arguments, "waits for approval") for request in self.pending]
        return (
            Note(f"run, phase {self.phase}, turn {self.turn} of {self.max_turns}"),
            *shown,
            *waiting,
            show_usage(self.usage, len(self.steps)),
        )

    @property
    def usage(self) -> Usage:
        """The usage of every model call of the run, and of agents that served as its tools."""
        return sum((step.usage for step in self.steps), self.delegated)

    @property
    def history(self) -> tuple[Message, ...]:
        """The messages so far, with a result for every tool call. A call without a result gets one that says it was not run, because
        providers refuse a call without a result."""
        if self.phase != "tools":
            return tuple(self.messages)
        return (*self.messages, self._calls.message("The run stopped before this tool answered."))

    def next(self) -> Action:
        """Returns the next action. Raises MaxTurnsError."""
        if self.phase == "done":
            return Deliver(due) if (due := self._due()) else Finish(self._reply())
        if self.phase == "tools":
            ready = self.ready_calls()
            return CallTools(ready) if ready or not self.pending else Pause(self.pending, self._paused())
        if self.turn - self._counted_from >= self.max_turns:
            error = MaxTurnsError(
                f"the run used its {self.max_turns} turns without a final answer; raise max_turns, or go on with history=error.history"
            )
            error.history, error.usage = self.history, self.usage
            raise error
        if due := self._due():
            return Deliver(due)
        return CallModel(tuple(self.messages), self.turn + 1)

    def queue(self, queued: QueuedMessage) -> bool:
        """Takes a message that waits for its place in the run. Returns False for an id that the run has taken before."""
        if queued.id in self._delivered or any(other.id == queued.id for other in self.queued):
            return False
        self.queued.append(queued)
        return True

    def unqueue(self, id: str) -> None:
        """Drops a message that waits."""
        self.queued = [queued for queued in self.queued if queued.id != id]

    def deliver(self, queued: QueuedMessage) -> None:
        """Appends a message that waited. A run whose answer was complete goes on with it, and counts `max_turns` anew."""
        self.unqueue(queued.id)
        self._delivered.append(queued.id)
        self.messages.append(queued.message)
        if self.phase == "done":
            self.phase, self._output, self._counted_from = "model", None, self.turn

    def _due(self) -> tuple[QueuedMessage, ...]:
        """Returns the waiting messages whose place has come: those for the next step, and after an answer else the first of the others. A
        paused answer is continued first."""
        due = () if self._paused_answer else tuple(queued for queued in self.queued if queued.when == "next_step")
        return due or (tuple(self.queued[:1]) if self.phase == "done" else ())

    def complete(self, completion: Completion, sources: Iterable[Mapping[str, Any]] = (), *, feedback: str | None = None) -> None:
        """Takes the model's answer.

        Args:
            completion: The answer.
            sources: Documents that the answer rests on.
            feedback: Rejects the answer, and goes to the model as the reason.

        Raises:
            OutputError: The answer still does not fit the schema after every retry.
        """
        self._expect("model")
        self.turn += 1
        self.turned_back = ()
        goes_on = self._paused_answer
        sources = tuple(sources)
        self.steps.append(Step(completion, (), sources))
        self.messages.append(cited(completion.message, sources))
        if goes_on:
            self._join_last()
        calls = completion.tool_calls
        if feedback is not None:
            self._turn_back(calls, feedback)
        elif completion.finish_reason == "paused" and not calls:
            return  # called again with the same messages, the model continues its answer
        elif calls:
            self._take_calls(completion, calls)
        elif self.output_schema is not None:
            self._expect_no_refusal(completion)
            self._take_output(read_written(self._text, self.output_schema, completion.finish_reason), None)
        else:
            self._expect_text(completion)
            self._output, self.phase = self._text, "done"

    def _take_calls(self, completion: Completion, calls: tuple[ToolCall, ...]) -> None:
        """Begins the tools' part of the turn. Calls of an answer that was cut off are not run: their arguments may be incomplete even
        where they can be parsed."""
        why = NOT_RUN.get(completion.finish_reason)
        if why:
            self._turn_back(calls, why)
            if completion.finish_reason == "content_filter":
                self._expect_no_refusal(completion)
                self._output, self.phase = self._text, "done"
            return
        self._begin_tools(calls)
        answer = find_output_call(completion) if self.output_mode == "tool" else None
        if answer:
            self._take_output(answer.arguments, answer)

    @property
    def _paused_answer(self) -> bool:
        """Returns whether the provider paused the last answer, so that the next answer continues it."""
        last = self.steps[-1].completion if self.steps else None
        return last is not None and last.finish_reason == "paused" and self.messages[-1].role == "assistant"

    def _join_last(self) -> None:
        """Joins a paused answer and the answer that continues it into one message."""
        more, begun = self.messages.pop(), self.messages.pop()
        found = (*begun.extra.get(SOURCES, ()), *more.extra.get(SOURCES, ()))
        self.messages.append(cited(more.replace(content=(*begun.content, *more.content)), found))

    @property
    def _text(self) -> str:
        """The text of the last answer. If the last answer has no text, the text of the answer before it, since the last tool call."""
        said = [message.text for message in reversed(self.messages[self.prompt_at + 1 :]) if message.role == "assistant"]
        if self.steps[-1].completion.finish_reason not in ("stop", "tool_calls", "other"):
            return said[0]
        return next((text for text in said if text.strip()), "")

    def delegate(self, usage: Mapping[str, Any]) -> None:
        """Sets the usage so far of agents that served as tools."""
        self.delegated = Usage.from_dict(dict(usage))

    def reject(self, objection: str) -> None:
        """Sends the finished answer back to the model, because a check of the caller refuses it. Raises OutputError after the last
        retry."""
        self._expect("done")
        answer = self._output_call
        last = self.steps[-1]
        if answer:  # the message of results said that the answer was accepted
            results = tuple(refuse_result(result, objection) if result.id == answer.id else result for result in last.tool_results)
            self.steps[-1] = last.replace(tool_results=results)
            self.messages[-1] = Message.tool(result.output for result in results)
        self._use_retry(f"the answer was refused: {objection}", self._output)
        self._output, self.phase = None, "model"
        if answer is None:
            again = " Please correct it." if self.output_schema is None else f" Please correct it and {how_to_answer(self.output_mode)}."
            self.messages.append(Message.user(f"Your answer was refused: {objection.rstrip('.')}.{again}"))

    @property
    def _output_call(self) -> ToolCall | None:
        """The call of the last answer that gave the typed output."""
        return find_output_call(self.steps[-1].completion) if self.output_mode == "tool" else None

    def _use_retry(self, problem: str, raw: Any) -> None:
        """Counts an answer that goes back to the model. Raises OutputError when no retry is left."""
        self.output_retries -= 1
        if self.output_retries < 0:
            raise self._attach_history(OutputError(problem, raw=raw))

    def tell(self, feedback: str) -> None:
        """Appends a user message with feedback for the next model call."""
        self._expect("model")
        self.messages.append(Message.user(feedback))

    def _turn_back(self, calls: tuple[ToolCall, ...], feedback: str) -> None:
        """Rejects an answer. The feedback becomes the error result of each of its tool calls, because providers require a result for
        each; without calls it becomes a user message."""
        if not calls:
            self.messages.append(Message.user(feedback))
            return
        self._begin_tools(calls)
        self.turned_back = tuple(ToolResult(call.id, call.name, (Text(f"Not run. {feedback}"),), is_error=True) for call in calls)
        for position, result in enumerate(self.turned_back):
            self.settle(position, result)

    def _take_output(self, value: Any, call: ToolCall | None) -> None:
        """Checks a typed answer. Ends the run, or sends the problem back to the model."""
        self._output, problem = decode_output(value, self.output_schema or {}, self._decode)
        if call:
            self._settle(call, problem)
        if problem is None:
            self.phase = "done"
            return
        self._use_retry(f"the answer does not fit the output type: {problem}", None if value is CUT_OFF else value)
        if call is None:
            self.messages.append(
                Message.user(f"Your answer does not fit the schema: {problem}. Please correct it and {how_to_answer(self.output_mode)}.")
            )
            self.phase = "model"

    def _expect_no_refusal(self, completion: Completion) -> None:
        """Raises OutputError for a refusal: a request for its correction would not change it."""
        refused = describe_refusal(completion, is_typed=self.output_schema is not None)
        if refused:
            raise self._attach_history(OutputError(f"the model refused: {refused}", raw=refused))

    def _expect_text(self, completion: Completion) -> None:
        if completion.finish_reason == "length" and says_nothing(completion.message):
            error = OutputError("the answer was cut off by the token limit before it said anything; raise max_tokens", raw=completion.text)
            error.code = "cut_off"
            raise self._attach_history(error)

    def _attach_history(self, error: OutputError) -> OutputError:
        error.history, error.usage = self.history, self.usage
        return error

    def _settle(self, call: ToolCall, problem: str | None) -> None:
        """Settles the output tool's call. If the answer fits, the other calls of the turn get a result that the run is over; else they
        are still to be run."""
        text = f"Does not fit the schema: {problem}. Call {OUTPUT_TOOL} again, corrected." if problem else "Accepted."
        for position, other in enumerate(self._calls.calls):
            if other is call:
                self._calls.settle(position, ToolResult(other.id, other.name, (Text(text),), problem is not None))
            elif problem is None:
                self._calls.settle(position, ToolResult(other.id, other.name, (Text("Not run: the answer was given beside this call."),)))
        self._end_tools_if_answered()

    def _reply(self) -> Reply:
        last, answer = self.steps[-1].completion, self._output_call
        text = answer.arguments_json if answer and not last.text else self._text
        finish = "stop" if last.finish_reason == "tool_calls" else last.finish_reason
        reply = Reply(text, self._output, tuple(self.messages), self.usage, finish, tuple(self.steps))
        return reply.replace(stop_details=last.stop_details)

    def _paused(self) -> Reply:
        return Reply("", None, self.history, self.usage, "paused", tuple(self.steps), self.pending, self)

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state for pickling, without `decode`, which may be any function: the copy's typed output is plain JSON."""
        return vars(self) | {"_decode": as_it_is}

    def __deepcopy__(self, memo: dict[int, Any]) -> Run:
        copied = object.__new__(Run)
        vars(copied).update({name: value if name == "_decode" else copy.deepcopy(value, memo) for name, value in vars(self).items()})
        return copied

    def to_dict(self) -> dict[str, Any]:
        """Returns the whole state as plain JSON."""
        return {
            "version": 1,
            "messages": [message.to_dict() for message in self.messages],
            "prompt_at": self.prompt_at,
            "max_turns": self.max_turns,
            "output_schema": dict(self.output_schema) if self.output_schema is not None else None,
            "output_mode": self.output_mode,
            "output_retries": self.output_retries,
            "phase": self.phase,
            "turn": self.turn,
            "steps": [step.to_dict() for step in self.steps],
            "delegated": self.delegated.to_dict(),
            "handed_over": self.handed_over,
            "queued": [queued.to_dict() for queued in self.queued],
            "delivered": list(self._delivered),
            "counted_from": self._counted_from,
        } | self._calls.to_dict()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, decode: Callable[[Any], Any] | None = None) -> Run:
        """Returns the run that `to_dict` saved. Raises ConfigError for data of another version."""
        if data.get("version") != 1:
            raise ConfigError(f"this run was saved by another version of staysail (format {data.get('version')!r}, known: 1)")
        run = cls(
            data["messages"],
            max_turns=data["max_turns"],
            output_schema=data["output_schema"],
            output_mode=data["output_mode"],
            decode=decode,
            prompt_at=data.get("prompt_at", len(data["messages"]) - 1),
        )
        run.output_retries, run.phase, run.turn = data["output_retries"], data["phase"], data["turn"]
        run.steps = [
            Step(Completion.from_dict(step["completion"]), tuple(map(read_tool_result, step["tool_results"])), tuple(step["sources"]))
            for step in data["steps"]
        ]
        run.delegated = Usage.from_dict(data.get("delegated") or {})
        run.handed_over = data.get("handed_over")
        run.queued = [QueuedMessage.from_dict(queued) for queued in data.get("queued", ())]
        run._delivered, run._counted_from = list(data.get("delivered", ())), data.get("counted_from", 0)
        run._calls = OpenCalls.from_dict(data, read_tool_result)
        if run.phase == "done":
            run._restore_output()
        return run

    def _restore_output(self) -> None:
        last = self.steps[-1].completion
        answer = find_output_call(last)
        if self.output_schema is None or last.finish_reason == "content_filter":
            self._output = self._text
        else:
            self._output = self._decode(fit(read_answer_json(self._text) if answer is None else answer.arguments, self.output_schema)[0])
