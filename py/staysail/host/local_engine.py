"""The models in the page for Python that runs there without staysail's JavaScript: PyScript, JupyterLite, marimo, plain Pyodide."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import js
from pyodide.code import run_js
from pyodide.ffi import JsException, to_js

from ..core.errors import ConfigError
from ..core.json_text import read_json, write_json
from ..wire.engine_model import ENGINES, EngineFault


def offer_local(url: str, local_url: str | None) -> None:
    """Enables `Agent("local")` and its embedder.

    url: the address of the npm package's files. local_url: the address of the weights, or None.
    """
    engine = JsEngine(f"{url}local/engine.js", {"localURL": local_url} if local_url else {})
    ENGINES["local"] = lambda: engine


class JsEngine:
    """The engine of web/local, which is loaded when it is first used. Raises ConfigError where it cannot be."""

    def __init__(self, address: str, options: dict[str, Any]) -> None:
        self._address, self._options = address, options
        self._engine: Any = None

    async def _load(self) -> Any:
        if self._engine is None:
            try:
                module = await run_js("(address) => import(address)")(self._address)
                self._engine = self._engine or module.LocalEngine.new(_object(self._options))
            except JsException as error:
                raise ConfigError(f"the local engine could not be loaded from {self._address}: {error}") from error
        return self._engine

    async def complete(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        engine = await self._load()
        controller = js.AbortController.new()
        events = engine.complete(js.JSON.parse(write_json(request, nonfinite="null")), _object({"signal": controller.signal}))
        try:
            async for event in events:
                yield read_json(js.JSON.stringify(event))
        except JsException as error:
            raise _fault(error) from error
        finally:
            controller.abort()

    async def embed(self, texts: Sequence[str], embedder: str = "") -> list[list[float]]:
        engine = await self._load()
        try:
            vectors = await engine.embed(to_js(list(texts)), _object({"embedder": embedder}))
        except JsException as error:
            raise _fault(error) from error
        return [list(vector.to_py()) for vector in vectors]


def _fault(error: JsException) -> EngineFault:
    thrown: Any = error.js_error if hasattr(error, "js_error") else error
    return EngineFault(str(getattr(thrown, "message", error)), str(getattr(thrown, "code", "crashed")))


def _object(value: dict[str, Any]) -> Any:
    return to_js(value, dict_converter=js.Object.fromEntries)
