"""The ports: the interfaces that outer layers implement and the agent calls."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol, runtime_checkable

from .completion import Completion, CompletionRequest, Timeouts
from .errors import ConfigError
from .events import Event
from .secrets import holds_secret, redact, remember_request, secrets_of_url, shown
from .shown import Note, Showable, ShownPart, Table
from .value import NOTHING, Value

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
MOST_SHOWN = 300
"""Characters of a hit's document that a notebook shows."""
ODD_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://)?[^/?#]*[\\\x00-\x20\x7f]")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}

type Json = dict[str, Any] | list[Any] | str | int | float | bool | None


class ReasoningTraits(Value):
    """How a model reasons, and how a request controls it. Without levels and budget, the model does not reason or cannot be controlled.

    Args:
        levels: The provider's names for the effort, least first; "none" is among them where reasoning can be switched off.
        by_default: Whether the model reasons without an option.
        budget: The least and the most tokens, for models that take a number of tokens.
        style: The way in which reasoning is requested, where the wire format has several; "" for the usual one.
    """

    levels: tuple[str, ...] = ()
    by_default: bool = False
    budget: tuple[int, int] | None = None
    style: str = ""


class ModelTraits(Value):
    """The abilities and limits of a model. Callers read this instead of the model's name.

    Args:
        native_output: Structured output by JSON Schema.
        output_with_tools: Structured output also in a call that offers tools.
        forced_tools: Can be made to call a tool.
        forced_with_reasoning: Can be made to call a tool while it reasons.
        tools: Tool calls at all.
        streaming: Answers that arrive in pieces.
        sampling: Whether temperature, top_p and top_k are taken.
        reasoning: None where nothing is known of it.
        hosted_tools: Kinds of tools that the provider runs for this model.
        context_tokens, max_output_tokens: Limits in tokens; None where unknown.
        needs_max_tokens: Wants a limit in every request.
        inputs: "text", "image", "file", "audio", "video"; () where unknown.
        retires: Date (YYYY-MM-DD) on which the provider ends the model; "" where none is announced.
    """

    native_output: bool = False
    output_with_tools: bool = True
    forced_tools: bool = True
    tools: bool = True
    streaming: bool = True
    forced_with_reasoning: bool = True
    sampling: Literal["always", "without_reasoning", "never"] = "always"
    reasoning: ReasoningTraits | None = None
    hosted_tools: tuple[str, ...] = ()
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    needs_max_tokens: bool = False
    inputs: tuple[str, ...] = ()
    retires: str = ""

    def reasons(self, option: Any) -> bool:
        """Returns whether the model reasons before its answer. option: the `reasoning` option of the request."""
        known = self.reasoning
        if known is None:
            return option not in (None, "none")
        can = bool(known.levels or known.budget)
        if option == "none" and ("none" in known.levels or (known.budget is not None and known.budget[0] == 0)):
            return False
        return known.by_default or (can and option not in (None, "none"))

    def forces_tools(self, option: Any) -> bool:
        """Returns whether a tool call can be forced. option: the `reasoning` option of the request."""
        return self.forced_tools and (self.forced_with_reasoning or not self.reasons(option))


class Model(Protocol):
    """A language model. `stream` yields events and, last, the Completion that `complete` would return; closing it ends the request at
    once."""

    @property
    def name(self) -> str: ...
    @property
    def traits(self) -> ModelTraits: ...
    async def complete(self, request: CompletionRequest) -> Completion: ...
    def stream(self, request: CompletionRequest) -> AsyncGenerator[Event | Completion]: ...


@runtime_checkable
class Tool(Protocol):
    """A tool that a model can call. `call` returns text, parts, or a JSON value; the message of an error that it raises goes to the
    model.

    Attributes:
        parameters: JSON Schema of an object.
    """

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    async def call(self, args: dict[str, Any]) -> Any: ...


