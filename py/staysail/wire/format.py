"""Wire formats, and the data of a provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, Protocol

from ..core.completion import Completion, CompletionRequest
from ..core.events import Event
from ..core.ports import ModelTraits
from ..core.value import NOTHING, Value
from .call_ids import CallIds
from .schemas.rules import COMMON, SchemaSupport


class AnswerReader(Protocol):
    """Reads one streamed answer. `feed` receives the object of a stream event and the event's name. `ended` is true once the format's
    last event was read. `body` returns the body that a blocking call would have returned, as far as its parts have arrived."""

    @property
    def ended(self) -> bool: ...
    def feed(self, data: dict[str, Any], name: str = "") -> list[Event]: ...
    def body(self) -> dict[str, Any]: ...


class ChatWire(Protocol):
    """A wire format for conversations. `dialect` is the provider's variant of it."""

    @property
    def name(self) -> str: ...
    @property
    def framing(self) -> Literal["sse", "ndjson"]: ...
    def traits(self, dialect: Any, model: str) -> ModelTraits: ...
    def path(self, model: str, *, streamed: bool) -> str: ...
    def render(self, request: CompletionRequest, model: str, dialect: Any, *, streamed: bool) -> dict[str, Any]: ...
    def parse(self, body: Mapping[str, Any], dialect: Any, ids: CallIds) -> Completion: ...
    def reader(self, dialect: Any, ids: CallIds, tools: Collection[str] = ()) -> AnswerReader: ...


type PageAccess = Literal["yes", "setting", "proxy"]
type ServiceKind = Literal["embeddings", "rerank", "transcription", "images", "speech", "models", "files", "batches", "ocr"]


class Service(Value):
    """A service of a provider beside chat.

    Args:
        form: Name of the shape in the service's wire file.
        path: Path with "{model}" for the model; a leading slash replaces the version at the end of the base.
        batch, batch_bytes: Most inputs of a request, and most bytes of text, two for each token of the limit; 0 for no limit.
    """

    form: str = "openai"
    path: str = ""
    batch: int = 0
    batch_bytes: int = 0


class Provider(Value):
    """A provider, as data. Its file defines one as PROVIDER.

    Args:
        name: Its name before the colon in "provider:model".
        base_url: Its address with the version path. A caller's address without a path gets this path.
        chat: Name of the wire format of its conversations; "" where it has none.
        dialect: Its variant of that wire format.
        services: Its services besides chat, by ServiceKind.
        version: The version that is added to a caller's address which has a path without a version at its end.
        auth: Name of the header that carries the key; "authorization" carries a bearer token.
        label: Its name for people.
        examples: Names of models to begin with.
        key_env: The environment variable with the key.
        key_needed: Requests without a key are refused.
        key_url: Address of the page where a user gets a key.
        base_needed: `base_url` is only an example, and the caller names the server.
        headers: Headers of every request, which its host allows.
        models: Traits of its models where they differ from the wire format's: (pattern of names, fields of ModelTraits). The first
            pattern that occurs in a model's name counts.
        hosted: Kinds of tools that it runs itself.
        hosted_at: Name of its other API here, with the same key, which has more hosted tools.
        schemas: The JSON Schema and the names of tools that it accepts.
        page: Whether a page may call it: "yes", "setting" (if its server is set up to allow pages), "proxy" (its host sends no CORS
            headers).
        page_note: A sentence about calls from pages, for people.
    """

    name: str
    base_url: str
    chat: str = "chat"
    dialect: Any = None
    services: Mapping[str, Service] = NOTHING
    version: str = ""
    auth: str = "authorization"
    label: str = ""
    examples: tuple[str, ...] = ()
    key_env: str | None = None
    key_needed: bool = True
    key_url: str = ""
    base_needed: bool = False
    headers: Mapping[str, str] = NOTHING
    models: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    hosted: tuple[str, ...] = ()
    hosted_at: str = ""
    schemas: SchemaSupport = COMMON
    page: PageAccess = "yes"
    page_note: str = ""


class Registry:
    """Functions of the package of providers, which is a layer further out and registers them here.

    Attributes:
        load: Returns a provider's module by its name.
        sizes: Returns the known fields of ModelTraits, by a provider's and a model's name.
        known: Returns the catalog's row of a model, or None.
    """

    load: Callable[[str], Any] | None = None
    sizes: Callable[[str, str], Mapping[str, Any]] | None = None
    known: Callable[[str, str], Any] | None = None


VERSION = re.compile(r"/v\d+[a-z]*\d*$")


def join_url(base_url: str, path: str, default: str, version: str = "") -> str:
    """Returns the address of `path`. A base without a path (http://127.0.0.1:8000) gets the path of the provider's default base (/v1). A
    query of the base (Azure's api-version) goes to the end. A path with a leading slash replaces the base's version."""
    base, _, query = base_url.partition("?")
    base = base.rstrip("/")
    if "/" not in base.partition("://")[2]:
        base = f"{base}/{default.partition('://')[2].partition('/')[2]}".rstrip("/")
    elif version and not VERSION.search(base):
        base = f"{base}/{version}"
    if path.startswith("/"):
        base, path = VERSION.sub("", base), path[1:]
    return f"{base}/{path}" + (f"{'&' if '?' in path else '?'}{query}" if query else "")


def merge_params(body: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the body with a caller's `additional_params`: objects are merged at every depth, `tools` and `include` are added, anything
    else is replaced."""
    out = dict(body)
    for key, value in params.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            out[key] = merge_params(old, value)
        elif key in ("tools", "include") and isinstance(old, list) and isinstance(value, list | tuple):
            out[key] = [*old, *(item for item in value if key == "tools" or item not in old)]
        else:
            out[key] = value
    return out
