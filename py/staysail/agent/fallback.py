"""A chain of models: the next model answers when the one before it fails.

How it works. Each call goes to the first model that is not resting, and down the chain while models fail before any part of an answer
was yielded. A model that was overloaded or unreachable rests for a while, and a model that does not exist rests for ever, so that the
calls of a run do not each wait for its failure. When every model failed, the first model's error is raised.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ..core.completion import Completion, CompletionRequest
from ..core.defaults import resolve_model
from ..core.errors import ConfigError, NetworkError, ProviderError, RateLimitError, ServerError, StaysailError, StreamError
from ..core.events import Event, RequestAdjusted, replay
from ..core.log import log
from ..core.ports import Clock, Model, ModelTraits
from ..core.waiting import SystemClock

REST_S = 60.0
"""Seconds for which a model that failed is passed over, where its provider names no delay."""
TOO_LONG = re.compile(
    r"context.?(?:length|window|size)|maximum context|too long|too many tokens|exceeds? the (?:maximum|context|available)|token count",
    re.IGNORECASE,
)
NOT_FOUND = re.compile(r"model.{0,80}(?:not found|does not exist|not exist|unknown|invalid)|(?:invalid|unknown).{0,20}model", re.IGNORECASE)


class ModelChanged(Event):
    """Another model of the chain answers.

    Attributes:
        model: The model that answers, as "provider:model".
        previous: The model that failed.
        error: Why it failed, in words.
        code: The code of its error.
        status: The HTTP status of its error, or None.
    """

    model: str
    previous: str
    error: str
    code: str = ""
    status: int | None = None


def goes_on(error: StaysailError) -> bool:
    """Returns whether another model may answer after this error: overload, rate limit, network, 5xx, a broken stream, a model that does not
    exist, a context too long for the model, or an engine that the page lacks."""
    if isinstance(error, NetworkError | ServerError | RateLimitError):
        return True
    if isinstance(error, StreamError):
        return error.retryable
    return is_missing(error) or is_too_long(error)


def is_missing(error: StaysailError) -> bool:
    """Returns whether the error says that the model does not exist."""
    if isinstance(error, ConfigError):
        return error.code != "config"  # an engine's own code: not_found, unavailable, runtime_missing, …
    return isinstance(error, ProviderError) and (
        error.code in ("model_not_found", "invalid_model", "not_found_error", "NOT_FOUND")
        or error.status == 404
        or (error.status == 400 and bool(NOT_FOUND.search(str(error))))
    )


def is_too_long(error: StaysailError) -> bool:
    """Returns whether the error says that the conversation does not fit the model's context."""
    if not isinstance(error, ProviderError) or error.status not in (None, 400, 413, 422):
        return False
    return error.code in ("context_length_exceeded", "exceed_context_size_error", "context_overflow") or bool(TOO_LONG.search(str(error)))


class Fallback:
    """A Model made of several models in order of preference.

    Args:
        models: The first choice first; Models, "provider:model", or {"model", "api_key", "base_url", "headers"}.
        api_key: Keys by the provider's name. A key is sent to its provider only.
        on: Decides whether the next model answers after an error; `goes_on`, if left out.
        rest_s: Seconds for which a model that failed is passed over.
        clock: Measures the rest.
    """

    def __init__(
        self,
        models: Sequence[Any],
        *,
        api_key: Any = None,
        on: Callable[[StaysailError], bool] = goes_on,
        rest_s: float = REST_S,
        clock: Clock | None = None,
    ) -> None:
        self.models = [_resolve(model, api_key) for model in models]
        if not self.models:
            raise ConfigError('a chain of models has at least one: ["openai:…", "anthropic:…"]')
        self._on, self._rest_s, self._clock = on, rest_s, clock or SystemClock()
        self._rests: dict[int, float] = {}

    @property
    def name(self) -> str:
        """The first model's name."""
        return self.models[0].name

    @property
    def traits(self) -> ModelTraits:
        """The abilities that every model of the chain has."""
        return shared_traits([model.traits for model in self.models])

    async def complete(self, request: CompletionRequest) -> Completion:
        """Returns one whole answer. Raises ProviderError."""
        async with aclosing(self.answer(request, streamed=False)) as events:
            async for event in events:
                if isinstance(event, Completion):
                    return event
        raise AssertionError("a chain answers or raises")

    def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        return self.answer(request, streamed=True)

    async def answer(self, request: CompletionRequest, *, streamed: bool) -> AsyncGenerator[Event | Completion]:
        """Yields events and, last, the Completion. A ModelChanged precedes the answer of a model other than the first. Raises the first
        model's error when every model failed."""
        first: StaysailError | None = None
        changed: ModelChanged | None = None
        for position in self._order():
            model = self.models[position]
            if position and changed is None:
                changed = ModelChanged(model.name, self.name, "it rests after a failure")
            if changed is not None:
                yield changed.replace(model=model.name)
            handed_on = False
            try:
                async with aclosing(_events(model, request, streamed)) as events:
                    async for event in events:
                        handed_on = handed_on or not isinstance(event, RequestAdjusted)
                        yield event
                return
            except (ProviderError, ConfigError) as error:
                if handed_on or not self._on(error):
                    raise
                log.warning("%s failed, and the next model of the chain answers: %s", model.name, error)
                self._rest(position, error)
                first = first or error
                changed = ModelChanged("", model.name, str(error), getattr(error, "code", "") or "", getattr(error, "status", None))
        assert first is not None
        raise first

    def _order(self) -> list[int]:
        """Returns the positions of the models, resting models last."""
        now = self._clock.now()
        return sorted(range(len(self.models)), key=lambda position: self._rests.get(position, 0.0) > now)

    def _rest(self, position: int, error: StaysailError) -> None:
        if is_too_long(error):
            return  # the error concerns this conversation alone
        retry_after_s = getattr(error, "retry_after_s", None)
        self._rests[position] = float("inf") if is_missing(error) else self._clock.now() + (retry_after_s or self._rest_s)

    def __repr__(self) -> str:
        return f"Fallback({[model.name for model in self.models]})"


def shared_traits(all_traits: Sequence[ModelTraits]) -> ModelTraits:
    """Returns the abilities that all of the models have."""
    first = all_traits[0]
    abilities = ("native_output", "output_with_tools", "forced_tools", "forced_with_reasoning", "tools", "streaming")
    lengths = [traits.context_tokens for traits in all_traits]
    return first.replace(
        **{name: all(getattr(traits, name) for traits in all_traits) for name in abilities},
        hosted_tools=tuple(kind for kind in first.hosted_tools if all(kind in traits.hosted_tools for traits in all_traits)),
        context_tokens=None if None in lengths else min(length for length in lengths if length is not None),
    )


async def _events(model: Model, request: CompletionRequest, streamed: bool) -> AsyncGenerator[Event | Completion]:
    if not streamed:
        completion = await model.complete(request)
        for warning in completion.warnings:
            yield RequestAdjusted(warning)
        yield completion
    elif not model.traits.streaming:
        for event in replay(await model.complete(request)):
            yield event
    else:
        async with aclosing(model.stream(request)) as events:
            async for event in events:
                yield event


def _resolve(model: Any, api_key: Any) -> Model:
    """Returns a model of the chain, with its own provider's key only. Raises ConfigError."""
    described = dict(model) if isinstance(model, Mapping) else {"model": model}
    name = described.pop("model", None)
    if isinstance(name, str) and "api_key" not in described and isinstance(api_key, Mapping):
        described["api_key"] = api_key.get(name.partition(":")[0])
    return resolve_model(name, **described)
