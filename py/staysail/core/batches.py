"""Batches: many requests given at once, answered within a day at half the price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from .completion import Completion, CompletionRequest
from .errors import StaysailError
from .value import Value

type BatchPhase = Literal["running", "done", "failed", "cancelled", "expired"]


class BatchState(Value):
    """How far a batch is. answered, failed: of `total` requests, where the provider tells. error: why it failed as a whole."""

    phase: BatchPhase
    total: int = 0
    answered: int = 0
    failed: int = 0
    error: str = ""
    raw: Any = None

    @property
    def ended(self) -> bool:
        return self.phase != "running"


class BatchPort(Protocol):
    """The batches of one model."""

    async def submit(self, requests: Sequence[CompletionRequest]) -> tuple[str, tuple[str, ...]]:
        """The id of a new batch, and warnings of what its requests do not get."""
        ...

    async def state(self, id: str) -> BatchState: ...
    async def answers(self, id: str, like: CompletionRequest) -> dict[int, Completion | StaysailError]:
        """The answers by the places of their requests. like: a request of the batch's kind."""
        ...

    async def cancel(self, id: str) -> None: ...
