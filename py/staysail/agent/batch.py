"""Batches of prompts, answered within a day at half the price.

batch = await agent.batch(prompts)
save(batch.to_dict())                       # after a reload: agent.open_batch(saved)
for reply in await (await batch.wait()).replies(): ...
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..core.batches import BatchPort, BatchState
from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError, StaysailError
from ..core.messages import Message, read_messages
from .actions import Finish
from .reply import Reply
from .run import Run

POLL_S = 30.0


class Batch:
    """A batch of one agent's prompts.

    Attributes:
        id: The provider's id of the batch.
        prompts: The prompts in order; () where the batch was opened by its id alone.
        warnings: Options that the batch's requests do not contain.
    """

    def __init__(
        self,
        id: str,
        model: str,
        prompts: Sequence[Message],
        port: BatchPort,
        begin: Callable[[Message], tuple[Run, CompletionRequest]],
        warnings: tuple[str, ...] = (),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.id, self.model, self.prompts, self.warnings = id, model, tuple(prompts), warnings
        self._port, self._begin, self._sleep = port, begin, sleep

    async def state(self) -> BatchState:
        """Returns the batch's progress. Raises ProviderError."""
        return await self._port.state(self.id)

    async def wait(self, *, poll_s: float = POLL_S) -> Batch:
        """Waits until the batch has ended; requests its state every `poll_s` seconds. Raises ProviderError."""
        while not (await self.state()).ended:
            await self._sleep(poll_s)
        return self

    async def replies(self) -> list[Reply | StaysailError]:
        """Returns one Reply for each prompt, in the order of the prompts; an error stands in for a request that failed or expired. Raises
        ConfigError before the batch has ended, ProviderError."""
        state = await self.state()
        if not state.ended:
            raise ConfigError(f"the batch {self.id} is still running; wait for it")
        if state.phase == "failed":
            raise StaysailError(f"the batch {self.id} failed: {state.error or 'no reason given'}", code="batch_failed")
        _, like = self._begin(self._prompt(0))
        answers = await self._port.answers(self.id, like)
        number = len(self.prompts) or max(state.total, 1 + max(answers, default=-1))
        return [self._read(at, answers.get(at), state) for at in range(number)]

    async def cancel(self) -> None:
        """Cancels the batch; answers that exist already remain. Raises ProviderError."""
        await self._port.cancel(self.id)

    def _prompt(self, at: int) -> Message:
        return self.prompts[at] if at < len(self.prompts) else Message.user(f"(Prompt {at + 1} of the batch {self.id}.)")

    def _read(self, at: int, answer: Completion | StaysailError | None, state: BatchState) -> Reply | StaysailError:
        if answer is None:
            return StaysailError(f"request {at + 1} was not answered: the batch is {state.phase}", code="batch_unanswered")
        if isinstance(answer, StaysailError):
            return answer
        run, _ = self._begin(self._prompt(at))
        try:
            run.complete(answer)
            action = run.next()
        except StaysailError as error:
            return error
        if isinstance(action, Finish):
            return action.reply
        return StaysailError(f"request {at + 1} has no final answer: a batch asks once, and runs no tools", code="batch_unfinished")

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for `Agent.open_batch`."""
        return {"id": self.id, "model": self.model, "prompts": [message.to_dict() for message in self.prompts]}

    def __repr__(self) -> str:
        return f"Batch({self.id!r}, {self.model!r})"


def read_batch(data: Mapping[str, Any] | str) -> tuple[str, str | None, tuple[Message, ...]]:
    """Returns (id, model, prompts) from the plain data of `to_dict` or from an id. Raises ConfigError."""
    if isinstance(data, str):
        if not data:
            raise ConfigError("a batch's id cannot be empty")
        return data, None, ()
    if not data.get("id"):
        raise ConfigError("a batch is opened by its id, or by what Batch.to_dict() gave")
    return str(data["id"]), data.get("model"), tuple(read_messages(data.get("prompts") or ()))
