"""A model of the developer's own, behind a port: requests and answers are plain JSON."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Protocol

from ..core.completion import Completion, CompletionRequest
from ..core.events import Event, RequestAdjusted
from ..core.ports import ModelTraits
from .answer import earlier_ids
from .fitting import fit_request
from .history import HistoryRules, fit_history
from .pieces import PieceReader

RULES = HistoryRules("own", answer_media=True, result_media=True)


class OwnModelPort(Protocol):
    """The port to the model. It yields the pieces that `pieces` lists, and raises errors of this package."""

    def answer(self, request: dict[str, Any], *, streamed: bool) -> AsyncGenerator[dict[str, Any]]: ...


class OwnModel:
    """A Model whose answers come through a port.

    Args:
        name: The name in replies, traces and errors.
        port: Answers requests.
        traits: The model's abilities.
    """

    def __init__(self, name: str, port: OwnModelPort, traits: ModelTraits) -> None:
        self.name, self.traits, self._port = name, traits, port

    async def complete(self, request: CompletionRequest) -> Completion:
        async with aclosing(self._answer(request, streamed=False)) as events:
            async for event in events:
                if isinstance(event, Completion):
                    return event
        raise AssertionError("an answer ends in its Completion")

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]:
        async with aclosing(self._answer(request, streamed=True)) as events:
            async for event in events:
                yield event

    async def _answer(self, request: CompletionRequest, *, streamed: bool) -> AsyncGenerator[Event | Completion]:
        reader = PieceReader(self.name, earlier_ids(request))
        fitted, warnings = fit_request(request, self.traits, self.name)
        for warning in warnings:
            yield RequestAdjusted(warning)
        async with aclosing(self._port.answer(render(fitted, request.reasoning), streamed=streamed)) as pieces:
            async for piece in pieces:
                for event in reader.feed(piece):
                    yield event
        for event in reader.close():
            yield event
        completion = reader.finish()
        yield completion.replace(warnings=(*warnings, *completion.warnings))

    def __repr__(self) -> str:
        return f"OwnModel({self.name!r})"


def render(request: CompletionRequest, reasoning: Any) -> dict[str, Any]:
    """Returns the request as plain JSON. The documents stand among the messages.

    Args:
        request: The request, fitted to the model.
        reasoning: The option as the caller gave it.
    """
    fitted = fit_history(request, RULES)
    plain = fitted.replace(reasoning=None).to_dict() | {"messages": [message.to_dict() for message in fitted.with_documents()]}
    del plain["documents"]
    for tool, definition in zip(plain["tools"], fitted.tools, strict=True):
        if definition.strict is not None:
            tool["strict"] = definition.strict
    headers = {"headers": dict(fitted.headers)} if fitted.headers else {}
    return plain | ({"reasoning": reasoning} if reasoning is not None else {}) | headers
