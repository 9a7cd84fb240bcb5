"""Memory policies: which messages of a long history go into a request. A policy shortens the messages of one model call; the history
itself stays whole.

How it works. Before each model call, the policies of `memory=` are called in order, each with the messages that the one before it
returned. Every built-in policy keeps system messages, the prompt, and the current round of tools; it keeps a tool call together with
its results; and the kept part begins with a user message. A custom policy is any object with `async fit(messages, context)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Protocol

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.messages import Message
from ..core.ports import Clock, Model
from ..core.retry import Retry, repeat_failed
from ..core.tokens import Counter, message_tokens, overhead_tokens
from .context import RunContext
from .exchanges import starts_of_exchanges, starts_of_rounds, unpaired


class Notes(Protocol):
    """Values that a policy computed and stores with the conversation, by name."""

    async def get(self, name: str) -> Any: ...
    async def put(self, name: str, value: Any) -> None: ...


class MemoryContext:
    """The context of a memory policy.

    Attributes:
        request: The request that is being prepared, with preamble, documents and tools.
        prompt: The message that the run answers.
        model: The model that will be called.
        run: The context of the run.
        notes: The conversation's notes; None without a conversation.
    """

    def __init__(
        self, request: CompletionRequest, prompt: Message, model: Model, run: RunContext, notes: Notes | None, retry: Retry, clock: Clock
    ) -> None:
        self.request, self.prompt, self.model, self.run, self.notes = request, prompt, model, run, notes
        self._retry, self._clock = retry, clock

    def prompt_at(self, messages: Sequence[Message]) -> int:
        """Returns the prompt's index among messages that a policy may have changed. Without the prompt, the index of the last user
        message, or 0."""
        at = next((at for at in reversed(range(len(messages))) if messages[at] is self.prompt), None)
        return next((at for at in reversed(range(len(messages))) if messages[at].role == "user"), 0) if at is None else at

    async def ask(self, model: Model, request: CompletionRequest) -> Completion:
        """Calls a model for the policy, such as for a summary. The call is retried as the run's own calls are, and counted in its usage."""

        def call() -> Awaitable[Completion]:
            self.run.count(requests=1)
            return model.complete(request)

        completion = await repeat_failed(call, self._retry, self._clock.sleep)
        self.run.spend(model.name, completion)
        return completion


class MemoryPolicy(Protocol):
    """The port of a memory policy."""

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        """Returns the messages that go into the request."""


class SlidingWindow:
    """Keeps at most the last `messages` messages beside system messages, beginning with a user message. If the current run has more
    messages, keeps its prompt and its last round of tools."""

    def __init__(self, messages: int) -> None:
        if messages < 1:
            raise ConfigError(f"SlidingWindow keeps at least 1 message, got {messages}")
        self.messages = messages

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        return keep_last(messages, context.prompt_at(messages), [int(message.role != "system") for message in messages], self.messages)


class TokenWindow:
    """Keeps the last messages that fit into `tokens` together with preamble, documents and tools. The prompt and the last round of tools
    stay even if they exceed `tokens`.

    Args:
        tokens: The size of the window in tokens.
        counter: Counts tokens exactly; see `staysail.core.tokens`. Without it, `estimate_tokens` estimates them, with the error that
            its docstring states.
    """

    def __init__(self, tokens: int, counter: Counter | None = None) -> None:
        if tokens < 1:
            raise ConfigError(f"TokenWindow holds at least 1 token, got {tokens}")
        self.tokens, self.counter = tokens, counter

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        """Returns the request with the messages that the policies keep. Raises ConfigError for a policy that separates a tool call from
        its result."""
        sizes = [await message_tokens(message, self.counter) for message in messages]
        room = self.tokens - await overhead_tokens(context.request, self.counter)
        return keep_last(messages, context.prompt_at(messages), sizes, room)


def keep_last(messages: Sequence[Message], prompt_at: int, sizes: Sequence[int], most: int) -> list[Message]:
    """Returns system messages, the prompt, and as many of the last messages as fit into `most`; always the last round of tools."""
    start = best_cut(messages, prompt_at, sizes, most)
    return [message for at, message in enumerate(messages) if at >= start or at == prompt_at or message.role == "system"]


def best_cut(messages: Sequence[Message], prompt_at: int, sizes: Sequence[int], most: int) -> int:
    """Returns the first index from which all messages fit beside the prompt and system messages; the last possible index where none
    fits."""
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
    """Returns the indexes at which the kept part may begin, in order: 0, each exchange before the prompt, the prompt, and each round
    after it."""
    return sorted({0, *starts_of_exchanges(messages[: prompt_at + 1]), *starts_of_rounds(messages, prompt_at)}) if messages else []


def read_memory(value: Any) -> tuple[MemoryPolicy, ...]:
    """Returns one policy or several as a tuple. Raises ConfigError."""
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
