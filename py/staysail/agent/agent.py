"""The agent: a model, tools and settings, and the loop that carries a Run out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, Unpack, overload

from ..core.completion import Completion, CompletionRequest, Document, OutputSchema, Timeouts, ToolDefinition, read_tool
from ..core.defaults import resolve_model, run_sync
from ..core.errors import ConfigError, OutputError, ProviderError, RunCancelled, StaysailError
from ..core.events import Event, RetryScheduled, RunDone, StepDone, replay
from ..core.messages import Content, Message, MessageLike, read_messages
from ..core.ports import Clock, Model, SearchHit
from ..core.tool import Approval
from ..core.waiting import SystemClock, timeout
from .approval import ApprovalRequest, read_answer
from .cache import CachedModel
from .context import RunContext, current_run
from .delegation import AgentTool, HandedOver, find_handoff
from .dynamic_tools import choose_tools
from .hooks import AskAgain, HookChain
from .limits import inherit_limits
from .reply import Reply
from .retrieval import as_document, describe_sources
from .run import OUTPUT_TOOL, CallModel, CallTools, Finish, OutputMode, Pause, Run
from .settings import RunOptions, Settings
from .tool_turn import ToolTurn


class Agent:
    """model: "provider:model", or a Model. api_key: text, or a function (async or not) that gives it when it is needed; else the
    provider's environment variable.

    Every option from `preamble` on may be given to a single call too, and overrides the agent's there. An agent holds no conversation: pass
    `history=reply.messages` to go on. Raises ConfigError at once for options that cannot work.
    """

    def __init__(
        self,
        model: str | Model,
        *,
        api_key: Any = None,
        base_url: str | None = None,
        transport: Any = None,
        clock: Clock | None = None,
        name: str | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        self.model = resolve_model(model, api_key=api_key, base_url=base_url, transport=transport)
        self.name = name
        self.settings = Settings().override(options)
        self._clock = clock or SystemClock()

    async def prompt(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Reply:
        """Runs to the end. Raises ProviderError, MaxTurnsError, OutputError, RunCancelled; each carries the run's history and usage."""
        run, settings = self._start(prompt, history, options)
        return await self._finish(run, settings)

    async def chat(self, prompt: Content, history: Iterable[MessageLike], **options: Unpack[RunOptions]) -> Reply:
        """`prompt` with the history as an argument of its own."""
        return await self.prompt(prompt, history=history, **options)

    async def prompt_multi_turn(self, prompt: Content, turns: int, **options: Unpack[RunOptions]) -> Reply:
        """`prompt` with at most `turns` rounds of tools: turns + 1 model calls, as rig counts them."""
        options["max_turns"] = turns + 1
        return await self.prompt(prompt, **options)

    async def batch_prompt(
        self, prompts: Sequence[Content], concurrency: int = 4, **options: Unpack[RunOptions]
    ) -> list[Reply | Exception]:
        """One run a prompt, at most `concurrency` at once. Answers in the order of the prompts; one that failed is its exception."""
        if concurrency < 1:
            raise ConfigError(f"concurrency is at least 1, got {concurrency}")
        self._settings(options)
        limit = asyncio.Semaphore(concurrency)

        async def answer(prompt: Content) -> Reply | Exception:
            async with limit:
                try:
                    return await self.prompt(prompt, **options)
                except StaysailError as error:
                    if isinstance(error, RunCancelled):
                        raise
                    return error

        return list(await asyncio.gather(*map(answer, prompts)))

    @overload
    async def extract[T](self, prompt: Content, type: type[T], **options: Unpack[RunOptions]) -> T: ...
    @overload
    async def extract(self, prompt: Content, type: Any, **options: Unpack[RunOptions]) -> Any: ...
    async def extract(self, prompt: Content, type: Any, **options: Unpack[RunOptions]) -> Any:
        """The answer as a value of `type` (a type or a JSON Schema). Raises OutputError."""
        options["output_type"] = type
        return (await self.prompt(prompt, **options)).output

    def prompt_sync(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Reply:
        """`prompt` for code that cannot await. In a page's main thread it needs JSPI, in a worker nothing. Raises ConfigError where it
        cannot wait."""
        return run_sync(lambda: self.prompt(prompt, history=history, **options))

    async def stream(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event]:
        """The run's events, tools included; the last is RunDone with the reply. Leaving the loop (close it: `async with aclosing(...)`)
        ends the request at once."""
        run, settings = self._start(prompt, history, options)
        async with aclosing(self._stream(run, settings)) as events:
            async for event in events:
                yield event

    async def _stream(self, run: Run, settings: Settings) -> AsyncGenerator[Event]:
        limit_s = settings.time_limit_s
        ends_at = None if limit_s is None else time.monotonic() + limit_s
        async with aclosing(self._events(run, settings, streamed=True)) as events:
            while True:
                try:
                    async with timeout(None if ends_at is None else ends_at - time.monotonic()):
                        event = await anext(events, None)
                except TimeoutError as error:
                    if limit_s is None:
                        raise
                    raise _told(settings.out_of_time(), run) from error
                if event is None:
                    return
                yield event

    async def resume(
        self, run: Run | Reply | Mapping[str, Any], approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> Reply:
        """Carries on a Run, or what `Run.to_dict` wrote, or the Run of a Reply that is paused. approvals: by the id of the ApprovalRequest,
        Approve(), Refuse(reason), GiveResult(result), True or False; what is not answered stays pending."""
        settings = self._settings(options)
        return await self._finish(self._taken_up(run, approvals, options), settings)

    async def resume_stream(
        self, run: Run | Reply | Mapping[str, Any], approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event]:
        """`resume` as `stream` does it."""
        settings = self._settings(options)
        async with aclosing(self._stream(self._taken_up(run, approvals, options), settings)) as events:
            async for event in events:
                yield event

    def _taken_up(self, run: Run | Reply | Mapping[str, Any], approvals: Mapping[str, Any] | None, options: RunOptions) -> Run:
        if isinstance(run, Reply):
            if not isinstance(run.run, Run):
                raise ConfigError("this reply is final; go on with history=reply.messages")
            run = run.run
        taken_up = run if isinstance(run, Run) else self.restore(run, **options)
        for id, given in (approvals or {}).items():
            answer = read_answer(given)
            if answer is not None:
                taken_up.decide(id, answer)
        return taken_up

    def as_tool(
        self,
        name: str | None = None,
        description: str | None = None,
        *,
        events: bool = False,
        approval: Approval = "never",
        idempotent: bool = False,
        **options: Unpack[RunOptions],
    ) -> AgentTool:
        """This agent as a tool of another. name: by default the agent's. events: tell what it does as NestedEvents of the caller's stream.
        options: of each of its runs, such as limits of its own."""
        self._settings(options)
        return AgentTool(self, name, description, events=events, approval=approval, idempotent=idempotent, options=options)

    def start(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Run:
        """The Run that `prompt` would carry out, not yet begun."""
        return self._start(prompt, history, options)[0]

    def restore(self, data: Mapping[str, Any], **options: Unpack[RunOptions]) -> Run:
        """The Run that `Run.to_dict` wrote, reading its answer as this agent does."""
        output = self._settings(options).output_codec
        return Run.from_dict(data, decode=output.decode if output else None)

    def _settings(self, options: RunOptions) -> Settings:
        return self.settings.override(options)

    def _start(self, prompt: Content, history: Iterable[MessageLike] | None, options: RunOptions) -> tuple[Run, Settings]:
        settings = self._settings(options)
        message = prompt if isinstance(prompt, Message) else Message.user(prompt)
        if not message.content or (isinstance(prompt, str) and not prompt.strip()):
            raise ConfigError("Prompt cannot be empty")
        output = settings.output_codec
        if output and any(tool.name == OUTPUT_TOOL for tool in settings.tools):
            raise ConfigError(f"typed answers are given through a tool named {OUTPUT_TOOL}; rename yours of that name")
        run = Run(
            (*read_messages(history), message),
            max_turns=settings.max_turns,
            output_schema=output.schema if output else None,
            output_mode=self._output_mode(output.schema if output else None, settings),
            output_retries=settings.output_retries,
            decode=output.decode if output else None,
        )
        return run, settings

    def _output_mode(self, schema: Mapping[str, Any] | None, settings: Settings) -> OutputMode:
        traits = self.model.traits
        if schema is None:
            return "text"
        has_tools = settings.tools or settings.dynamic_tools
        return "native" if traits.native_output and (traits.output_with_tools or not has_tools) else "tool"

    async def _finish(self, run: Run, settings: Settings) -> Reply:
        limit_s = settings.time_limit_s
        try:
            async with timeout(limit_s), aclosing(self._events(run, settings, streamed=False)) as events:
                async for event in events:
                    if isinstance(event, RunDone):
                        reply: Reply = event.reply
                        return reply
        except TimeoutError as error:
            if limit_s is None:
                raise
            raise _told(settings.out_of_time(), run) from error
        raise AssertionError("a run ends in RunDone or in an error")

    async def _events(self, run: Run, settings: Settings, *, streamed: bool) -> AsyncGenerator[Event]:
        """Carries `run` out. Every error that leaves carries its history and usage."""
        agent, paused = self, False
        asked: tuple[ApprovalRequest, ...] = ()
        if run.handed_over:
            agent = find_handoff(self, run.handed_over).agent
            settings = settings.take_over(agent.settings)
        context = RunContext(run, self._clock, agent=agent.name, model=agent.model.name, parent=current_run())
        context.limits, context.approve = settings.limits, settings.approve
        hooks = settings.hook_chain(inherit_limits(context))
        try:
            await hooks.start(context)
            found, settings = await _look_up(run, settings)
            while True:
                match run.next():
                    case CallModel(messages, turn):
                        request = agent._request(messages, turn, settings, run, [as_document(hit) for hit in found])
                        request = request.replace(timeouts=_remaining(settings, context.elapsed_s))
                        async with aclosing(agent._ask_model(request, context, hooks, settings, streamed)) as events:
                            async for event in events:
                                if isinstance(event, Completion):
                                    await _take(event, context, hooks, describe_sources(found) if turn == 1 else ())
                                    yield hooks.told(context, StepDone(turn, event.usage, event.finish_reason, event.request_id, event))
                                else:
                                    yield hooks.told(context, event)
                        if run.turn == turn and run.phase != "tools":
                            await hooks.step(context, run.steps[-1])
                    case Pause(requests, reply) if requests == asked:
                        paused = True
                        yield hooks.told(context, RunDone(reply))
                        return
                    case CallTools() | Pause():
                        async with aclosing(ToolTurn(run, settings, context, hooks, self._clock).events()) as events:
                            async for event in events:
                                yield hooks.told(context, event)
                        asked = run.pending
                        if run.phase == "model":
                            await hooks.step(context, run.steps[-1])
                        if run.phase == "model" and context.handoff:
                            agent, run.handed_over = context.handoff.agent, context.handoff.name
                            settings = settings.take_over(agent.settings)
                            run.output_mode = agent._output_mode(run.output_schema, settings)
                            context.agent, context.model, context.handoff = agent.name, agent.model.name, None
                            context.limits, context.approve = settings.limits, settings.approve
                            hooks = settings.hook_chain(inherit_limits(context))
                            found, settings = await _look_up(run, settings)
                            yield hooks.told(context, HandedOver(agent.name or run.handed_over))
                    case Finish(reply):
                        await hooks.done(context, reply)
                        yield hooks.told(context, RunDone(reply))
                        return
        except RunCancelled as error:
            await hooks.error(context, error)
            raise
        except (asyncio.CancelledError, GeneratorExit) as error:
            if paused or run.phase == "done":
                raise
            stopped = _told(RunCancelled("the run was cancelled"), run)
            await hooks.error(context, stopped)
            if isinstance(error, GeneratorExit):
                raise
            raise stopped from error
        except Exception as error:
            if isinstance(error, StaysailError):
                _told(error, run)
            if error is not context.told_of:
                await hooks.error(context, error)
            raise

    async def _ask_model(
        self, request: CompletionRequest, context: RunContext, hooks: HookChain, settings: Settings, streamed: bool
    ) -> AsyncGenerator[Event | Completion]:
        """One answer, as the hooks let it come about."""
        prepared = await hooks.before_model(context, request)
        if isinstance(prepared, Completion):
            for event in replay(prepared):
                yield event
            return
        context.count(requests=1)
        try:
            async with aclosing(self._call_model(prepared, settings, streamed)) as events:
                async for event in events:
                    yield event
        except StaysailError as error:
            if isinstance(error, RunCancelled):
                raise
            context.told_of = _told(error, context.run)
            answer = await hooks.error(context, error)
            if answer is None:
                raise
            if isinstance(answer, Completion):
                for event in replay(answer):
                    yield event
            elif answer.feedback:
                context.run.tell(answer.feedback)

    async def _call_model(self, request: CompletionRequest, settings: Settings, streamed: bool) -> AsyncGenerator[Event | Completion]:
        """One model call, tried again as `retry` allows, but never once a part of the answer was handed on."""
        model: Model = CachedModel(self.model, settings.cache) if settings.cache is not None else self.model
        attempt = 1
        while True:
            handed_on = False
            try:
                if not streamed:
                    yield await model.complete(request)
                elif not model.traits.streaming:
                    for event in replay(await model.complete(request)):
                        yield event
                else:
                    async with aclosing(model.stream(request)) as events:
                        async for event in events:
                            handed_on = True
                            yield event
                return
            except ProviderError as error:
                delay_s = None if handed_on else settings.retry.delay_s(attempt, error)
                if delay_s is None:
                    raise
                attempt += 1
                yield RetryScheduled(attempt, delay_s, str(error), error.code, error.status)
                await self._clock.sleep(delay_s)

    def _request(self, messages: tuple[Message, ...], turn: int, settings: Settings, run: Run, found: list[Document]) -> CompletionRequest:
        tools = [read_tool(tool) for tool in settings.tools]
        # A forced choice is meant for the first call: kept, it would force a tool for ever.
        choice = settings.tool_choice if turn == 1 or settings.tool_choice in ("auto", "none") else None
        output = None
        if run.output_mode == "native":
            output = OutputSchema(run.output_schema or {})
        elif run.output_mode == "tool":
            tools.append(ToolDefinition(OUTPUT_TOOL, "Gives the final answer. Call it once, when you are done.", run.output_schema or {}))
            choice = choice or ("required" if self.model.traits.forced_tools else None)
        return CompletionRequest(
            messages,
            settings.preamble,
            (*settings.context, *found),
            tuple(tools),
            choice if tools else None,
            settings.temperature,
            settings.max_tokens,
            output,
            settings.additional_params,
            settings.headers,
        )

    def __repr__(self) -> str:
        tools = f", tools={[tool.name for tool in self.settings.tools]}" if self.settings.tools else ""
        return f"Agent({self.model.name!r}{tools})"


async def _take(completion: Completion, context: RunContext, hooks: HookChain, sources: Iterable[Mapping[str, Any]]) -> None:
    """Hands an answer to the run, once the hooks have seen it. One that a hook stops at is part of the history nonetheless: it was paid."""
    context.take(completion)
    try:
        decision = await hooks.after_model(context, completion)
    except BaseException:
        with suppress(OutputError):
            context.run.complete(completion, sources)
        raise
    finally:
        context.answer = None
    if isinstance(decision, AskAgain):
        context.run.complete(completion, sources, feedback=decision.feedback)
    else:
        context.run.complete(decision, sources)


async def _look_up(run: Run, settings: Settings) -> tuple[list[SearchHit], Settings]:
    """What `dynamic_context` finds for the last thing the user said, and the settings with the tools that fit it."""
    query = next((message.text for message in reversed(run.messages) if message.role == "user"), "")
    found = [hit for retriever in settings.dynamic_context for hit in await retriever.find(query)]
    if settings.dynamic_tools:
        pending = {call.name for call in run.tool_calls_pending()}
        settings = settings.replace(tools=await choose_tools(settings.dynamic_tools, query, settings.tools, pending))
    return found, settings


def _remaining(settings: Settings, elapsed_s: float) -> Timeouts:
    limits = settings.timeout_s
    if limits.total_s is None:
        return limits
    if elapsed_s >= limits.total_s:
        raise settings.out_of_time()
    return limits.replace(total_s=limits.total_s - elapsed_s)


def _told[E: StaysailError](error: E, run: Run) -> E:
    error.history, error.usage = run.history, run.usage
    return error
