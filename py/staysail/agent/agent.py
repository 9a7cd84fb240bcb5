"""The agent: a model, tools and settings, and the loop that carries a Run out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Unpack, overload

from ..core.completion import OUTPUT_TOOL, CompletionRequest, Document, OutputSchema, ToolDefinition, read_tool
from ..core.defaults import Defaults, resolve_model
from ..core.errors import ConfigError, StaysailError
from ..core.events import Event
from ..core.messages import Content, Message, MessageLike, read_messages
from ..core.ports import Clock, Model
from ..core.tool import Approval
from ..core.waiting import SystemClock
from .delegation import AgentTool
from .driver import Driver, last_reply
from .durable import ResumedRun
from .fallback import Fallback
from .reply import Reply
from .run import OutputMode, Run
from .run_log import RunInfo, RunLog
from .settings import RunOptions, Settings


class Agent:
    """An agent: a model with its tools and settings.

    Args:
        model: "provider:model", a Model, or several of them: the next answers where the one before cannot (see Fallback).
        api_key: Text, or a function (async or not) that gives it when it is needed; else the provider's environment variable. Of several
            models, a mapping from each provider's name to its key.

    Every option from `preamble` on may be given to a single call too, and overrides the agent's there. An agent holds no conversation: pass
    `history=reply.messages` to go on, or `conversation="id"`, which loads and keeps it in `conversations` (by default IndexedDB in a page,
    and the process's memory elsewhere). memory: what of a long history the model is told, such as SlidingWindow(20), or several in a row.
    Raises ConfigError at once for options that cannot work.
    """

    def __init__(
        self,
        model: str | Model | Sequence[Any],
        *,
        api_key: Any = None,
        base_url: str | None = None,
        transport: Any = None,
        max_response_bytes: int | None = None,
        clock: Clock | None = None,
        name: str | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        self.model = _resolve(model, api_key=api_key, base_url=base_url, transport=transport, max_response_bytes=max_response_bytes)
        self.name = name
        self.settings = self._fit(Settings().override(options))
        self.clock = clock or SystemClock()

    async def prompt(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Reply:
        """Runs to the end. Raises ProviderError, MaxTurnsError, OutputError; each carries the run's history and usage,
        and so does the CancelledError of a task that was cancelled."""
        return await Driver(self, *await self._begin(prompt, history, options)).finish()

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
        reply: Reply = Defaults.run_sync(lambda: self.prompt(prompt, history=history, **options))
        return reply

    async def stream(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event]:
        """The run's events, tools included; the last is RunDone with the reply. Leaving the loop (close it: `async with aclosing(...)`)
        ends the request at once."""
        async with aclosing(Driver(self, *await self._begin(prompt, history, options)).stream()) as events:
            async for event in events:
                yield event

    async def resume(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> Reply:
        """Carries on a Run, or what `Run.to_dict` wrote, or a Reply that is paused, or a durable run by its id, which is waited for while
        somebody else owns it. approvals: by the id of the ApprovalRequest, Approve(), Refuse(reason), GiveResult(result), True or False;
        what is not answered stays pending."""
        async with aclosing(self._taken_up(run, approvals, options, streamed=False)) as events:
            return await last_reply(events)

    async def resume_stream(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event]:
        """`resume` as `stream` does it. Of a durable run, what happened so far is told first; while somebody else owns it, what happens is
        told as it does; and when the owner is gone before the end, it is taken over."""
        async with aclosing(self._taken_up(run, approvals, options, streamed=True)) as events:
            async for event in events:
                yield event

    async def watch(self, run_id: str, **options: Unpack[RunOptions]) -> AsyncGenerator[Event]:
        """What happened and happens in a durable run, without ever taking it over. Ends with its RunDone, or when nobody owns it."""
        async with aclosing(ResumedRun(self, run_id, self._settings(options)).events(streamed=True, take_over=False)) as events:
            async for event in events:
                yield event

    async def runs(self, **options: Unpack[RunOptions]) -> list[RunInfo]:
        """The durable runs on record where this agent keeps its own, the newest first."""
        return await self._log(options).runs()

    async def forget_run(self, run_id: str, **options: Unpack[RunOptions]) -> None:
        """Deletes a durable run from the record."""
        await self._log(options).delete(run_id)

    def _log(self, options: RunOptions) -> RunLog:
        log = self._settings(options).durable
        if log is None:
            raise ConfigError("this agent keeps no runs: give durable=True")
        return log

    def _taken_up(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None, options: RunOptions, *, streamed: bool
    ) -> AsyncGenerator[Event]:
        settings = self._settings(options)
        if isinstance(run, Reply):
            if not isinstance(run.run, Run):
                raise ConfigError("this reply is final; go on with history=reply.messages")
            run = run.run_id or run.run
        if isinstance(run, str):
            return ResumedRun(self, run, settings, approvals).events(streamed=streamed)
        taken_up = run if isinstance(run, Run) else self.restore(run, **options)
        return Driver(self, taken_up, settings, approvals).stream(streamed=streamed)

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
        """The Run that `prompt` would carry out, not yet begun. It does not read its conversation: give what `load` does as history."""
        return self._start(prompt, history, options)[0]

    def restore(self, data: Mapping[str, Any], **options: Unpack[RunOptions]) -> Run:
        """The Run that `Run.to_dict` wrote, reading its answer as this agent does."""
        output = self._settings(options).output_codec
        return Run.from_dict(data, decode=output.decode if output else None)

    def _settings(self, options: RunOptions) -> Settings:
        return self._fit(self.settings.override(options)) if options else self.settings

    def _fit(self, settings: Settings) -> Settings:
        """The settings for this agent's model. Raises ConfigError for a hosted tool that it has not."""
        return settings.with_hosted(self.model.traits.hosted_tools, self.model.name) if settings.hosted_tools else settings

    async def _begin(self, prompt: Content, history: Iterable[MessageLike] | None, options: RunOptions) -> tuple[Run, Settings]:
        """`_start`, after what the conversation holds."""
        place = self._settings(options).place
        if place is None:
            return self._start(prompt, history, options)
        if read_messages(history):
            raise ConfigError(
                f"the conversation {place.id!r} has a history of its own: leave history out, or give conversation=None with it"
            )
        run, settings = self._start(prompt, None, options)
        run.messages[:0] = before = await place.load()
        run.prompt_at = len(before)
        return run, settings

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
            output_mode=self.output_mode(output.schema if output else None, settings),
            output_retries=settings.output_retries,
            decode=output.decode if output else None,
        )
        return run, settings

    def output_mode(self, schema: Mapping[str, Any] | None, settings: Settings) -> OutputMode:
        """How this agent's model is asked for an answer of a shape."""
        traits = self.model.traits
        if schema is None:
            return "text"
        has_tools = settings.tools or settings.dynamic_tools
        if not traits.native_output and not traits.tools:
            raise ConfigError(
                f"{self.model.name} has neither structured output nor tools: leave output_type out and ask for JSON in the prompt, "
                "or use another model"
            )
        takes_output = getattr(self.model, "takes_output", None)
        native = traits.native_output and (traits.output_with_tools or not has_tools) and (takes_output is None or takes_output(schema))
        return "native" if native or not traits.tools else "tool"

    def request(self, messages: tuple[Message, ...], turn: int, settings: Settings, run: Run, found: list[Document]) -> CompletionRequest:
        """What the model is asked in a turn. found: documents that were looked up."""
        tools = [read_tool(tool) for tool in settings.own_tools]
        # A forced choice is meant for the first call: kept, it would force a tool for ever.
        choice = settings.tool_choice if turn == 1 or settings.tool_choice in ("auto", "none") else None
        output = None
        if run.output_mode == "native":
            output = OutputSchema(run.output_schema or {})
        elif run.output_mode == "tool":
            tools.append(ToolDefinition(OUTPUT_TOOL, "Gives the final answer. Call it once, when you are done.", run.output_schema or {}))
            choice = choice or ("required" if self.model.traits.forces_tools(settings.reasoning) else None)
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
            reasoning=settings.reasoning,
            hosted=settings.hosted_tools,
        )

    def __repr__(self) -> str:
        tools = f", tools={[tool.name for tool in self.settings.tools]}" if self.settings.tools else ""
        return f"Agent({self.model.name!r}{tools})"


def _resolve(model: Any, **access: Any) -> Model:
    """The Model, or the chain of Models. Raises ConfigError."""
    if isinstance(model, str) or not isinstance(model, Sequence):
        return resolve_model(model, **access)
    api_key = access.pop("api_key")
    if api_key is not None and not isinstance(api_key, Mapping):
        raise ConfigError(
            'of several models, api_key is a mapping by provider, {"openai": "…", "anthropic": "…"}: no provider gets the key of another'
        )
    if any(access.pop(name) for name in ("base_url", "transport", "max_response_bytes")):
        raise ConfigError('of several models, each has its own address and limit: [{"model": "openai:…", "base_url": "…"}, …]')
    return Fallback(model, api_key=api_key)