class Exchange(Value):
    """A request and its response as text for people to read, without keys.

    Attributes:
        status: The HTTP status; None where no response came.
        error: The error that ended the exchange early.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int | None
    response_headers: Mapping[str, str]
    response_body: str
    error: str = ""


class HttpRequest(Value):
    """A request, whose secrets are remembered, so that no error and no log shows them; its repr leaves out headers and body, and a pickled
    request has no secret headers and no secrets in its address.

    Args:
        headers: Names in lower case. Raises ConfigError for a name or a value that no header can carry.
        redirects: "follow" goes where the server points to, but never with a secret or a body to another origin; "return" gives the
            redirect as the response.
        watch: Called with the exchange when it is over.
    """

    method: str
    url: str
    headers: Mapping[str, str] = NOTHING
    body: bytes = b""
    timeouts: Timeouts = Timeouts()
    streamed: bool = False
    redirects: Literal["follow", "return"] = "follow"
    watch: Callable[[Exchange], None] | None = None

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            check_header(name, value)
        remember_request(self.url, self.headers)
        if has_odd_host(self.url):
            raise ConfigError(
                f"{shown(without_secrets(self.url))} is no address: a backslash, a space or a control character before its path"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        headers = {name: value for name, value in self.headers.items() if not holds_secret(name, value)}
        public = self.replace(url=redact(self.url, secrets_of_url(self.url)), headers=headers)
        return super(HttpRequest, public).__reduce__()

    def __deepcopy__(self, memo: dict[int, Any]) -> HttpRequest:
        return self

    @property
    def is_private(self) -> bool:
        """Returns whether the request carries something that only its origin may see: a body, or a secret in a header or in the address."""
        return bool(self.body) or any(holds_secret(*header) for header in self.headers.items()) or bool(secrets_of_url(self.url))

    @property
    def origin(self) -> str:
        return origin_of(self.url)

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {without_secrets(self.url)}, {len(self.body)} bytes)"

    @property
    def host(self) -> str:
        return without_secrets(self.url).partition("://")[2].partition("/")[0]


def check_header(name: str, value: Any) -> None:
    """Raises ConfigError, which does not show the value, for a header that HTTP cannot carry."""
    if not isinstance(name, str) or not HEADER_NAME.fullmatch(name):
        raise ConfigError(f"{shown(name)} is not a name of an HTTP header")
    if not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
        raise ConfigError(
            f"the value of the header {name} is not text that HTTP can carry: a line end or another character in it, perhaps from copying"
        )


def has_odd_host(url: str) -> bool:
    """Returns whether an address has characters before its path that one client reads as the end of the host and another as part of it:
    httpx goes to b for "http://a\\@b/", a browser to a."""
    return ODD_HOST.match(url) is not None


def origin_of(url: str) -> str:
    """Returns scheme, host and port of an address in lower case, without a default port."""
    scheme, _, rest = url.partition("://")
    scheme, host = scheme.lower(), re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2].lower()
    return f"{scheme}://{host.removesuffix(DEFAULT_PORTS.get(scheme, ' '))}"


def without_secrets(url: str) -> str:
    """Returns an address without its query and its user's name and password."""
    scheme, _, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


class HttpResponse(Protocol):
    """The response to a request. headers: names in lower case. `chunks` yields the body as it arrives, in pieces of any size."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def chunks(self) -> AsyncIterator[bytes]: ...


class Transport(Protocol):
    """Sends one request. Leaving the context closes the connection at once. Raises NetworkError where no response comes; a response with
    an HTTP error is a response."""

    def send(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpResponse]: ...


class Clock(Protocol):
    """A clock in seconds. `now` never decreases."""

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class SearchHit(Value, Showable):
    """A search result. A higher score is better."""

    score: float
    id: str
    document: Any

    def shown_parts(self) -> tuple[ShownPart, ...]:
        return SearchHits([self]).shown_parts()


class SearchHits(list[SearchHit], Showable):
    """The hits of a search, best first: a list that notebooks show as a table."""

    def shown_parts(self) -> tuple[ShownPart, ...]:
        if not self:
            return (Note("no hits"),)
        rows = tuple((f"{hit.score:.4f}", hit.id, _shorten(hit.document)) for hit in self)
        return (Table(("score", "id", "document"), rows),)


def _shorten(document: Any) -> str:
    """Returns the first characters of a document's text, or of its fields."""
    text = document
    if isinstance(document, Mapping):
        text = document.get("text", document.get("document", document))
    text = str(text)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


class SearchIndex(Protocol):
    """An index that finds documents for a text."""

    async def top_n(self, query: str, n: int) -> Sequence[SearchHit]:
        """Returns the n best hits, best first."""


class DocumentStore(Protocol):
    """A store of documents with vectors, such as VectorStore and QdrantStore. `ingest` fills one; `copy` calls only `ids`, `get` and
    `upsert`. A store with `replace(ids, documents, vectors=...)` changes a file in a single write."""

    async def upsert(self, documents: Sequence[Any], *, vectors: Any = None) -> Any: ...
    async def delete(self, ids: Sequence[str] | None = None, *, where: Mapping[str, Any] | None = None) -> Any: ...
    async def get(self, ids: Sequence[str], *, vectors: bool = False) -> Sequence[Mapping[str, Any]]: ...
    async def ids(self) -> Sequence[str]: ...
    async def count(self, where: Mapping[str, Any] | None = None) -> int: ...


class KeyValue(Protocol):
    """Bytes by text key, changed atomically: IndexedDB in a page, SQLite on CPython, a dict in memory."""

    async def get(self, keys: Sequence[str]) -> list[bytes | None]: ...
    async def scan(self, prefix: str) -> list[tuple[str, bytes]]:
        """Returns every record whose key begins with `prefix`, in no particular order."""

    async def keys(self, prefix: str) -> list[str]: ...
    async def commit(self, puts: Mapping[str, bytes], deletes: Collection[str] = ()) -> None:
        """Writes all changes or none; durable on return. A key in both is put. Raises QuotaError."""

    def exclusive(self) -> AbstractAsyncContextManager[Any]:
        """Returns a context that one task holds at a time, in all tabs and processes. It does not nest."""
