"""Memory: what of a long history a model is still told. A policy makes the messages of one model call fit; the history itself stays whole.

How it works. Before each model call the policies of `memory=` are asked one after another, each for what the one before has left. Whatever
they drop, these stay: system messages, the prompt that is being answered, and the round of tools under way; a tool call and its results are
one piece; and what stays begins where a user speaks. A policy of one's own is anything with `async fit(messages, context)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError, ProviderError
from ..core.messages import Message
from ..core.ports import Clock, Model
from ..core.retry import Retry
from ..core.tokens import Counter, message_tokens, overhead_tokens
from .context import RunContext
from .exchanges import starts_of_exchanges, starts_of_rounds, unpaired


class Notes(Protocol):
    """What a policy has worked out and wants to find again; kept with the conversation."""

    async def get(self, name: str) -> Any: ...
    async def put(self, name: str, value: Any) -> None: ...


class MemoryContext:
    """What a policy may want to know. request: the model call that is being made ready, with preamble, documents and tools. prompt: what is
    being answered. model: whose. notes: None where there is no conversation."""

    def __init__(
        self, request: CompletionRequest, prompt: Message, model: Model, run: RunContext, notes: Notes | None, retry: Retry, clock: Clock
    ) -> None:
        self.request, self.prompt, self.model, self.run, self.notes = request, prompt, model, run, notes
        self._retry, self._clock = retry, clock

    def prompt_at(self, messages: Sequence[Message]) -> int:
        """Where the prompt stands among messages that a policy may have changed; else the last thing the user said, or 0."""
        at = next((at for at in reversed(range(len(messages))) if messages[at] is self.prompt), None)
        return next((at for at in reversed(range(len(messages))) if messages[at].role == "user"), 0) if at is None else at

    async def ask(self, model: Model, request: CompletionRequest) -> Completion:
        """A model call on the run's behalf: tried again as the run's own are, and counted in its usage."""
        attempt = 1
        while True:
            self.run.count(requests=1)
            try:
                completion = await model.complete(request)
                break
            except ProviderError as error:
                delay_s = self._retry.delay_s(attempt, error)
                if delay_s is None:
                    raise
                attempt += 1
                await self._clock.sleep(delay_s)
        self.run.spend(model.name, completion)
        return completion


class MemoryPolicy(Protocol):
    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]: ...


class SlidingWindow:
    """The last `messages` messages at the most, system messages apart; fewer, so that they begin where the user spoke. A run whose own
    rounds of tools are more keeps its prompt and the last of them."""

    def __init__(self, messages: int) -> None:
        if messages < 1:
            raise ConfigError(f"SlidingWindow keeps at least 1 message, got {messages}")
        self.messages = messages

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        return keep_last(messages, context.prompt_at(messages), [int(message.role != "system") for message in messages], self.messages)


class TokenWindow:
    """The last messages that, with preamble, documents and tools, are `tokens` at the most. counter: exact where it is given, see
    `staysail.core.tokens`; else `estimate_tokens`, whose error to allow for is told there. What always stays may be more than that."""

    def __init__(self, tokens: int, counter: Counter | None = None) -> None:
        if tokens < 1:
            raise ConfigError(f"TokenWindow holds at least 1 token, got {tokens}")
        self.tokens, self.counter = tokens, counter

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        sizes = [await message_tokens(message, self.counter) for message in messages]
        room = self.tokens - await overhead_tokens(context.request, self.counter)
        return keep_last(messages, context.prompt_at(messages), sizes, room)


def keep_last(messages: Sequence[Message], prompt_at: int, sizes: Sequence[int], most: int) -> list[Message]:
    """System messages, the prompt, and as many of the last messages as are `most` in all; the last round whatever its size."""
    start = best_cut(messages, prompt_at, sizes, most)
    return [message for at, message in enumerate(messages) if at >= start or at == prompt_at or message.role == "system"]


def best_cut(messages: Sequence[Message], prompt_at: int, sizes: Sequence[int], most: int) -> int:
    """The first place from which on everything fits, beside the prompt and system messages; the last place there is where nothing fits."""
    always = {at for at, message in enumerate(messages) if message.role == "system"} | {prompt_at}
    cuts = cuts_of(messages, prompt_at)
    left = most - sum(sizes[at] for at in always)
    best, at = cuts[-1] if cuts else 0, len(messages)
    for cut in reversed(cuts):
        left -= sum(sizes[place] for place in range(cut, at) if place not in always)
        if left < 0:
            break
        best, at = cut, cut
    return best


def cuts_of(messages: Sequence[Message], prompt_at: int) -> list[int]:
    """Where what is kept may begin, in order: 0, each exchange before the prompt's, the prompt, and each round after it."""
    return sorted({0, *starts_of_exchanges(messages[: prompt_at + 1]), *starts_of_rounds(messages, prompt_at)}) if messages else []


def read_memory(value: Any) -> tuple[MemoryPolicy, ...]:
    """One policy or several, to be asked in order. Raises ConfigError."""
    if value is None:
        return ()
    policies = tuple(value) if isinstance(value, list | tuple) else (value,)
    for policy in policies:
        if not callable(getattr(policy, "fit", None)) or isinstance(policy, type):
            raise ConfigError(f"a memory policy has `async fit(messages, context)`, as SlidingWindow(20) does; got {policy!r:.80}")
    return policies


async def fit(request: CompletionRequest, policies: Iterable[MemoryPolicy], context: MemoryContext) -> CompletionRequest:
    """The request with the messages that the policies leave. Raises ConfigError where one parts a tool call from its result."""
    messages: Sequence[Message] = request.messages
    for policy in policies:
        made: Any = policy.fit(messages, context)
        fitted = tuple(await made if inspect.isawaitable(made) else made)
        parted = [id for id in unpaired(fitted) if id not in unpaired(messages)] if fitted != messages else []
        if parted or not fitted:
            what = f"parted the tool call {parted[0]!r} from its result" if parted else "left no message at all"
            raise ConfigError(f"the memory policy {type(policy).__name__} {what}")
        messages = fitted
    return request.replace(messages=tuple(messages))
