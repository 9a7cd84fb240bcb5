from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from ..core.errors import ConfigError, NetworkError, ToolFSError
from ..core.json_text import read_json
from ..core.ports import HttpRequest, Transport
from ..core.secrets import shown
from ..core.value import NOTHING
from .entry import Entry, is_directory, not_a_directory, not_found
from .mounts import ReadOnlyMount
from .network import MOST_BYTES, fetch
from .path import DEEPEST, Path, check_name, to_text
from .session import read_host


class HttpMount(ReadOnlyMount):
    """Files of a web server below one address, read-only. A redirect that leads away from the address is refused.

    Args:
        base_url: The address.
        transport: Sends the requests.
        headers: Headers of every request.
        index: A file on the server that lists the others: a JSON list of paths, or of objects with `path` and `size_bytes`. Without
            it, files can be read but not listed.
        limit_bytes: The most bytes of one file.
    """

    kind = "http"
    why = "it is a web server that is only read"

    def __init__(
        self,
        base_url: str,
        *,
        transport: Transport,
        headers: Mapping[str, str] = NOTHING,
        index: str | None = None,
        limit_bytes: int = MOST_BYTES,
    ) -> None:
        try:
            self._host = read_host(base_url)
        except ToolFSError as error:
            raise ConfigError(f"base_url {shown(base_url)}: {error}") from error
        self._base = base_url.partition("?")[0].rstrip("/") + "/"
        self._transport, self._headers, self._index, self._limit_bytes = transport, headers, index, limit_bytes

    async def read(self, path: Path) -> bytes:
        if not path:
            raise is_directory(path)
        return await self._get("/".join(quote(name, safe="") for name in path), path)

    async def stat(self, path: Path) -> Entry | None:
        if not path:
            return Entry("/", "directory")
        if self._index is None:
            return Entry(to_text(path), "file", None)
        return (await self._entries()).get(path)

    async def list(self, path: Path) -> list[Entry]:
        if self._index is None:
            raise ToolFSError(
                "this web server cannot be listed; read a file by its path, or mount it with index=", code="unavailable", path=to_text(path)
            )
        entries = await self._entries()
        if path and path not in entries:
            raise not_found(path)
        if path and entries[path].kind == "file":
            raise not_a_directory(path)
        return [entry for at, entry in sorted(entries.items()) if at[:-1] == path]

    async def _entries(self) -> dict[Path, Entry]:
        """Returns the files of the index, and the directories above them."""
        try:
            listed = read_json(await self._get(self._index or "", ()))
        except ValueError as error:
            raise ToolFSError("the index of this web server is not JSON", code="unavailable", path="/") from error
        entries: dict[Path, Entry] = {}
        for item in listed if isinstance(listed, list) else ():
            text, size = (item.get("path"), item.get("size_bytes")) if isinstance(item, dict) else (item, None)
            path = _names(text)
            if path:
                entries[path] = Entry(to_text(path), "file", size if isinstance(size, int) else None)
        for path in list(entries):
            for length in range(1, len(path)):
                entries[path[:length]] = Entry(to_text(path[:length]), "directory")
        return entries

    async def _get(self, relative: str, path: Path) -> bytes:
        try:
            status, _, body = await fetch(
                self._transport, HttpRequest("GET", self._base + relative, self._headers), self._check, limit_bytes=self._limit_bytes
            )
        except NetworkError as error:
            raise ToolFSError(f"the web server gave no answer: {error}", code="unavailable", path=to_text(path)) from error
        if status in (404, 410):
            raise not_found(path)
        if status != 200:
            raise ToolFSError(f"the web server answered {status}", code="unavailable", path=to_text(path))
        return body

    def _check(self, method: str, url: str) -> None:
        path = urlsplit(url).path
        inside = read_host(url) == self._host and urlsplit(url).scheme == urlsplit(self._base).scheme
        if not inside or not path.startswith(urlsplit(self._base).path) or ".." in path.lower().replace("%2e", ".").split("/"):
            raise ToolFSError("the web server redirects to another place, which is refused", code="refused")


def _names(text: Any) -> Path | None:
    """Returns a path of the index; None for a text that is no path."""
    try:
        steps = text.strip("/").split("/", DEEPEST) if isinstance(text, str) else []
        return tuple(map(check_name, steps)) if 0 < len(steps) < DEEPEST else None
    except ToolFSError:
        return None
