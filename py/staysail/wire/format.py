"""What a wire format is, and what a provider says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from ..core.completion import Completion, CompletionRequest
from ..core.events import Event
from ..core.framing import ServerEvent
from ..core.ports import ModelTraits
from ..core.value import NOTHING, Value


class AnswerReader(Protocol):
    """Reads one streamed answer. `finish` gives the whole; it raises StreamError when the answer did not come to its end."""

    def feed(self, event: ServerEvent) -> list[Event]: ...
    def finish(self) -> Completion: ...


class ChatWire(Protocol):
    """A format for conversations. `dialect` is the provider's own variant, as that format defines it."""

    @property
    def name(self) -> str: ...
    @property
    def framing(self) -> Literal["sse", "ndjson"]: ...
    def traits(self, dialect: Any) -> ModelTraits: ...
    def path(self, model: str, *, streamed: bool) -> str: ...
    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]: ...
    def parse(self, body: Mapping[str, Any], dialect: Any) -> Completion: ...
    def reader(self, dialect: Any) -> AnswerReader: ...


type PageAccess = Literal["yes", "setting", "proxy"]


class Provider(Value):
    """A provider, as data. Its file defines one as PROVIDER.

    base_url: with the version path; a caller's address without a path gets this one's path. base_needed: it is only an example, the caller
    names the server. chat: name of the wire format of conversations; '' if it has none. dialect: that format's variant.
    auth: how the key travels, a header's name ("authorization" means a bearer token). headers: sent with every request; no host refuses
    them.
    page: may a page call it: "yes", "setting" (when its server is told to), "proxy" (its host sends no CORS headers). key_url: where a
    user gets a key.
    """

    name: str
    base_url: str
    chat: str = "chat"
    dialect: Any = None
    auth: str = "authorization"
    key_env: str | None = None
    key_needed: bool = True
    key_url: str = ""
    base_needed: bool = False
    headers: Mapping[str, str] = NOTHING
    page: PageAccess = "yes"
    page_note: str = ""


def join_url(base_url: str, path: str, default: str) -> str:
    """The address of `path`. A base without a path of its own (http://127.0.0.1:8000) is given the path of the provider's default base
    (/v1)."""
    base = base_url.rstrip("/")
    if "/" not in base.partition("://")[2]:
        base = f"{base}/{default.partition('://')[2].partition('/')[2]}".rstrip("/")
    return f"{base}/{path}"
