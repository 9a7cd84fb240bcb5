from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError, NetworkError, ToolFSError
from ..core.json_text import json_bytes, read_json
from ..core.ports import HttpRequest, Transport, origin_of
from ..core.secrets import excerpt, shown
from ..core.value import NOTHING
from ..core.whole_text import whole
from .network import fetch
from .ports import PluginFiles, PluginSource
from .session import read_host

JSON = {"content-type": "application/json", "accept": "application/json"}


class HttpPlugin:
    """A plugin behind an address: GET returns {version, skill_document?, operations?}, POST to /init receives its configuration,
    POST to /execute receives a request and returns the response, all as JSON. It receives requests and nothing else: it has no files, and
    all data that it needs are in the request. A redirect to another host is refused."""

    kind = "http"

    def __init__(self, source: PluginSource, transport: Transport) -> None:
        if not source.url:
            raise ConfigError(f"plugin {source.name}: one of kind http has a url")
        try:
            read_host(source.url)
        except ToolFSError as error:
            raise ConfigError(f"plugin {source.name}: url {shown(source.url)}: {error}") from error
        self.name, self.version, self.skill_document = source.name, "0", ""
        self.operations: Mapping[str, Any] = NOTHING
        self._url, self._headers, self._transport = source.url.rstrip("/"), dict(source.headers), transport
        self._output_bytes = source.output_bytes

    async def load(self) -> HttpPlugin:
        """Raises ConfigError where it does not say what it is."""
        try:
            about = whole(read_json(await self._send("GET", self._url)))
        except (ToolFSError, NetworkError, ValueError) as error:
            raise ConfigError(f"plugin {self.name} did not load: {error}") from error
        if not isinstance(about, dict):
            raise ConfigError(f"plugin {self.name} did not load: GET gives an object with version and operations")
        self.version = str(about.get("version") or "0")
        self.skill_document = str(about.get("skill_document") or "")
        operations = about.get("operations")
        self.operations = operations if isinstance(operations, dict) else NOTHING
        return self

    async def init(self, config: Mapping[str, Any]) -> None:
        if config:
            await self._send("POST", f"{self._url}/init", config)

    async def execute(self, request: Mapping[str, Any], files: PluginFiles) -> Any:
        return await self._send("POST", f"{self._url}/execute", request)

    async def _send(self, method: str, url: str, value: Any = None) -> bytes:
        body = b"" if value is None else json_bytes(value)
        request = HttpRequest(method, url, self._headers | JSON, body)
        status, _, answer = await fetch(self._transport, request, self._check, limit_bytes=self._output_bytes)
        if not 200 <= status < 300:
            raise ToolFSError(f"it answered {status}: {excerpt(answer.decode(errors='replace'), 200)}", code="unavailable")
        return answer

    def _check(self, method: str, url: str) -> None:
        read_host(url)
        if origin_of(url) != origin_of(self._url):
            raise ToolFSError("it redirects to another host, which is refused", code="refused")
