"""The agent: a model with its tools and settings. Each prompt is a `Run`, which a `Driver` carries out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Unpack, overload

from ..core.batches import BatchPort
from ..core.completion import CompletionRequest
from ..core.defaults import resolve_model
from ..core.errors import ConfigError
from ..core.generics import AgentDeps, AgentOutput
from ..core.messages import Content, Message, MessageLike
from ..core.ports import Clock, Model
from ..core.tool import Approval
from ..core.waiting import SystemClock
from .batch import Batch, read_batch
from .delegation import AgentTool
from .driver import Driver, last_reply
from .durable import ResumedRun
from .events import RunEvent
from .fallback import Fallback
from .preamble import Preamble
from .prompts import Prompts
from .reply import Reply
from .run import Run
from .run_log import RunInfo, RunLog
from .settings import CallOptions, RunOptions, Settings
from .signatures import lists_options
from .streams import Streams


class AgentOptions(CallOptions, total=False):
    """The options of `Agent` for type checkers."""

    api_key: Any
    base_url: str | None
    transport: Any
    max_response_bytes: int | None
    clock: Clock | None
    name: str | None


@lists_options
class Agent(Prompts[AgentOutput, AgentDeps], Streams[AgentOutput, AgentDeps]):
    """A language model with its tools and settings.

        agent = Agent("openai:gpt-5-mini", preamble="You answer briefly.", tools=[weather])
        reply = await agent.prompt("Is it warm in Oslo?")
        print(reply.text)

    An agent keeps no conversation by itself. Pass `history=reply.messages` to continue one, or `conversation="id"`, which loads the
    conversation from `conversations` and appends each exchange (by default IndexedDB in a page, the memory of the process elsewhere).

    Args:
        model: "provider:model", a Model, or a sequence of them: each model is called when the one before it fails (see Fallback).
        api_key: The provider's key as text, or a function, async or not, that returns the key when a request needs it. Without a key,
            the provider's environment variable is read. With several models, a mapping from each provider's name to its key.
        base_url: The address of the provider's API, where it is not the provider's own.
        transport: The Transport that sends requests, where it is not the default of the runtime.
        max_response_bytes: The most bytes of a response that are read.
        clock: The Clock that measures time and waits.
        name: The agent's name in traces, as a tool and in handovers.
        deps_type: The type of the option `deps`, which every run must then have. Type checkers infer `Agent[Output, Deps]` from
            `output_type` and `deps_type`: without them an agent is an `Agent[str, None]`.
        **options: RunOptions. Each may also be passed to a single call, and then replaces the agent's option for that call; `hooks`
            are added to the agent's.

    Raises:
        ConfigError: Immediately, if an option cannot work.
    """

    @overload
    def __init__(
        self,
        model: str | Model | Sequence[Any],
        *,
        output_type: type[AgentOutput] | None = ...,
        deps_type: type[AgentDeps] | None = ...,
        deps: AgentDeps = ...,
        **options: Unpack[AgentOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: Agent[Any, None], model: str | Model | Sequence[Any], *, output_type: Any, **options: Unpack[AgentOptions]
    ) -> None: ...
    @overload
    def __init__[D](
        self: Agent[Any, D],
        model: str | Model | Sequence[Any],
        *,
        output_type: Any,
        deps_type: type[D] | None = ...,
        deps: D = ...,
        **options: Unpack[AgentOptions],
    ) -> None: ...
    @lists_options
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
        deps_type: Any = None,
        **options: Unpack[RunOptions],
    ) -> None:
        self.model = _resolve(model, api_key=api_key, base_url=base_url, transport=transport, max_response_bytes=max_response_bytes)
        self.name = name
        self.deps_type = deps_type
        self.settings = self._fit(Settings().override(options))
        self.clock = clock or SystemClock()

    @lists_options
    async def batch(self, prompts: Iterable[Content | Message], **options: Unpack[RunOptions]) -> Batch:
        """Submits many prompts to the provider at once, which answers them within a day at half the price. Each prompt is one model call,
        without tools that run here. Raises ConfigError for a provider without batches, ProviderError."""
        messages = [prompt if isinstance(prompt, Message) else Message.user(prompt) for prompt in prompts]
        if not messages:
            raise ConfigError("a batch needs at least one prompt")
        preamble = self._settings(options).preamble
        if isinstance(preamble, Preamble):
            options["preamble"] = await preamble.text(None)
        port, begin = self._batches(options)
        id, warnings = await port.submit([begin(prompt)[1] for prompt in messages])
        return Batch(id, self.model.name, messages, port, begin, warnings)

    @lists_options
    def open_batch(self, batch: Mapping[str, Any] | str, **options: Unpack[RunOptions]) -> Batch:
        """Opens a batch by its id or by the data of `Batch.to_dict`. options: the options of `batch`. Raises ConfigError."""
        id, model, prompts = read_batch(batch)
        if model not in (None, self.model.name):
            raise ConfigError(f"the batch {id} is of {model}, and this agent's model is {self.model.name}")
        return Batch(id, self.model.name, prompts, *self._batches(options))

    def _batches(self, options: RunOptions) -> tuple[BatchPort, Callable[[Message], tuple[Run, CompletionRequest]]]:
        settings = self._settings(options)
        if settings.own_tools or settings.dynamic_tools or settings.dynamic_context:
            raise ConfigError("a batch runs no tools and looks up no context: leave tools, dynamic_tools and dynamic_context out")
        port: BatchPort | None = getattr(self.model, "batches", None)
        if port is None:
            raise ConfigError(f"{self.model.name} has no batches")

        def begin(prompt: Message) -> tuple[Run, CompletionRequest]:
            run, used = self._start(prompt, None, options)
            return run, self.request(tuple(run.messages), 1, used, run, [])

        return port, begin

    @lists_options
    async def resume(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> Reply[AgentOutput]:
        """Continues a run that paused or was interrupted, and returns its Reply.

        Args:
            run: A Run, the data that `Run.to_dict` returned, a paused Reply, or the id of a durable run. A durable run that another
                tab or process owns is awaited.
            approvals: Answers by the id of the ApprovalRequest: Approve(), Refuse(reason), GiveResult(result), True or False.
                Requests without an answer stay pending.
            **options: RunOptions for this call.
        """
        async with aclosing(self._resumed_events(run, approvals, options, streamed=False)) as events:
            return await last_reply(events)

    @lists_options
    async def resume_stream(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[RunEvent[AgentOutput]]:
        """Continues a run as `resume` does, and yields its events as `stream` does.

        For a durable run, the events so far come first. While another tab or process owns the run, its events arrive as they happen;
        if the owner disappears before the end, this call takes the run over.
        """
        async with aclosing(self._resumed_events(run, approvals, options, streamed=True)) as events:
            async for event in events:
                yield event

    @lists_options
    async def watch(self, run_id: str, **options: Unpack[RunOptions]) -> AsyncGenerator[RunEvent[AgentOutput]]:
        """Yields the past and coming events of a durable run without taking the run over. Ends after its RunDone, or when nobody owns
        the run."""
        async with aclosing(ResumedRun(self, run_id, self._settings(options)).events(streamed=True, take_over=False)) as events:
            async for event in events:
                yield event

    @lists_options
    async def runs(self, **options: Unpack[RunOptions]) -> list[RunInfo]:
        """Returns the durable runs in this agent's run log, newest first."""
        return await self._log(options).runs()

    @lists_options
    async def forget_run(self, run_id: str, **options: Unpack[RunOptions]) -> None:
        """Deletes a durable run from the run log."""
        await self._log(options).delete(run_id)

    def _log(self, options: RunOptions) -> RunLog:
        log = self._settings(options).durable
        if log is None:
            raise ConfigError("this agent keeps no runs: give durable=True")
        return log

    def _resumed_events(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None, options: RunOptions, *, streamed: bool
    ) -> AsyncGenerator[RunEvent[Any]]:
        settings = self._settings(options)
        if isinstance(run, Reply):
            if not isinstance(run.run, Run):
                raise ConfigError("this reply is final; go on with history=reply.messages")
            run = run.run_id or run.run
        if isinstance(run, str):
            return ResumedRun(self, run, settings, approvals).events(streamed=streamed)
        restored = run if isinstance(run, Run) else self.restore(run, **options)
        return Driver(self, restored, settings, approvals).stream(streamed=streamed)

    @lists_options
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
        """Returns this agent as a tool of another agent.

        Args:
            name: The tool's name; the agent's name, if left out.
            description: The tool's description for the calling model.
            events: Adds the events of this agent's runs to the caller's stream, as NestedEvents.
            approval: Whether a person approves each call: "always", "never", or a function of the arguments.
            idempotent: Whether a call of unknown outcome may be repeated.
            **options: RunOptions of each of this agent's runs, such as limits of its own.
        """
        self._settings(options)
        return AgentTool(self, name, description, events=events, approval=approval, idempotent=idempotent, options=options)

    @lists_options
    def start(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Run:
        """Returns the Run that `prompt` would carry out, before its first step. It does not load the conversation: pass the messages of
        `Conversations.load` as history."""
        return self._start(prompt, history, options)[0]

    @lists_options
    def restore(self, data: Mapping[str, Any], **options: Unpack[RunOptions]) -> Run:
        """Returns the Run whose `to_dict` wrote `data`. Its answer is decoded as this agent's `output_type`."""
        output = self._settings(options).output_codec
        return Run.from_dict(data, decode=output.decode if output else None)

    def __repr__(self) -> str:
        tools = f", tools={[tool.name for tool in self.settings.tools]}" if self.settings.tools else ""
        return f"Agent({self.model.name!r}{tools})"


def _resolve(model: Any, **access: Any) -> Model:
    """Returns the Model, or a Fallback over several. Raises ConfigError."""
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
