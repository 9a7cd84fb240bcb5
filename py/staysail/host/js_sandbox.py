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


class JsSandbox:
    """An interpreter that is opened by the first run.

    web: the address that staysail's web folder (the npm package) is served from.
    options: those of `Sandbox` in web/sandbox/sandbox.js.
    """

    def __init__(self, web: str | None, options: Mapping[str, Any]) -> None:
        if web is None:
            raise ConfigError("say where staysail's web folder (the npm package) is served: python_tool(web=...)")
        if not js.URL.canParse(web, js.location.href):
            raise ConfigError(f"python_tool(web=...) takes the whole address of staysail's web folder in this worker, not {web!r}")
        self._url = js.URL.new(
            f"{web.rstrip('/')}/sandbox/{'sandbox' if hasattr(js, 'document') else 'page-link'}.js", js.location.href
        ).href
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
