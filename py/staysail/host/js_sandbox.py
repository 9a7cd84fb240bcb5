"""The interpreter for a model's code, for Python that staysail's JavaScript did not start. On a page's own thread web/sandbox/sandbox.js
opens it; in a worker web/sandbox/page-link.js requests it from the page, which has loaded for-workers.js."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import js
import pyodide_js
from pyodide.code import run_js
from pyodide.ffi import JsException

from ..core.errors import ConfigError
from ..core.json_text import read_json, write_json
from .web_files import resolve


class JsSandbox:
    """An interpreter that is opened by the first run.

    web: the address of the npm package's files.
    options: The options of `Sandbox` in web/sandbox/sandbox.js.
    """

    def __init__(self, web: str, options: Mapping[str, Any]) -> None:
        if str(pyodide_js.version).startswith("0."):
            raise ConfigError(f"python_tool needs Pyodide 314 or newer, and this is {pyodide_js.version}")
        # A worker's `document` may be its page's, as PyScript lends it; it is the page's thread that counts.
        is_worker = hasattr(js, "WorkerGlobalScope")
        self._url = f"{resolve(web)}sandbox/{'page-link' if is_worker else 'sandbox'}.js"
        self._options = {"runtimeURL": js.URL.new(pyodide_js._api.config.indexURL, js.location.href).href, **options}
        self._opened: Any = None

    async def run(self, work: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        try:
            if self._opened is None:
                module = await run_js("(address) => import(address)")(self._url)
                self._opened = module.Sandbox.new(js.JSON.parse(write_json(self._options)))
            events = self._opened.run(js.JSON.parse(write_json(work)))
            try:
                while not (step := await events.next()).done:
                    yield read_json(js.JSON.stringify(step.value))
            finally:
                events.return_()
        except JsException as error:
            raise ConfigError(f"the sandbox did not start: {error}") from error

    def end(self) -> None:
        if self._opened is not None:
            self._opened.end()
