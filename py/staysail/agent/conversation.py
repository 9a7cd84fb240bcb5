"""A run as part of a conversation: its history is loaded, and its messages are appended when it ends, however it ends."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from ..core.conversations import ConversationStore
from ..core.errors import StaysailError, StoreError
from ..core.events import Event, StepDone, TextDelta
from ..core.messages import Message
from .events import RunDone
from .run import Run

CUT_OFF = "(The run ended here, before an answer.)"
"""The assistant's message of a run that ended after its tools: some providers refuse a user message right after a tool result."""


class ConversationRef:
    """A conversation in a store. It also serves as Notes."""

    def __init__(self, store: ConversationStore, id: str) -> None:
        self.store, self.id = store, id

    async def load(self) -> tuple[Message, ...]:
        """Returns the conversation's messages. Damaged parts are left out, each with a warning."""
        conversation = await self.store.load(self.id)
        for problem in conversation.problems:
            warnings.warn(problem, stacklevel=2)
        return conversation.messages

    async def get(self, name: str) -> Any:
        return await self.store.get_note(self.id, name)

    async def put(self, name: str, value: Any) -> None:
        await self.store.put_note(self.id, name, value)

    async def record(self, events: AsyncGenerator[Event], run: Run, *, resumable: bool = False) -> AsyncGenerator[Event]:
        """Yields the run's events, and appends its exchange to the conversation before the last event. A run that waits for approval is
        appended after it was resumed, and so is an interrupted run that is `resumable`."""
        text: list[str] = []
        kept = False
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, TextDelta):
                        text.append(event.text)
                    elif isinstance(event, StepDone):
                        text.clear()
                    elif isinstance(event, RunDone):
                        kept = True
                        if run.phase == "done":
                            await self._keep(run.messages[run.prompt_at :], run)
                    yield event
        except BaseException as error:
            if not kept and not resumable:
                await self._keep_cut_off(run, "".join(text), error)
            raise

    async def keep_once(self, run: Run) -> None:
        """Appends the exchange of a durable run that had ended before its page closed, unless the conversation holds it already."""
        said = run.messages[run.prompt_at :]
        if list((await self.load())[-len(said) :]) != said:
            await self._keep(said, run)

    async def _keep(self, messages: list[Message], run: Run) -> None:
        try:
            await self.store.append(self.id, messages)
        except StaysailError as error:
            error.history, error.usage = run.history, run.usage
            raise

    async def _keep_cut_off(self, run: Run, text: str, error: BaseException) -> None:
        """Appends the messages of an interrupted run. A run without an answer is left out, so that its prompt can be sent again."""
        said = list(run.history[run.prompt_at :])
        while said and said[-1].role == "user":
            said.pop()
        if not said and not text:
            return
        said = said or [run.messages[run.prompt_at]]
        if text or said[-1].role == "tool":
            said.append(Message.assistant(text or CUT_OFF))
        try:
            await self.store.append(self.id, said)
        except (StoreError, asyncio.CancelledError) as failure:
            error.add_note(f"the conversation {self.id!r} does not hold this run: {failure}")
