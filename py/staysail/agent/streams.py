"""The calls of an agent that yield its answer while it arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import aclosing
from typing import Any, Unpack, overload

from ..core.defaults import Defaults
from ..core.errors import ConfigError
from ..core.events import TextDelta
from ..core.generics import AgentDeps, AgentOutput
from ..core.messages import Content, MessageLike
from .events import RunDone, RunEvent
from .partial_output import OutputDelta
from .run_maker import RunMaker
from .settings import CallOptions, RunOptions
from .signatures import lists_options


class Streams(RunMaker[AgentOutput, AgentDeps]):
    """The calls of an agent that yield its answer while it arrives. `Agent` is the one class that has them."""

    @overload
    def stream(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, deps: AgentDeps = ..., **options: Unpack[CallOptions]
    ) -> AsyncGenerator[RunEvent[AgentOutput]]: ...
    @overload
    def stream[T](
        self,
        prompt: Content,
        *,
        output_type: type[T],
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> AsyncGenerator[RunEvent[T]]: ...
    @overload
    def stream(
        self,
        prompt: Content,
        *,
        output_type: Any,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> AsyncGenerator[RunEvent[Any]]: ...
    @lists_options
    async def stream(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[RunEvent[Any]]:
        """Yields the run's events, including events of its tools; the last event is RunDone, which holds the reply.

        Closing the generator (`async with aclosing(...)`) ends the request at once.
        """
        async with aclosing(self._events(prompt, history, options)) as events:
            async for event in events:
                yield event

    @overload
    def stream_sync(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, deps: AgentDeps = ..., **options: Unpack[CallOptions]
    ) -> Generator[RunEvent[AgentOutput]]: ...
    @overload
    def stream_sync[T](
        self,
        prompt: Content,
        *,
        output_type: type[T],
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Generator[RunEvent[T]]: ...
    @overload
    def stream_sync(
        self,
        prompt: Content,
        *,
        output_type: Any,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Generator[RunEvent[Any]]: ...
    @lists_options
    def stream_sync(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> Generator[RunEvent[Any]]:
        """Yields the same events as `stream`, in code that cannot await. Leaving the loop ends the request.

        On CPython the run has an event loop and a thread of its own, and goes on while the loop's body runs. In a page it needs JSPI, or a
        worker, where all events of a model call come at its end. Raises ConfigError where the thread cannot wait.
        """
        events: Generator[RunEvent[Any]] = Defaults.iterate_sync(lambda: self._events(prompt, history, options))
        yield from events

    @lists_options
    async def stream_text(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[str]:
        """Yields the pieces of the model's text as they arrive; joined, they are all that the model writes, also before it calls tools.

        Closing the generator ends the request at once.
        """
        async with aclosing(self._events(prompt, history, options)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    yield event.text

    @lists_options
    async def stream_output(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Any]:
        """Yields the typed answer while it grows, and at last the output itself, checked and of `output_type`.

        Before the last value comes plain JSON, each time the whole part received so far: strings and lists may still grow, and fields may
        be missing. After an answer that is refused come the parts of the next one. Raises ConfigError without an `output_type`.
        """
        if self._settings(options).output_codec is None:
            raise ConfigError("stream_output yields typed answers: give output_type, or use stream_text")
        async with aclosing(self._events(prompt, history, options)) as events:
            async for event in events:
                if isinstance(event, OutputDelta):
                    yield event.output
                elif isinstance(event, RunDone):
                    yield event.reply.output
