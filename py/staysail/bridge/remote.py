"""Implementations of ports on the JavaScript side: tools, hooks, vector stores, models in the page, and a function that returns the API
key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from ..agent.approval import Answer, ApprovalRequest, read_answer
from ..agent.calls import read_result, read_value
from ..agent.context import RunContext, current_call, current_run
from ..agent.hooks import AskAgain, Skip, Stop
from ..core.completion import Completion, CompletionRequest
from ..core.errors import ConfigError, CorruptionError, DimensionError, QuotaError, StaysailError, StoreError, ToolError
from ..core.events import plain
from ..core.messages import Text
from ..core.native import NativeTool
from ..core.progress import report_progress
from ..core.value import NOTHING
from ..wire.engine_model import EngineFault
from .peer import Peer, RemoteError, current_peer

STORE_ERRORS: dict[str, type[StoreError]] = {kind.__name__: kind for kind in (StoreError, QuotaError, DimensionError, CorruptionError)}


class Owner:
    """The agent of the other side on whose behalf calls are made there. id: None where the peer has a single one."""

    def __init__(self, peer: Peer, id: str | None = None) -> None:
        self._peer, self._id = peer, id

    async def call(self, method: str, params: dict[str, Any], on_event: Callable[[Any], object] | None = None) -> Any:
        return await self._peer.call(method, self._signed(params), on_event)

    def stream(self, method: str, params: dict[str, Any]) -> AsyncGenerator[Any]:
        return self._peer.stream(method, self._signed(params))

    def _signed(self, params: dict[str, Any]) -> dict[str, Any]:
        return params if self._id is None else params | {"owner": self._id}


class RemoteTool:
    """A tool that runs on the other side. The values that it yields before its result are its progress."""

    emits = True

    def __init__(self, owner: Owner, name: str, description: str = "", parameters: Mapping[str, Any] = NOTHING, **limits: Any) -> None:
        self._owner = owner
        self.name = name
        self.description = description
        self.parameters = parameters
        self.approval: Any = self._ask if limits.get("approval") == "ask" else limits.get("approval", "never")
        self.idempotent: bool = limits.get("idempotent", False)
        self.timeout_s: float | None = limits.get("timeout_s")
        self.strict: bool | None = limits.get("strict")
        self.native = NativeTool(**limits["native"]) if limits.get("native") else None

    async def call(self, args: dict[str, Any]) -> Any:
        run, call = current_run(), current_call()
        where = {"run_id": run.id, "call_id": call.id} if run and call else {}
        try:
            return await self._owner.call("tool", {"name": self.name, "args": args, **where}, _report)
        except RemoteError as error:
            raise ToolError(_said(error)) from error

    async def _ask(self, args: dict[str, Any]) -> bool:
        try:
            return bool(await self._owner.call("approval", {"name": self.name, "args": args}))
        except RemoteError as error:
            raise ConfigError(f"needsApproval of {self.name} failed: {error.name}: {error}") from error


def _report(value: Any) -> None:
    """Reports a value that a running tool yields: a picture, a sound or a file as a part, all else as it is."""
    parts = read_result(value) if isinstance(value, Mapping) and "content" in value else ()
    media = [part for part in parts if not isinstance(part, Text)]
    for part in media or [value]:
        report_progress(part)


def _said(error: RemoteError) -> str:
    """Returns the message of an error of the other side, with the error's name once."""
    text = str(error)
    return text if error.name == "ToolError" or text.startswith(f"{error.name}:") or text == error.name else f"{error.name}: {text}"


class RemoteApprove:
    """Passes approval requests to the other side."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def __call__(self, request: ApprovalRequest) -> Answer | None:
        try:
            return read_answer(await self._owner.call("approve", request.to_dict()))
        except RemoteError as error:
            raise StaysailError(f"approve failed: {error.name}: {error}", code="approve") from error


class RemotePreamble:
    """A function of a preamble on the other side. index: its position in the preamble."""

    def __init__(self, owner: Owner, index: int) -> None:
        self._owner, self._index = owner, index

    async def __call__(self, context: RunContext) -> str | None:
        try:
            text: str | None = await self._owner.call("preamble", {"index": self._index, "context": context.to_dict()})
        except RemoteError as error:
            raise StaysailError(f"preamble failed: {error.name}: {error}", code="preamble") from error
        return text


class RemoteOutputCheck:
    """The check of an output on the other side."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def __call__(self, context: RunContext, output: Any) -> None:
        try:
            await self._owner.call("output_check", {"output": output, "context": context.to_dict()})
        except RemoteError as error:
            kind = ConfigError if error.name == "ConfigError" else ToolError
            raise kind(str(error) if kind is ConfigError else _said(error)) from error


