"""One agent at the service of another: as a tool it is asked and answers; by a handover it takes the conversation over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from ..core.errors import ConfigError, StaysailError, ToolError
from ..core.events import Event, RunDone, plain
from ..core.messages import ToolCall
from ..core.tool import Approval, check_approval
from .context import current_call, current_resumption, current_run
from .events import NestedEvent
from .interface import Runnable
from .open_calls import Suspended
from .reply import Reply
from .settings import RunOptions


class AgentTool:
    """An agent that another calls with a prompt. What it uses counts as the caller's too, the caller's limits hold for it, and it is
    cancelled with the caller. Its failure is a failed tool call, which the caller's model reads. Where one of its tools needs approval and
    it has no `approve` of its own, the caller's run asks, or pauses with it."""

    parameters: Mapping[str, Any] = {
        "type": "object",
        "properties": {"prompt": {"type": "string", "description": "The task, with everything that must be known for it."}},
        "required": ["prompt"],
        "additionalProperties": False,
    }

    def __init__(
        self,
        agent: Runnable,
        name: str | None = None,
        description: str | None = None,
        *,
        events: bool = False,
        approval: Approval = "never",
        idempotent: bool = False,
        options: RunOptions | None = None,
    ) -> None:
        self._agent = agent
        self.name = name or _word(agent.name)
        self.description = description or f"Asks the agent {self.name}."
        self.emits = events
        self.approval = check_approval(approval, self.name)
        self.idempotent = idempotent
        self._options: RunOptions = options or {}

    async def call(self, args: dict[str, Any]) -> Any:
        context, call = current_run(), current_call()
        emit = context.emit if context and call and self.emits else None
        try:
            reply = await (self._ask(args["prompt"]) if emit is None else self._stream(args["prompt"], call, emit))
        except StaysailError as error:
            raise ToolError(f"{self.name} failed: {error}") from error
        if reply.pending:
            return self._suspend(reply)
        return reply.text if isinstance(reply.output, str) else plain(reply.output)

    async def _ask(self, prompt: str) -> Reply:
        if goes_on := self._resumption():
            return await self._agent.resume(*goes_on, **self._options)
        return await self._agent.prompt(prompt, **self._options)

    async def _stream(self, prompt: str, call: ToolCall | None, emit: Callable[[Event], None]) -> Reply:
        goes_on = self._resumption()
        told = self._agent.resume_stream(*goes_on, **self._options) if goes_on else self._agent.stream(prompt, **self._options)
        async with aclosing(told) as events:
            async for event in events:
                if isinstance(event, RunDone):
                    reply: Reply = event.reply
                    return reply
                emit(NestedEvent(call.id if call else "", self.name, event))
        raise AssertionError("a stream ends in RunDone or in an error")

    def _resumption(self) -> tuple[Mapping[str, Any] | str, Mapping[str, Any]] | None:
        """The run to go on with, and what its questions were answered with; None where it is to begin."""
        context, resumption = current_run(), current_resumption()
        if context is None or resumption is None:
            return None
        context.drop(resumption.suspended)
        return resumption.suspended.run_id or resumption.suspended.run, resumption.answers

    def _suspend(self, reply: Reply) -> Suspended:
        """The caller's run asks what this one does, and goes on with it once that is answered."""
        context, call = current_run(), current_call()
        if context is None or call is None or call.name != self.name:
            tools = ", ".join(request.tool for request in reply.pending)
            raise ToolError(f"{self.name} needs approval for {tools}, and no run calls it that could ask")
        suspended = Suspended(reply.run.to_dict(), reply.pending, reply.run_id)
        for child in context.children:
            if child.run is reply.run:
                child.suspended = suspended
        return suspended


class Handoff:
    """A tool that hands the conversation over: the run goes on with the other agent's model, preamble and tools, the history and the usage
    so far, and the limits, hooks and output type of the run. agent: or a function that gives it, for agents that know one another."""

    parameters: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}

    def __init__(self, agent: Runnable | Callable[[], Runnable], name: str | None = None, description: str | None = None) -> None:
        self._agent = agent
        if name is None and not hasattr(agent, "name"):
            raise ConfigError("Handoff of a function needs a name: Handoff(lambda: agent, name='transfer_to_agent')")
        self.name = name or f"transfer_to_{_word(getattr(agent, 'name', None))}"
        self.description = description or "Hands the conversation over to an agent who is made for this."
        self.idempotent = True

    @property
    def agent(self) -> Runnable:
        return self._agent if hasattr(self._agent, "settings") else self._agent()  # type: ignore[return-value]

    async def call(self, args: dict[str, Any]) -> str:
        context = current_run()
        if context is None:
            raise ToolError("there is no run to hand over")
        if context.handoff is not None:
            raise ToolError(f"this turn handed the conversation over already, with {context.handoff.name}")
        context.handoff = self
        return "The conversation is handed over. You are that agent now: go on with it."


def find_handoff(agent: Runnable, name: str) -> Handoff:
    """The one of this name, here or in an agent that can be reached from here. Raises ConfigError."""
    seen: list[Any] = []
    waiting = [agent]
    while waiting:
        at = waiting.pop(0)
        if any(at is other for other in seen):
            continue
        seen.append(at)
        for tool in at.settings.own_tools:
            if isinstance(tool, Handoff):
                if tool.name == name:
                    return tool
                waiting.append(tool.agent)
    raise ConfigError(f"this run was handed over with {name!r}, and no agent that can be reached from here has that tool")


def _word(name: str | None) -> str:
    """A tool's name from an agent's."""
    word = re.sub(r"\W+", "_", name or "").strip("_").lower()
    if not word:
        raise ConfigError('an agent that others call needs a name: Agent(..., name="translator"), or the tool one of its own')
    return word
