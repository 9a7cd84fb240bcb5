from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any

from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError
from ..core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta, ToolCallDone
from ..core.messages import Message, Part, Text
from ..core.ports import ModelTraits
from ..core.usage import Usage

type Answer = str | Part | Sequence[str | Part] | Completion | BaseException | Callable[[CompletionRequest], Any]


class ScriptedModel:
    """A model that gives prepared answers in order: text, parts (tool calls, reasoning), a Completion, an exception to raise, or a function
    of the request (async or not).

    `requests` holds the requests it got. It streams text word by word. delay_s: seconds before each piece. Raises ConfigError when the
    script is over, unless `repeat`.
    """

    def __init__(
        self,
        answers: Iterable[Answer],
        *,
        name: str = "scripted",
        traits: ModelTraits = ModelTraits(),
        usage: Usage = Usage(1, 1, 2),
        delay_s: float = 0.0,
        repeat: bool = False,
    ) -> None:
        self.name = name
        self.traits = traits
        self.requests: list[CompletionRequest] = []
        self._answers = list(answers)
        self._usage, self._delay_s, self._repeat = usage, delay_s, repeat

    async def complete(self, request: CompletionRequest) -> Completion:
        answer = self._next(request)
        if callable(answer):
            answer = answer(request)
            answer = await answer if inspect.isawaitable(answer) else answer
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        return self._completion(answer)

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        completion = await self.complete(request)
        for event in _events(completion):
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            yield event
        yield completion

    def _next(self, request: CompletionRequest) -> Answer:
        position = len(self.requests)
        self.requests.append(request)
        if self._repeat:
            position %= len(self._answers)
        if position >= len(self._answers):
            raise ConfigError(f"the script has {len(self._answers)} answers and was asked for one more")
        return self._answers[position]

    def _completion(self, answer: Any) -> Completion:
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Completion):
            return answer
        message = Message.assistant(answer)
        return Completion(message, self._usage, "tool_calls" if message.tool_calls else "stop", raw={"scripted": True})


def _events(completion: Completion) -> Iterable[Event]:
    if completion.reasoning:
        yield ReasoningDelta(completion.reasoning)
    for part in completion.message.content:
        if isinstance(part, Text):
            yield from (TextDelta(word) for word in re.findall(r"\S+\s*|\s+", part.text))
    for index, call in enumerate(completion.tool_calls):
        yield ToolCallDelta(call.id, call.name, call.arguments_json, index)
        yield ToolCallDone.of(call)


class ScriptedClock:
    """A clock for tests: sleeping takes no time, moves the clock, and is noted in `slept`."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._now = 0.0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds
