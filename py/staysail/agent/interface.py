"""The ports of an agent: the part of it that its drivers call, and the part that tools made of it call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Protocol

from ..core.completion import CompletionRequest, Document
from ..core.events import Event
from ..core.messages import Message
from ..core.ports import Clock, Model
from .reply import Reply
from .run import Run
from .settings import Settings
from .typed_output import OutputMode


class RunOwner(Protocol):
    """The part of an agent that a driver calls."""

    name: str | None
    model: Model
    settings: Settings
    clock: Clock

    deps_type: Any

    def output_mode(self, schema: Mapping[str, Any] | None, settings: Settings) -> OutputMode:
        """Returns how an answer that fits the schema is requested from the model."""

    def request(self, messages: tuple[Message, ...], turn: int, settings: Settings, run: Run, found: list[Document]) -> CompletionRequest:
        """Returns the request of one turn. found: documents that were retrieved for the prompt."""


class Runnable(RunOwner, Protocol):
    """The part of an agent that a tool made of it calls: `agent.Agent` is the one implementation."""

    @property
    def prompt(self) -> Callable[..., Awaitable[Reply[Any]]]: ...
    @property
    def stream(self) -> Callable[..., AsyncGenerator[Event]]: ...
    @property
    def resume(self) -> Callable[..., Awaitable[Reply[Any]]]: ...
    @property
    def resume_stream(self) -> Callable[..., AsyncGenerator[Event]]: ...
