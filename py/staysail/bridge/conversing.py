"""Conversations for JavaScript, and the memory policies of its agents. Each call names its store, so that a store outlives the
interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import Conversations, Message, SlidingWindow, SummaryCompaction, TokenWindow
from ..agent.memory_policies import MemoryContext, MemoryPolicy
from ..core.conversations import ConversationStore
from ..core.defaults import Defaults
from ..core.errors import ConfigError
from ..core.events import plain
from ..core.messages import read_messages
from ..stores.conversations import QUESTION
from .peer import Method, RemoteError
from .remote import Owner


class Conversing:
    def __init__(self) -> None:
        self._open: dict[str, Conversations] = {}
        self.methods: dict[str, Method] = {
            f"conversations.{name}": getattr(self, name)
            for name in (
                *("load", "list", "append", "search", "fork", "cut", "replace", "versions", "question", "put_question"),
                *("rename", "delete", "export", "import_"),
            )
        }

    def find(self, store: dict[str, Any] | None) -> Conversations:
        """Returns a store. store: {id, name}; None for the default of agents."""
        if store is None:
            return _default()
        if store["id"] not in self._open:
            self._open[store["id"]] = Conversations(store["name"])
        return self._open[store["id"]]

    async def load(self, params: dict[str, Any]) -> dict[str, Any]:
        return (await self.find(params["store"]).load(params["id"])).to_dict()

    async def list(self, params: dict[str, Any]) -> Any:
        return plain(await self.find(params["store"]).list())

    async def append(self, params: dict[str, Any]) -> None:
        await self.find(params["store"]).append(params["id"], read_messages(params["messages"]))

    async def search(self, params: dict[str, Any]) -> Any:
        return plain(await self.find(params["store"]).search(params["text"], limit=params["limit"]))

    async def fork(self, params: dict[str, Any]) -> str:
        return await self.find(params["store"]).fork(params["id"], params["at"], title=params["title"])

    async def cut(self, params: dict[str, Any]) -> None:
        await self.find(params["store"]).cut(params["id"], params["at"])

    async def replace(self, params: dict[str, Any]) -> None:
        """Replaces messages. versions: JSON text of the chat's other versions."""
        store, messages = self.find(params["store"]), read_messages(params["messages"])
        await store.replace(params["id"], params["at"], messages, notes={"versions": params["versions"]})

    async def versions(self, params: dict[str, Any]) -> Any:
        return await self.find(params["store"]).get_note(params["id"], "versions")

    async def question(self, params: dict[str, Any]) -> Any:
        return await self.find(params["store"]).get_note(params["id"], QUESTION)

    async def put_question(self, params: dict[str, Any]) -> None:
        """Stores a chat's question without an answer, as JSON text; "" for none."""
        messages = read_messages(params["messages"])
        await self.find(params["store"]).put_note(params["id"], QUESTION, params["question"], begin=messages)

    async def rename(self, params: dict[str, Any]) -> None:
        await self.find(params["store"]).rename(params["id"], params["title"])

    async def delete(self, params: dict[str, Any]) -> None:
        await self.find(params["store"]).delete(params["id"])

    async def export(self, params: dict[str, Any]) -> dict[str, Any]:
        """Returns the export as JSON text, because its spelling of names is its own."""
        return {"output": await self.find(params["store"]).export(params["id"])}

    async def import_(self, params: dict[str, Any]) -> Sequence[str]:
        return await self.find(params["store"]).import_(params["output"])


def _default() -> Conversations:
    store: ConversationStore = Defaults.conversations()
    assert isinstance(store, Conversations)
    return store


def read_policies(owner: Owner, described: Sequence[dict[str, Any]]) -> list[MemoryPolicy]:
    """Returns the memory policies that web/agent/memory-policies.js described, each by kind and options; `index` where a function of the
    policy is on the other side."""
    return [_policy(owner, index, **policy) for index, policy in enumerate(described)]


def _policy(owner: Owner, index: int, kind: str, options: dict[str, Any], counts: bool = False) -> MemoryPolicy:
    counter = RemoteCounter(owner, index) if counts else None
    match kind:
        case "sliding_window":
            return SlidingWindow(options["messages"])
        case "token_window":
            return TokenWindow(options["tokens"], counter)
        case "summary":
            return SummaryCompaction(options.pop("model", None), counter=counter, **options)
    return RemotePolicy(owner, index)


class RemoteCounter:
    """A tokenizer of the other side. index: the position of its policy."""

    def __init__(self, owner: Owner, index: int) -> None:
        self._owner, self._index = owner, index
        self._known: dict[str, int] = {}

    async def __call__(self, text: str) -> int:
        if text not in self._known:
            self._known[text] = int(await _ask(self._owner, "memory.count", {"index": self._index, "text": text}))
        return self._known[text]


class RemotePolicy:
    def __init__(self, owner: Owner, index: int) -> None:
        self._owner, self._index = owner, index

    async def fit(self, messages: Sequence[Message], context: MemoryContext) -> Sequence[Message]:
        """Returns the messages that the other side keeps by position, or messages that it made."""
        params = {"index": self._index, "messages": plain(list(messages)), "prompt_at": context.prompt_at(messages)}
        kept = await _ask(self._owner, "memory.fit", params)
        return [messages[item] if isinstance(item, int) else Message.from_dict(item) for item in kept]


async def _ask(owner: Owner, method: str, params: dict[str, Any]) -> Any:
    try:
        return await owner.call(method, params)
    except RemoteError as error:
        raise ConfigError(f"a function of memory failed: {error.name}: {error}") from error
