"""The tool calls of one turn: requests approval where a call needs it, runs the other calls at once, and gives their results to the run."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from ..core.events import Event, ToolResult
from ..core.log import log
from ..core.messages import Text, ToolCall
from ..core.ports import Clock
from ..core.waiting import blocking, timeout
from .approval import Answer, ApprovalNeeded, ApprovalRequest, Refuse, describe_answer, needs_approval, read_answer
from .calls import call_tool, read_result, read_value
from .context import RunContext, working_for
from .hooks import AskAgain, HookChain, Skip
from .open_calls import Suspended
from .run import Run
from .settings import Settings

LATE = Refuse("nobody answered in time")


class ToolTurn:
    """The tool calls of one turn.

    Args:
        run: The run whose phase is "tools".
        settings: The settings of the run.
        context: The context of the run.
        hooks: The hooks around each call.
        clock: The clock of timeouts.
        answers: Answers to approval requests, by their ids; answers that are used are removed.

    Attributes:
        unanswered: Requests that were announced, and passed to `approve` if there is one, and have no answer yet.
    """

    def __init__(
        self, run: Run, settings: Settings, context: RunContext, hooks: HookChain, clock: Clock, answers: dict[str, Answer]
    ) -> None:
        self._answers = answers
        self._run, self._settings, self._context, self._hooks, self._clock = run, settings, context, hooks, clock
        self._tools = {tool.name: tool for tool in settings.callable_tools}
        self._limit = asyncio.Semaphore(settings.tool_concurrency)
        self.unanswered: tuple[ApprovalRequest, ...] = ()
        self._announced: set[str] = set()
        self._begun: set[int] = set()

    async def events(self) -> AsyncGenerator[Event]:
        """Yields the approvals needed, then results as they arrive. Agents among the tools may leave further requests, so it may be
        called again. Closing the generator cancels the calls that still run. Raises what a hook raises."""
        await self._ask()
        for request in self._run.pending:
            answer = self._answers.pop(request.id, LATE if request.remaining_s == 0 else None)
            if answer:
                settled = await self._decide(request, answer)
                if isinstance(settled, ToolResult):
                    yield settled
            elif request.id not in self._announced:
                self._announced.add(request.id)
                yield ApprovalNeeded(request)
        asking = self._run.pending
        work: list[Work] = [self._call(position, call) for position, call in self._run.ready()]
        if self._settings.approve is not None:
            work += [self._wait_for(position, requests) for position, requests in self._run.waiting()]
        emits = any(getattr(tool, "emits", False) for tool in self._settings.own_tools)
        results = _one_by_one(work) if blocking.get() or (len(work) == 1 and not emits) else self._at_once(work)
        async with aclosing(results) as events:
            async for event in events:
                if event is not None:
                    yield event
        self.unanswered = tuple(request for request in self._run.pending if request in asking)

    async def _ask(self) -> None:
        """Sets aside the calls that need an approval."""
        limit_s = self._settings.approval_timeout_s
        for position, call in self._run.undecided_calls():
            if await needs_approval(call, self._tools.get(call.name)):
                expires_at = None if limit_s is None else time.time() + limit_s
                await self._record("asked", position=position, uncertain=False, expires_at=expires_at)
                self._run.await_approval(position, expires_at=expires_at)

    async def _record(self, kind: str, **data: Any) -> None:
        if self._context.journal:
            await self._context.journal.record(kind, **data)

    async def _decide(self, request: ApprovalRequest, answer: Answer) -> ToolCall | ToolResult:
        await self._record("decided", id=request.id, answer=describe_answer(answer))
        if isinstance(answer, Refuse):
            log.info("a call of the tool %s was refused: %s", request.tool, answer.reason or "without a reason")
        return self._run.decide(request.id, answer)

    async def _wait_for(self, position: int, requests: Iterable[ApprovalRequest]) -> ToolResult | None:
        """Returns the result of a call once the caller's `approve` has answered its requests; None while it has no answer."""
        settled: ToolCall | ToolResult | None = None
        for request in requests:
            answer = None if request in self.unanswered else await self._answer_to(request)
            if answer:
                settled = await self._decide(request, answer)
        return await self._call(position, settled) if isinstance(settled, ToolCall) else settled

    async def _answer_to(self, request: ApprovalRequest) -> Answer | None:
        approve = self._settings.approve
        assert approve is not None
        try:
            async with timeout(request.remaining_s):
                answer = approve(request)
                return read_answer(await answer if inspect.isawaitable(answer) else answer)
        except TimeoutError:
            if request.remaining_s != 0:
                raise
            return LATE

    async def _at_once(self, work: Sequence[Work]) -> AsyncGenerator[Event | None]:
        news: asyncio.Queue[Event | asyncio.Task[ToolResult | None]] = asyncio.Queue()
        tasks = [asyncio.ensure_future(item) for item in work]
        for task in tasks:
            task.add_done_callback(news.put_nowait)

        def emit(event: Event) -> None:
            if self._context.journal:
                self._context.journal.tell(event.to_dict())  # now, so that watchers receive it before the result is on record
            news.put_nowait(event)

        self._context.emit = emit
        running = len(tasks)
        try:
            while running:
                item = await news.get()
                if isinstance(item, Event):
                    yield item
                else:
                    running -= 1
                    yield item.result()
        finally:
            self._context.emit = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _call(self, position: int, call: ToolCall) -> ToolResult | None:
        """Runs one call and gives its result to the run. Returns None where the call is suspended."""
        async with self._limit:
            result = await self._result_of(position, call)
            delegated = self._run.delegated.to_dict()
            if isinstance(result, Suspended):
                await self._record("suspended", position=position, suspended=result.to_dict(), delegated=delegated)
                self._run.suspend(position, result)
                return None
            await self._record("tool_done", position=position, result=result.to_dict(), delegated=delegated)
            return self._run.settle(position, result)

    async def _result_of(self, position: int, call: ToolCall) -> ToolResult | Suspended:
        with working_for(self._context, call, self._run.resumption(position)):
            decision = call if position in self._begun else await self._hooks.before_tool(self._context, call)
            if isinstance(decision, ToolCall):
                if position not in self._begun:
                    self._context.count(tool_calls=1)
                    self._begun.add(position)
                await self._record("tool_begun", position=position)
                result = await call_tool(decision, self._tools, self._settings.tool_timeout_s, self._clock, Suspended)
                if isinstance(result, Suspended):
                    return result
            else:
                result = _decided(call, decision)
            changed = await self._hooks.after_tool(self._context, call, result)
            return changed if isinstance(changed, ToolResult) else _decided(call, changed)


def _decided(call: ToolCall, decision: Skip | AskAgain) -> ToolResult:
    if isinstance(decision, AskAgain):
        return ToolResult(call.id, call.name, (Text(decision.feedback),), is_error=True)
    content = read_result(decision.result)
    return ToolResult(call.id, call.name, content, value=read_value(decision.result, content))


type Work = Coroutine[Any, Any, ToolResult | None]


async def _one_by_one(work: Sequence[Work]) -> AsyncGenerator[ToolResult | None]:
    try:
        for item in work:
            yield await item
    finally:
        for item in work:
            item.close()
