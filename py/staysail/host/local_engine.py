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


async def connect_local(url: str, *, local_url: str | None = None) -> None:
    """Enables `Agent("local")`. Raises ConfigError.

    url: the address of staysail's web folder (the npm package). local_url: the address of the weights; wheels/local/ beside the
    folder, if left out.
    """
    address = f"{url.rstrip('/')}/local/engine.js"
    try:
        module = await run_js("(address) => import(address)")(str(js.URL.new(address, js.location.href).href))
        engine = module.LocalEngine.new(*([_object({"localURL": local_url})] if local_url else []))
    except JsException as error:
        raise ConfigError(f"the local engine could not be loaded from {address}: {error}") from error
    ENGINES["local"] = lambda: JsEngine(engine)


class JsEngine:
    def __init__(self, engine: Any) -> None:
        self._engine = engine

    async def complete(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        controller = js.AbortController.new()
        events = self._engine.complete(js.JSON.parse(write_json(request, nonfinite="null")), _object({"signal": controller.signal}))
        try:
            async for event in events:
                yield read_json(js.JSON.stringify(event))
        except JsException as error:
            raise _fault(error) from error
        finally:
            controller.abort()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            vectors = await self._engine.embed(to_js(list(texts)))
        except JsException as error:
            raise _fault(error) from error
        return [list(vector.to_py()) for vector in vectors]


def _fault(error: JsException) -> EngineFault:
    thrown: Any = error.js_error if hasattr(error, "js_error") else error
    return EngineFault(str(getattr(thrown, "message", error)), str(getattr(thrown, "code", "crashed")))


def _object(value: dict[str, Any]) -> Any:
    return to_js(value, dict_converter=js.Object.fromEntries)
