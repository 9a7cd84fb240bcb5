"""The port of an agent: the part of it that its drivers and the tools made of it call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, Protocol, Unpack

from ..core.completion import CompletionRequest, Document
from ..core.events import Event
from ..core.messages import Content, Message, MessageLike
from ..core.ports import Clock, Model
from .reply import Reply
from .run import OutputMode, Run
from .settings import RunOptions, Settings


class Runnable(Protocol):
    """An agent: `agent.Agent` is the one implementation."""

    name: str | None
    model: Model
    settings: Settings
    clock: Clock

    async def prompt(self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]) -> Reply: ...
    def stream(
        self, prompt: Content, *, history: Iterable[MessageLike] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event]: ...
    async def resume(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> Reply: ...
    def resume_stream(
        self, run: Run | Reply | Mapping[str, Any] | str, approvals: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event]: ...
    def output_mode(self, schema: Mapping[str, Any] | None, settings: Settings) -> OutputMode:
        """Returns how the model is asked for an answer of this schema."""

    def request(self, messages: tuple[Message, ...], turn: int, settings: Settings, run: Run, found: list[Document]) -> CompletionRequest:
        """Returns the request of one turn. found: documents that were retrieved for the prompt."""
