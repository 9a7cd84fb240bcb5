"""Carrying out a Run: calls the model and the tools, with hooks around the calls, and yields the events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import aclosing, nullcontext, suppress
from typing import Any

from ..core.citations import cited_sources
from ..core.completion import Completion, CompletionRequest, Timeouts
from ..core.errors import OutputError, RunCancelled, StaysailError
from ..core.events import Event, RequestAdjusted, RetryScheduled, StepDone, StepStarted, TextDelta, findings, replay
from ..core.log import log
from ..core.messages import Message
from ..core.ports import SearchHit
from ..core.waiting import CancelWatch, timeout
from .actions import CallModel, CallTools, Deliver, Finish, Pause
from .approval import Answer, read_answers
from .context import RunContext, current_run, expect_deps
from .delegation import Handoff, find_handoff
from .deliveries import Deliveries
from .dynamic_tools import choose_tools
from .events import HandedOver, RunDone, RunStarted
from .fallback import ModelChanged
from .hooks import AskAgain
from .interface import RunOwner
from .limits import inherit_limits
from .memory_policies import MemoryContext, fit
from .model_call import call_model
from .output_check import find_objection
from .preamble import Preamble
from .replay import OF_MODELS
from .reply import Reply
from .retrieval import as_document, describe_sources
from .run import Run
from .run_log import Journal, RunState
from .settings import Settings
from .tool_turn import ToolTurn

BEFORE_THE_ANSWER = (RetryScheduled, RequestAdjusted, ModelChanged)


class Driver:
    """Carries out one run; used once.

    Args:
        agent: The agent whose run it is.
        run: The run, new or restored.
        settings: The settings of the run.
        approvals: Answers to approval requests, by their ids.
        journal: The record of a durable run that this process has already taken ownership of. A new durable run gets its own.
        uncertain: Positions in the turn of calls that began before an interruption and whose outcome is unknown.
    """

    def __init__(
        self,
        agent: RunOwner,
        run: Run,
        settings: Settings,
        approvals: Mapping[str, Any] | None = None,
        journal: Journal | None = None,
        uncertain: Collection[int] = (),
    ) -> None:
        self._place = settings.place
        if run.handed_over:
            agent = find_handoff(agent, run.handed_over).agent
            settings = settings.take_over(agent.settings)
        self._run, self._approvals, self._uncertain = run, approvals, uncertain
        self._answers: dict[str, Answer] = {}
        self._clock = agent.clock
        self._found: list[SearchHit] = []
        self._said: list[str] = []
        self._owned = journal is not None
        self._journal = journal or (Journal(settings.durable) if settings.durable else None)
        self._context = RunContext(
            run,
            agent.clock,
            model=agent.model.name,
            parent=current_run(),
            id=self._journal.id if self._journal else "",
            deps=settings.deps,
        )
        expect_deps(agent.deps_type, self._context.deps)
        self._context.journal = self._journal
        self._deliveries = Deliveries(run, settings.steering, self._journal)
        self._put_in_charge(agent, settings)

    async def finish(self) -> Reply:
        """Carries the run out and returns its reply."""
        async with aclosing(self.stream(streamed=False)) as events:
            return await last_reply(events)

    async def stream(self, *, streamed: bool = True) -> AsyncGenerator[Event]:
        """Yields the run's events; the last is RunDone. streamed: also events of the model's answers while they arrive."""
        limit_s = self._settings.time_limit_s
        ends_at = None if limit_s is None else time.monotonic() + limit_s
        async with aclosing(self._events(streamed=streamed)) as events:
            while True:
                try:
                    async with timeout(None if ends_at is None else ends_at - time.monotonic()):
                        event = await anext(events, None)
                except TimeoutError as error:
                    if limit_s is None:
                        raise
                    raise self._attach_history(self._settings.out_of_time()) from error
                if event is None:
                    return
                yield event

    def _events(self, *, streamed: bool) -> AsyncGenerator[Event]:
        """The run's events, which are also appended to its conversation, if it has one."""
        events = self._events_with_history(streamed)
        return self._place.record(events, self._run, resumable=self._journal is not None) if self._place else events

    async def _events_with_history(self, streamed: bool) -> AsyncGenerator[Event]:
        """Yields the run's events. Attaches the run's history and usage to every error that leaves it."""
        run, context, journal = self._run, self._context, self._journal
        ended = False
        failure: BaseException | None = None
        leave = self._deliveries.open()
        async with journal.own() if journal and not self._owned else nullcontext():
            try:
                if journal:
                    await journal.begin(context.agent, run.messages[-1].text, run.to_dict(), self._place.id if self._place else None)
                    if not self._owned:
                        yield RunStarted(journal.id, tuple(run.messages))
                await self._hooks.start(context)
                await self._look_up()
                await self._settle_doubts()
                async with aclosing(self._carry_out(streamed)) as events:
                    async for event in events:
                        ended = isinstance(event, RunDone)
                        if isinstance(event, TextDelta):
                            self._said.append(event.text)
                        elif isinstance(event, StepDone):
                            self._said.clear()
                        if journal and isinstance(event, OF_MODELS):
                            journal.tell(event.to_dict())
                        yield self._hooks.observe(context, event)
            except (asyncio.CancelledError, GeneratorExit) as error:
                if ended:
                    raise
                failure = cancelled = self._attach_history(RunCancelled("the run was cancelled"))
                error.history, error.usage = cancelled.history, cancelled.usage  # type: ignore[union-attr]
                await self._note("stopped", cancelled)
                await self._hooks.error(context, cancelled)
                raise
            except Exception as error:
                failure = error
                if isinstance(error, StaysailError):
                    self._attach_history(error)
                await self._note("failed", error)
                if error is not context.reported_error:
                    await self._hooks.error(context, error)
                raise
            finally:
                leave()
                await self._hooks.end(context, failure)

    def _attach_history[E: StaysailError | RunCancelled](self, error: E) -> E:
        """Sets the run's history and usage on the error. The history ends with the text of an answer that broke off, as far as it was
        yielded."""
        attach_history(error, self._run)
        if said := "".join(self._said):
            error.history = (*error.history, Message.assistant(said))
        return error

    async def _note(self, state: RunState, error: Exception | RunCancelled | None = None) -> None:
        if self._journal:
            what = {"message": str(error), "code": getattr(error, "code", "internal")} if error else None
            await self._journal.note(state, error=what)

    async def _settle_doubts(self) -> None:
        """Settles what an interruption left open: requests approval for calls of unknown outcome, and repeats a handover that was due."""
        tools = {tool.name: tool for tool in self._settings.callable_tools}
        for position, call in self._run.ready():
            if position in self._uncertain and not getattr(tools.get(call.name), "idempotent", False):
                await self._record("asked", position=position, uncertain=True, expires_at=None)
                self._run.await_approval(position, uncertain=True)
        self._answers = read_answers(self._approvals, self._run.pending)
        if self._owned and self._run.phase == "model" and self._run.steps:
            for result in self._run.steps[-1].tool_results:
                tool = tools.get(result.name)
                if isinstance(tool, Handoff) and not result.is_error and tool.name != self._run.handed_over:
                    self._context.handoff = tool
                    await self._hand_over()
                    return

    async def _record(self, kind: str, **data: Any) -> None:
        if self._journal:
            await self._journal.record(kind, **data)

    async def _carry_out(self, streamed: bool) -> AsyncGenerator[Event]:
        run, context = self._run, self._context
        turn: ToolTurn | None = None
        cancelled = CancelWatch()
        while True:
            cancelled.check()
            for arrived in await self._deliveries.arrived():
                yield arrived
            match run.next():
                case Deliver(messages):
                    for delivered in await self._deliveries.deliver(messages):
                        yield delivered
                case CallModel():
                    async with aclosing(self._model_turn(streamed)) as events:
                        async for event in events:
                            yield event
                case Pause(requests, reply) if turn and requests == turn.unanswered:
                    await self._note("paused")
                    yield RunDone(self._signed(reply))
                    return
                case CallTools() | Pause():
                    turn = turn or ToolTurn(run, self._settings, context, self._hooks, self._clock, self._answers)
                    async with aclosing(turn.events()) as events:
                        async for event in events:
                            yield event
                    if run.phase == "model":
                        turn = None
                        await self._hooks.step(context, run.steps[-1])
                        if context.handoff:
                            yield await self._hand_over()
                case Finish(reply):
                    if await self._refused(reply.output):
                        continue
                    reply = self._signed(reply)
                    await self._note("done")
                    await self._hooks.done(context, reply)
                    yield RunDone(reply)
                    return

    async def _refused(self, output: Any) -> bool:
        """Returns whether `output_check` refused the output, which then went back to the model."""
        check = self._settings.output_check
        objection = await find_objection(check, self._context, output) if check else None
        if objection is None:
            return False
        await self._record("rejected", objection=objection)
        self._run.reject(objection)
        return True

    def _signed(self, reply: Reply) -> Reply:
        return reply.replace(run_id=self._journal.id) if self._journal else reply

    async def _model_turn(self, streamed: bool) -> AsyncGenerator[Event]:
        run, context = self._run, self._context
        turn = run.turn + 1
        request = self._agent.request(tuple(run.messages), turn, self._settings, run, [as_document(hit) for hit in self._found])
        request = request.replace(timeouts=_remaining(self._settings, context.elapsed_s))
        if isinstance(self._settings.preamble, Preamble):
            request = request.replace(preamble=await self._settings.preamble.text(context))
        request = await self._fit(request)
        partial = self._settings.partial_output(run.output_schema) if streamed else None
        begun = False
        async with aclosing(self._ask_model(request, streamed)) as events:
            async for event in events:
                if not begun and not isinstance(event, BEFORE_THE_ANSWER):
                    begun = True
                    yield StepStarted(turn)
                if isinstance(event, Completion):
                    if partial and (grown := partial.read()):
                        yield grown
                    found = describe_sources(self._found) if turn == 1 else ()
                    await self._take(event, (*found, *cited_sources(event)))
                    for made in findings(run.steps[-1].completion, run.steps[-1].sources):
                        yield made
                    yield StepDone(turn, event.usage, event.finish_reason, event.request_id, run.steps[-1].completion)
                    for result in run.turned_back:
                        yield result
                else:
                    yield event
                    if partial and (grown := partial.feed(event)):
                        yield grown
        if run.turn == turn and run.phase != "tools":
            await self._hooks.step(context, run.steps[-1])

    async def _fit(self, request: CompletionRequest) -> CompletionRequest:
        """Returns the request with the messages that the memory policies keep."""
        settings, run = self._settings, self._run
        if not settings.memory:
            return request
        prompt = run.messages[run.prompt_at]
        about = MemoryContext(request, prompt, self._agent.model, self._context, self._place, settings.retry, self._clock)
        return await fit(request, settings.memory, about)

    def _put_in_charge(self, agent: RunOwner, settings: Settings) -> None:
        """Makes an agent with its settings the one that carries the run on."""
        self._agent, self._settings = agent, settings
        self._context.agent, self._context.model = agent.name, agent.model.name
        self._context.limits = settings.limits
        inherited = self._context.inherit(settings.hooks)
        self._hooks = settings.hook_chain((*inherit_limits(self._context), *inherited))

    async def _hand_over(self) -> HandedOver:
        handoff, self._context.handoff = self._context.handoff, None
        agent, self._run.handed_over = handoff.agent, handoff.name
        self._put_in_charge(agent, self._settings.take_over(agent.settings))
        self._run.output_mode = agent.output_mode(self._run.output_schema, self._settings)
        name = agent.name or handoff.name
        await self._record("handed_over", tool=handoff.name, agent=name, output_mode=self._run.output_mode)
        await self._look_up()
        return HandedOver(name)

    async def _look_up(self) -> None:
        """Retrieves the documents of `dynamic_context` for the last user message, and the tools of `dynamic_tools` that fit it."""
        settings, run = self._settings, self._run
        query = next((message.text for message in reversed(run.messages) if message.role == "user"), "")
        self._found = [hit for retriever in settings.dynamic_context for hit in await retriever.find(query)]
        if settings.dynamic_tools:
            pending = {call.name for call in run.tool_calls_pending()}
            tools = await choose_tools(settings.dynamic_tools, query, settings.tools, pending)
            self._settings = settings.replace(tools=tools)

    async def _ask_model(self, request: CompletionRequest, streamed: bool) -> AsyncGenerator[Event | Completion]:
        """Yields one answer, after `before_model` and with `on_error` around the call."""
        context, hooks = self._context, self._hooks
        prepared = await hooks.before_model(context, request)
        if isinstance(prepared, Completion):
            for event in replay(prepared):
                yield event
            return
        context.count(requests=1)
        await self._record("model_begun")
        try:
            async with aclosing(call_model(self._agent.model, prepared, self._settings, context, self._clock, streamed=streamed)) as events:
                async for event in events:
                    if isinstance(event, RequestAdjusted):
                        log.info("%s: %s", context.model, event.message)
                    yield event
        except StaysailError as error:
            context.reported_error = attach_history(error, context.run)
            answer = await hooks.error(context, error)
            if answer is None:
                raise
            if isinstance(answer, Completion):
                for event in replay(answer):
                    yield event
            elif answer.feedback:
                await self._record("told", feedback=answer.feedback)
                context.run.tell(answer.feedback)

    async def _take(self, completion: Completion, sources: Iterable[Mapping[str, Any]]) -> None:
        """Gives the answer to the run after `after_model`. An answer at which a hook stops is still part of the history, because it was
        paid for."""
        context = self._context
        context.take(completion)
        try:
            decision = await self._hooks.after_model(context, completion)
        except BaseException:
            with suppress(OutputError):
                context.run.complete(completion, sources)
            await self._record("answered", completion=completion.to_dict(), sources=list(sources), feedback=None)
            raise
        finally:
            context.answer = None
        feedback = decision.feedback if isinstance(decision, AskAgain) else None
        taken = completion if isinstance(decision, AskAgain) else decision
        await self._record("answered", completion=taken.to_dict(), sources=list(sources), feedback=feedback)
        context.run.complete(taken, sources, feedback=feedback)


async def last_reply(events: AsyncGenerator[Event]) -> Reply:
    """Returns the reply of the stream's RunDone."""
    async for event in events:
        if isinstance(event, RunDone):
            reply: Reply = event.reply
            return reply
    raise AssertionError("a run ends in RunDone or in an error")


def _remaining(settings: Settings, elapsed_s: float) -> Timeouts:
    """Returns the timeouts with the time that is left of the run's limit. Raises the run's timeout error when none is left."""
    limits = settings.timeout_s
    if limits.total_s is None:
        return limits
    if elapsed_s >= limits.total_s:
        raise settings.out_of_time()
    return limits.replace(total_s=limits.total_s - elapsed_s)


def attach_history[E: StaysailError | RunCancelled](error: E, run: Run) -> E:
    """Sets the run's history and usage on the error and returns it."""
    error.history, error.usage = run.history, run.usage
    return error
