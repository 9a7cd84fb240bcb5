"""One call of a model: from the cache, along a chain of models, and again where it failed for a while."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ProviderError
from ..core.events import Event, RequestAdjusted, RetryScheduled, replay
from ..core.log import log
from ..core.ports import Clock, Model
from .answers import expect_answer, missed_choice
from .cache import CachedModel
from .context import RunContext
from .fallback import Fallback, ModelChanged
from .settings import Settings


async def call_model(
    model: Model, request: CompletionRequest, settings: Settings, context: RunContext, clock: Clock, *, streamed: bool
) -> AsyncGenerator[Event | Completion]:
    """Yields one model call, repeated as `settings.retry` allows, but never after a part of the answer was yielded.

    Args:
        model: The agent's model.
        request: The request of the call.
        settings: The settings of the run, with its cache.
        context: Its `model` becomes the name of the model that answers.
        clock: Waits between the attempts.
        streamed: Whether events of the answer are yielded while it arrives.
    """
    name = model.name
    if settings.cache is not None:
        model = CachedModel(model, settings.cache)
    attempt = 1
    while True:
        handed_on = False
        context.model = name
        try:
            if isinstance(model, Fallback):
                async with aclosing(model.answer(request, streamed=streamed)) as events:
                    async for event in events:
                        if isinstance(event, ModelChanged):
                            context.model = event.model
                        elif isinstance(event, Completion):
                            event, missed = _checked(event, request)
                            for adjusted in missed:
                                yield adjusted
                        handed_on = handed_on or not isinstance(event, RequestAdjusted | ModelChanged)
                        yield event
            elif not streamed:
                completion, _ = _checked(await model.complete(request), request)
                for warning in completion.warnings:
                    yield RequestAdjusted(warning)
                yield completion
            elif not model.traits.streaming:
                completion, missed = _checked(await model.complete(request), request)
                for event in (*missed, *replay(completion)):
                    yield event
            else:
                async with aclosing(model.stream(request)) as events:
                    async for event in events:
                        if isinstance(event, Completion):
                            event, missed = _checked(event, request)
                            for adjusted in missed:
                                yield adjusted
                        handed_on = handed_on or not isinstance(event, RequestAdjusted)
                        yield event
            return
        except ProviderError as error:
            delay_s = None if handed_on else settings.retry.delay_s(attempt, error)
            if delay_s is None:
                raise
            attempt += 1
            log.warning("%s failed, attempt %d comes in %.1f s: %s", context.model, attempt, delay_s, error)
            yield RetryScheduled(attempt, delay_s, str(error), error.code, error.status)
            await clock.sleep(delay_s)


def _checked(completion: Completion, request: CompletionRequest) -> tuple[Completion, list[RequestAdjusted]]:
    """Returns an answer with its warnings, and events for those that are new. Raises a retryable StreamError for an empty answer."""
    expect_answer(completion, request.messages)
    missed = missed_choice(completion, request)
    if missed is None:
        return completion, []
    return completion.replace(warnings=(*completion.warnings, missed)), [RequestAdjusted(missed)]
