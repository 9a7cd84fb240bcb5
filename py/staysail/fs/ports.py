"""The ports of ToolFS: what keeps, finds, embeds and runs for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from ..core.ports import KeyValue as KeyValue  # told on, for the modules of this folder
from ..core.value import NOTHING, Value
from .entry import Entry
from .path import Path


class Mount(Protocol):
    """A tree of files. Paths are segments below the mount's own root; () is that root, a directory that is always there. Raises
    ToolFSError with such paths, and StoreError."""

    @property
    def kind(self) -> str: ...
    @property
    def writable(self) -> bool: ...
    async def stat(self, path: Path) -> Entry | None: ...
    async def list(self, path: Path) -> list[Entry]:
        """What is in a directory, by name."""

    async def read(self, path: Path) -> bytes: ...
    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        """Creates or replaces a file and makes the directories above it. if_hash: only where the file's hash is this; "" where there is
        none."""

    async def append(self, path: Path, data: bytes) -> None: ...
    async def delete(self, path: Path, *, recursive: bool = False) -> None: ...
    async def rename(self, old: Path, new: Path) -> None:
        """Never replaces anything."""

    async def mkdir(self, path: Path) -> None: ...


class SessionMount(Protocol):
    """A mount that each session sees in its own way, or that takes queries."""

    @property
    def kind(self) -> str: ...
    def under(self, session: Any, query: str | None) -> Mount: ...


@runtime_checkable
class Exportable(Protocol):
    """Something whose whole state can be taken and put back: a vector store, say."""

    async def export(self) -> bytes: ...
    async def import_(self, data: bytes) -> None: ...


class Embedder(Protocol):
    """Gives one `.vec` a text, in order."""

    async def embed_texts(self, texts: Iterable[str]) -> Sequence[Any]: ...


class PluginFiles(Protocol):
    """What a plugin reaches the world through, for as long as its call lasts: paths are those of /toolfs, under the caller's session cut
    with the plugin's grant."""

    async def read(self, path: str) -> bytes: ...
    async def write(self, path: str, data: str | bytes) -> None: ...
    async def list(self, path: str) -> list[Entry]: ...
    async def stat(self, path: str) -> Entry: ...
    async def delete(self, path: str) -> None: ...
    async def mkdir(self, path: str) -> None: ...
    async def rename(self, old: str, new: str) -> None: ...
    async def fetch(
        self, url: str, method: str = "GET", headers: Mapping[str, str] = NOTHING, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]: ...


class Plugin(Protocol):
    """request: {operation, path?, data?, options?}; the response: {success, result?, error?, metadata?}, both plain JSON. An `operations`
    mapping of names to {description, parameters}, where there is one, tells an agent what it can call."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def skill_document(self) -> str: ...
    async def init(self, config: Mapping[str, Any]) -> None: ...
    async def execute(self, request: Mapping[str, Any], files: PluginFiles) -> Any: ...


class PluginSource(Value):
    """What a plugin is loaded from. kind: "wasm", "javascript" or "http". data: a WASM module, or JavaScript source; where there is none
    it is fetched from `url`. hash: SHA-256 that it must have. headers: for the requests of an HTTP plugin. calls: operations made of a WASM
    module's C functions, as web/plugins/calls.js describes them. memory_bytes, output_bytes, timeout_s: its limits."""

    kind: str
    name: str
    data: bytes = b""
    url: str | None = None
    hash: str | None = None
    headers: Mapping[str, str] = NOTHING
    calls: Mapping[str, Any] = NOTHING
    memory_bytes: int = 64 << 20
    output_bytes: int = 1 << 20
    timeout_s: float = 30.0


class PluginHost(Protocol):
    """Runs plugins that are no Python objects, each apart from the others: WASM, JavaScript. kinds: those it can run."""

    @property
    def kinds(self) -> Collection[str]: ...
    async def load(self, source: PluginSource) -> Plugin:
        """Raises ConfigError for what it cannot run, naming what is missing."""

    async def aclose(self) -> None: ...
