"""The ports of ToolFS: mounts, embedders, plugins and their hosts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from ..core.ports import KeyValue as KeyValue  # re-exported for the modules of this folder
from ..core.value import NOTHING, Value
from .entry import Entry
from .path import Path


class Mount(Protocol):
    """A tree of files. Paths are tuples of segments below the mount's root; () is the root, a directory that always exists. Raises
    ToolFSError with such paths, and StoreError."""

    @property
    def kind(self) -> str: ...
    @property
    def writable(self) -> bool: ...
    async def stat(self, path: Path) -> Entry | None: ...
    async def list(self, path: Path) -> list[Entry]:
        """Returns the entries of a directory by name."""

    async def read(self, path: Path) -> bytes: ...
    async def write(self, path: Path, data: bytes, *, if_hash: str | None = None) -> None:
        """Creates or replaces a file, with the directories above it. if_hash: writes only if the file has this hash; "" if there must be
        no file."""

    async def append(self, path: Path, data: bytes) -> None: ...
    async def delete(self, path: Path, *, recursive: bool = False) -> None: ...
    async def rename(self, old: Path, new: Path) -> None:
        """Renames a file or directory. Never replaces another."""

    async def mkdir(self, path: Path) -> None: ...


class SessionMount(Protocol):
    """A mount that each session sees in its own way, or that takes queries."""

    @property
    def kind(self) -> str: ...
    def under(self, session: Any, query: str | None) -> Mount: ...


@runtime_checkable
class Exportable(Protocol):
    """An object whose whole state can be exported and restored, such as a vector store."""

    async def export(self) -> bytes: ...
    async def import_(self, data: bytes) -> None: ...


class Embedder(Protocol):
    """The port of an embedder."""

    async def embed_texts(self, texts: Iterable[str]) -> Sequence[Any]:
        """Returns an object with `vec` for each text, in order."""


class PluginFiles(Protocol):
    """The access of a plugin to files and the network during one call. Paths are those of /toolfs; the call runs under the caller's
    session, restricted to the plugin's grant."""

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
    """A plugin. A request is {operation, path?, data?, options?}, a response {success, result?, error?, metadata?}, both plain JSON. The
    optional mapping `operations`, of names to {description, parameters}, lists the operations for an agent."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def skill_document(self) -> str: ...
    async def init(self, config: Mapping[str, Any]) -> None: ...
    async def execute(self, request: Mapping[str, Any], files: PluginFiles) -> Any: ...


class PluginSource(Value):
    """The source that a plugin is loaded from.

    Attributes:
        kind: "wasm", "javascript" or "http".
        name: The plugin's name.
        data: A WASM module, or JavaScript source; fetched from `url`, if empty.
        url: The address of the source, or of an HTTP plugin.
        hash: The SHA-256 that the source must have.
        headers: Headers for the requests of an HTTP plugin.
        calls: Operations made of a WASM module's C functions, as web/plugins/calls.js describes them.
        memory_bytes: The most memory of the plugin.
        output_bytes: The longest response.
        timeout_s: Seconds for one call.
    """

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
    """Runs plugins that are not Python objects (WASM, JavaScript), each isolated from the others. kinds: the kinds that the host runs."""

    @property
    def kinds(self) -> Collection[str]: ...
    async def load(self, source: PluginSource) -> Plugin:
        """Returns the loaded plugin. Raises ConfigError, which names the missing part, for a source that cannot run here."""

    async def aclose(self) -> None: ...
