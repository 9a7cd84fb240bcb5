"""Plugins in a page, a worker or Node, where Python runs in Pyodide: web/plugins/host.js runs them, each in a worker of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import js
from pyodide.code import run_js
from pyodide.ffi import JsException, create_proxy, to_js

from ..core.errors import ConfigError
from ..core.json_text import read_json, write_json
from ..fs.ports import Plugin, PluginSource
from .plugin_calls import KINDS, Answering, HostedPlugin, PluginFault, prepare
from .web_files import resolve


class JsPluginHost:
    """url: the address of the npm package's files, or a function that returns it or None; not needed where staysail's JavaScript started
    Python."""

    kinds = KINDS

    def __init__(self, url: str | Callable[[], str | None] | None = None) -> None:
        self._url = url
        self._module: Any = None

    async def load(self, source: PluginSource) -> Plugin:
        spec, data = prepare(source)
        module = await self._host()
        try:
            loaded = await module.loadPlugin(js.JSON.parse(write_json(spec)), to_js(data))
        except JsException as error:
            raise ConfigError(f"plugin {source.name} did not load: {_describe_exception(error)}") from error
        return HostedPlugin(source, read_json(js.JSON.stringify(loaded.about)), _Runner(loaded))

    async def aclose(self) -> None:
        """Plugins end one by one."""

    async def _host(self) -> Any:
        if self._module is None:
            try:
                url = self._url() if callable(self._url) else self._url
                if url is None:
                    self._module = import_module("staysail_web")
                else:
                    self._module = await run_js("(address) => import(address)")(f"{resolve(url)}plugins/host.js")
            except ModuleNotFoundError as error:
                raise ConfigError('say where the npm package\'s files are: staysail.use_web_files("https://…/staysail/")') from error
            except JsException as error:
                raise ConfigError(f"the host of plugins could not be loaded: {_describe_exception(error)}") from error
        return self._module


class _Runner:
    def __init__(self, loaded: Any) -> None:
        self._loaded = loaded

    async def init(self, config: Mapping[str, Any]) -> None:
        try:
            await self._loaded.init(js.JSON.parse(write_json(config)))
        except JsException as error:
            raise PluginFault(_describe_exception(error)) from error

    async def execute(self, request: str, answering: Answering) -> str:
        async def answer(method: str, params: str, body: Any) -> Any:
            return to_js(await answering(method, params, body.to_bytes()))

        proxy = create_proxy(answer)
        try:
            return str(await self._loaded.execute(request, proxy))
        except JsException as error:
            raise PluginFault(_describe_exception(error)) from error
        finally:
            proxy.destroy()

    def stop(self) -> None:
        self._loaded.stop()


def _describe_exception(error: JsException) -> str:
    thrown: Any = error.js_error if hasattr(error, "js_error") else error
    return str(getattr(thrown, "message", error))
