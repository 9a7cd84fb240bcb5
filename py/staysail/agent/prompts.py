"""The calls of an agent that wait for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Unpack, overload

from ..core.defaults import Defaults
from ..core.errors import ConfigError, StaysailError
from ..core.generics import AgentDeps, AgentOutput
from ..core.messages import Content, MessageLike
from .reply import Reply
from .run_maker import RunMaker
from .settings import CallOptions, RunOptions
from .signatures import lists_options


class Prompts(RunMaker[AgentOutput, AgentDeps]):
    """The calls of an agent that wait for its answer. `Agent` is the one class that has them."""

    @overload
    async def prompt(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, deps: AgentDeps = ..., **options: Unpack[CallOptions]
    ) -> Reply[AgentOutput]: ...
    @overload
    async def prompt[T](
        self,
        prompt: Content,
        *,
        output_type: type[T],
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[T]: ...
    @overload
    async def prompt(
        self,
        prompt: Content,
        *,
        output_type: Any,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[Any]: ...
    @lists_options
    async def prompt(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Reply[Any]:
        """Runs until the final answer and returns the Reply.

        Args:
            prompt: The user's message: text, parts or a Message.
            history: The messages before the prompt, such as `reply.messages` of an earlier run.
            **options: RunOptions for this call.

        Raises:
            ProviderError: A model call failed after every retry.
            MaxTurnsError: The run used its `max_turns` model calls without a final answer.
            OutputError: The answer does not fit `output_type`, or `output_check` refuses it, after every retry.

        Each error carries the run's `history` and `usage`, and so does the CancelledError of a task that was cancelled.
        """
        return await self._reply(prompt, history, options)

    @overload
    def prompt_sync(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, deps: AgentDeps = ..., **options: Unpack[CallOptions]
    ) -> Reply[AgentOutput]: ...
    @overload
    def prompt_sync[T](
        self,
        prompt: Content,
        *,
        output_type: type[T],
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[T]: ...
    @overload
    def prompt_sync(
        self,
        prompt: Content,
        *,
        output_type: Any,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[Any]: ...
    @lists_options
    def prompt_sync(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Reply[Any]:
        """Calls `prompt` from code that cannot await, and blocks until the reply.

        On CPython it works anywhere, also while an event loop runs. In a page it waits by JSPI, where the browser has it. Without JSPI it
        sends requests that block, and then waits for the provider alone: conversations, durable runs and stores have to be in memory, and
        a tool must not wait for something itself. `timeout_s` then ends a request in a worker, and on a page's main thread, whose requests
        no browser limits, the run after the request. In Node it needs JSPI.

        Raises ConfigError where it cannot wait."""
        reply: Reply[Any] = Defaults.run_sync(lambda: self._reply(prompt, history, options))
        return reply

    @overload
    async def chat(
        self, prompt: Content, history: Iterable[MessageLike], *, deps: AgentDeps = ..., **options: Unpack[CallOptions]
    ) -> Reply[AgentOutput]: ...
    @overload
    async def chat[T](
        self,
        prompt: Content,
        history: Iterable[MessageLike],
        *,
        output_type: type[T],
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[T]: ...
    @overload
    async def chat(
        self, prompt: Content, history: Iterable[MessageLike], *, output_type: Any, deps: AgentDeps = ..., **options: Unpack[CallOptions]
    ) -> Reply[Any]: ...
    @lists_options
    async def chat(self, prompt: Content, history: Iterable[MessageLike], **options: Unpack[RunOptions]) -> Reply[Any]:
        """Calls `prompt` with the history as a positional argument."""
        return await self._reply(prompt, history, options)

    @overload
    async def prompt_multi_turn(
        self,
        prompt: Content,
        turns: int,
        *,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[AgentOutput]: ...
    @overload
    async def prompt_multi_turn[T](
        self,
        prompt: Content,
        turns: int,
        *,
        history: Iterable[MessageLike] | None = None,
        output_type: type[T],
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[T]: ...
    @overload
    async def prompt_multi_turn(
        self,
        prompt: Content,
        turns: int,
        *,
        history: Iterable[MessageLike] | None = None,
        output_type: Any,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Reply[Any]: ...
    @lists_options
    async def prompt_multi_turn(
        self, prompt: Content, turns: int, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> Reply[Any]:
        """Calls `prompt` with at most `turns` rounds of tools, which is `turns + 1` model calls, as rig counts them."""
        options["max_turns"] = turns + 1
        return await self._reply(prompt, history, options)

    @overload
    async def batch_prompt(
        self,
        prompts: Sequence[Content],
        concurrency: int = 4,
        *,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> list[Reply[AgentOutput] | Exception]: ...
    @overload
    async def batch_prompt[T](
        self,
        prompts: Sequence[Content],
        concurrency: int = 4,
        *,
        history: Iterable[MessageLike] | None = None,
        output_type: type[T],
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> list[Reply[T] | Exception]: ...
    @overload
    async def batch_prompt(
        self,
        prompts: Sequence[Content],
        concurrency: int = 4,
        *,
        history: Iterable[MessageLike] | None = None,
        output_type: Any,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> list[Reply[Any] | Exception]: ...
    @lists_options
    async def batch_prompt(
        self,
        prompts: Sequence[Content],
        concurrency: int = 4,
        *,
        history: Iterable[MessageLike] | None = None,
        **options: Unpack[RunOptions],
    ) -> list[Reply[Any] | Exception]:
        """Runs each prompt on its own, at most `concurrency` of them at once.

        Returns a list in the order of the prompts. Where a run failed, its place holds the exception.
        """
        if concurrency < 1:
            raise ConfigError(f"concurrency is at least 1, got {concurrency}")
        self._settings(options)  # raises ConfigError before the first prompt is sent
        limit = asyncio.Semaphore(concurrency)

        async def answer(prompt: Content) -> Reply[Any] | Exception:
            async with limit:
                try:
                    return await self._reply(prompt, history, options)
                except StaysailError as error:
                    return error

        return list(await asyncio.gather(*map(answer, prompts)))

    @overload
    async def extract[T](
        self,
        prompt: Content,
        type: type[T],
        *,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> T: ...
    @overload
    async def extract(
        self,
        prompt: Content,
        type: Any,
        *,
        history: Iterable[MessageLike] | None = None,
        deps: AgentDeps = ...,
        **options: Unpack[CallOptions],
    ) -> Any: ...
    @lists_options
    async def extract(
        self, prompt: Content, type: Any, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> Any:
        """Returns the answer as a value of `type`, which is a Python type or a JSON Schema. Raises OutputError."""
        options["output_type"] = type
        return (await self._reply(prompt, history, options)).output