class RemoteIndex:
    """A vector store on the other side. index: its position among those of the call."""

    def __init__(self, owner: Owner, index: int) -> None:
        self._owner, self._index = owner, index

    async def top_n(self, query: str, n: int) -> list[Any]:
        try:
            hits: list[Any] = await self._owner.call("search", {"index": self._index, "query": query, "n": n})
        except RemoteError as error:
            raise store_error("the vector store of dynamicContext", error) from error
        return hits


class RemoteToolEmbedder:
    """The embedder of `dynamicTools` on the other side. index: its position among those of the call."""

    def __init__(self, owner: Owner, index: int) -> None:
        self._owner, self._index = owner, index

    async def embed_texts(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            vectors: list[list[float]] = await self._owner.call("tools.embed", {"index": self._index, "texts": list(texts)})
        except RemoteError as error:
            raise ConfigError(f"the embedder of dynamicTools failed: {error}") from error
        return vectors


def store_error(what: str, error: RemoteError) -> StoreError:
    """Returns a failure of `what` as a store's error, of the same class where the other side raised one."""
    kind = STORE_ERRORS.get(error.name)
    translated = kind(f"{what} failed: {error}") if kind else StoreError(f"{what} failed: {error.name}: {error}")
    if error.code != RemoteError.code:
        translated.code = error.code
    return translated


class RemoteHooks:
    """Hooks of the other side. It has only the methods that exist there, so the others cost no crossing. index: its position among those
    of the call."""

    def __init__(self, owner: Owner, index: int, names: Iterable[str]) -> None:
        self._owner, self._index = owner, index
        for name in names:
            setattr(self, name, partial(self._ask, name))

    async def _ask(self, name: str, context: RunContext, value: Any = None, result: Any = None) -> Any:
        sent = value.to_dict() if hasattr(value, "to_dict") else _describe_error(value) if isinstance(value, BaseException) else None
        params = {"index": self._index, "name": name, "context": context.to_dict(), "value": sent, "result": plain(result)}
        try:
            decision = await self._owner.call("hook", params)
        except RemoteError as error:
            raise StaysailError(f"the hook {name} failed: {error.name}: {error}", code="hook") from error
        return None if decision is None else _read_decision(decision, value, result)


def _describe_error(error: BaseException) -> dict[str, Any]:
    return error.to_dict() if isinstance(error, StaysailError) else {"name": type(error).__name__, "message": str(error)}


def _read_decision(decision: dict[str, Any], value: Any, result: Any) -> Any:
    """The answer of a hook as web/agent/hooks.js checked it: one of stop, ask_again, skip, request, completion, call, result."""
    match decision:
        case {"stop": reason}:
            return Stop(reason)
        case {"ask_again": feedback}:
            return AskAgain(feedback)
        case {"skip": answer}:
            return Skip(Completion.from_dict(answer) if isinstance(answer, dict) and "message" in answer else answer)
        case {"request": changes}:
            known = {name: item for name, item in changes.items() if name in CompletionRequest.__match_args__}
            return value.replace(**known)
        case {"completion": changes}:
            return Completion.from_dict(value.to_dict() | changes)
        case {"call": changes}:
            return value.replace(arguments=changes["arguments"])
        case {"result": changed}:
            content = read_result(changed)
            return result.replace(content=content, value=read_value(changed, content))
    raise ConfigError(f"a hook returned {', '.join(decision)}, which is no decision")


class RemoteKey:
    def __init__(self, owner: Owner, link: int | None = None) -> None:
        self._owner, self._link = owner, link

    async def __call__(self) -> str:
        try:
            key: str = await self._owner.call("api_key", {} if self._link is None else {"link": self._link})
        except RemoteError as error:
            raise ConfigError(f"the apiKey function failed: {error}") from error
        return key


class RemoteEngine:
    """A model that the page runs, that one for which Python is at work. name: the provider's. Raises ConfigError where it is for none."""

    def __init__(self, name: str) -> None:
        peer = current_peer.get()
        if peer is None:
            raise ConfigError(f"{name} models answer to what a page calls, and nothing here was called by one")
        self._peer, self._name = peer, name

    async def complete(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        async with aclosing(self._peer.stream("engine.complete", {"engine": self._name, "request": request})) as events:
            try:
                async for event in events:
                    yield event
            except RemoteError as error:
                raise EngineFault(str(error), error.code) from error

    async def embed(self, texts: Sequence[str], embedder: str = "") -> list[list[float]]:
        params = {"engine": self._name, "texts": list(texts)} | ({"embedder": embedder} if embedder else {})
        try:
            vectors: list[list[float]] = await self._peer.call("engine.embed", params)
        except RemoteError as error:
            raise EngineFault(str(error), error.code) from error
        return vectors
