"""Batches: many requests in one submission, answered within a day at half the price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from .completion import Completion, CompletionRequest
from .errors import StaysailError
from .value import Value

type BatchPhase = Literal["running", "done", "failed", "cancelled", "expired"]


class BatchState(Value):
    """The progress of a batch. answered, failed: counts out of `total` requests, 0 where the provider gives none. error: the reason of a
    batch that failed as a whole."""

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
        """Returns the new batch's id, and warnings for options that its requests do not contain."""
        ...

    async def state(self, id: str) -> BatchState: ...
    async def answers(self, id: str, like: CompletionRequest) -> dict[int, Completion | StaysailError]:
        """Returns the answers by the positions of their requests. like: a request like those of the batch."""
        ...

    async def cancel(self, id: str) -> None: ...
