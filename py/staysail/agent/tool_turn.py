"""The tool calls of one turn: asked about where they need approval, called at once where they may, their results handed to the run."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

from ..core.events import Event, ToolResult
from ..core.messages import Text, ToolCall
from ..core.ports import Clock
from ..core.waiting import blocking, timeout
from .approval import Answer, ApprovalNeeded, ApprovalRequest, Refuse, describe_answer, needs_approval, read_answer
from .calls import call_tool, read_result
from .context import RunContext, working_for
from .hooks import AskAgain, HookChain, Skip
from .run import Run
from .settings import Settings


class ToolTurn:
    """answers: to requests for approval, by their id; those that are used are taken out."""

    def __init__(
        self, run: Run, settings: Settings, context: RunContext, hooks: HookChain, clock: Clock, answers: dict[str, Answer]
    ) -> None:
        self._answers = answers
        self._run, self._settings, self._context, self._hooks, self._clock = run, settings, context, hooks, clock
        self._tools = {tool.name: tool for tool in settings.tools}
        self._limit = asyncio.Semaphore(settings.tool_concurrency)

    async def events(self) -> AsyncGenerator[Event]:
        """What needs approval, then results as they come. Closing it cancels what still runs. Raises what a hook does."""
        await self._ask()
        for request in self._run.pending:
            if request.id in self._answers:
                settled = await self._decide(request, self._answers.pop(request.id))
                if isinstance(settled, ToolResult):
                    yield settled
            elif request.remaining_s == 0:
                yield await self._refuse_late(request)
            else:
                yield ApprovalNeeded(request)
        work: list[Work] = [self._call(position, call) for position, call in self._run.ready()]
        if self._settings.approve is not None:
            work += [self._wait_for(request) for request in self._run.pending]
        emits = any(getattr(tool, "emits", False) for tool in self._settings.tools)
        told = _one_by_one(work) if blocking.get() or (len(work) == 1 and not emits) else self._at_once(work)
        async with aclosing(told) as events:
            async for event in events:
                if event is not None:
                    yield event

    async def _ask(self) -> None:
        """Marks what must wait for an answer."""
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
        return self._run.decide(request.id, answer)

    async def _refuse_late(self, request: ApprovalRequest) -> ToolResult:
        result = await self._decide(request, Refuse("nobody answered in time"))
        assert isinstance(result, ToolResult)
        return result

    async def _wait_for(self, request: ApprovalRequest) -> ToolResult | None:
        """The result of a call once the caller's `approve` has answered; None where it has no answer yet."""
        approve = self._settings.approve
        assert approve is not None
        try:
            async with timeout(request.remaining_s):
                given = approve(request)
                answer = read_answer(await given if inspect.isawaitable(given) else given)
        except TimeoutError:
            if request.remaining_s != 0:
                raise
            return await self._refuse_late(request)
        if answer is None:
            return None
        position = self._run.position_of(request.id)
        call = await self._decide(request, answer)
        return await self._call(position, call) if isinstance(call, ToolCall) else call

    async def _at_once(self, work: Sequence[Work]) -> AsyncGenerator[Event | None]:
        news: asyncio.Queue[Event | asyncio.Task[ToolResult | None]] = asyncio.Queue()
        tasks = [asyncio.ensure_future(item) for item in work]
        for task in tasks:
            task.add_done_callback(news.put_nowait)
        self._context.emit = news.put_nowait
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

    async def _call(self, position: int, call: ToolCall) -> ToolResult:
        async with self._limit:
            result = await self._result_of(position, call)
            await self._record("tool_done", position=position, result=result.to_dict(), delegated=self._run.delegated.to_dict())
            return self._run.settle(position, result)

    async def _result_of(self, position: int, call: ToolCall) -> ToolResult:
        with working_for(self._context, call):
            decision = await self._hooks.before_tool(self._context, call)
            if isinstance(decision, ToolCall):
                self._context.count(tool_calls=1)
                await self._record("tool_begun", position=position)
                result = await call_tool(decision, self._tools, self._settings.tool_timeout_s, self._clock)
            else:
                result = _decided(call, decision)
            changed = await self._hooks.after_tool(self._context, call, result)
            return changed if isinstance(changed, ToolResult) else _decided(call, changed)


def _decided(call: ToolCall, decision: Skip | AskAgain) -> ToolResult:
    if isinstance(decision, AskAgain):
        return ToolResult(call.id, call.name, (Text(decision.feedback),), is_error=True)
    return ToolResult(call.id, call.name, read_result(decision.result))


type Work = Coroutine[Any, Any, ToolResult | None]


async def _one_by_one(work: Sequence[Work]) -> AsyncGenerator[ToolResult | None]:
    try:
        for item in work:
            yield await item
    finally:
        for item in work:
            item.close()
