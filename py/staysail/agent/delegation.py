"""Delegation from one agent to another: as a tool the other agent returns an answer; by a handover it takes over the conversation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from ..core.errors import ConfigError, StaysailError, ToolError
from ..core.events import Event, plain
from ..core.messages import ToolCall
from ..core.tool import Approval, check_approval
from .context import current_call, current_resumption, current_run
from .events import NestedEvent, RunDone
from .interface import Runnable, RunOwner
from .open_calls import Suspended
from .reply import Reply
from .settings import RunOptions


class AgentTool:
    """An agent as a tool of another agent, which calls it with a prompt.

    Its usage counts as the caller's too, the caller's limits apply to it, and it is cancelled with the caller. Its failure is a
    failed tool call, which the caller's model reads. If one of its tools needs approval and it has no `approve` of its own, the
    caller's run requests the approval, or pauses with it.
    """

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
        if resumption := self._resumption():
            return await self._agent.resume(*resumption, **self._options)
        return await self._agent.prompt(prompt, **self._options)

    async def _stream(self, prompt: str, call: ToolCall | None, emit: Callable[[Event], None]) -> Reply:
        resumption = self._resumption()
        agent, options = self._agent, self._options
        stream = agent.resume_stream(*resumption, **options) if resumption else agent.stream(prompt, **options)
        async with aclosing(stream) as events:
            async for event in events:
                if isinstance(event, RunDone):
                    reply: Reply = event.reply
                    return reply
                emit(NestedEvent(call.id if call else "", self.name, event))
        raise AssertionError("a stream ends in RunDone or in an error")

    def _resumption(self) -> tuple[Mapping[str, Any] | str, Mapping[str, Any]] | None:
        """Returns the suspended run to resume and the answers to its approval requests; None for a new call."""
        context, resumption = current_run(), current_resumption()
        if context is None or resumption is None:
            return None
        context.drop(resumption.suspended)
        return resumption.suspended.run_id or resumption.suspended.run, resumption.answers

    def _suspend(self, reply: Reply) -> Suspended:
        """Returns the suspended run, whose approvals the caller's run requests and with whose answers it continues."""
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
    """A tool that hands the conversation over to another agent. The run continues with that agent's model, preamble and tools, and keeps
    its history, usage, limits, hooks and output type.

        support = Agent(model, tools=[Handoff(billing), Handoff(lambda: sales, name="transfer_to_sales")])

    Args:
        agent: The other agent, or a function that returns it, for agents that hand over to each other.
        name: The tool's name; "transfer_to_" and the agent's name, if left out.
        description: The tool's description for the model.
    """

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


def find_handoff(agent: RunOwner, name: str) -> Handoff:
    """Returns the handoff with this name, from this agent or from an agent reachable by handoffs. Raises ConfigError."""
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
    """Returns a tool's name made from an agent's name. Raises ConfigError without a name."""
    word = re.sub(r"\W+", "_", name or "").strip("_").lower()
    if not word:
        raise ConfigError('an agent that others call needs a name: Agent(..., name="translator"), or the tool one of its own')
    return word
