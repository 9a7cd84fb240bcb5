"""Packages that a page fetches when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import js
import pyodide_js
from pyodide.code import find_imports
from pyodide.ffi import JsException, to_js

from ..core.errors import ConfigError


async def load_packages(names: Sequence[str]) -> None:
    """Loads packages from the runtime's own distribution. Raises ConfigError where they are not available."""
    failures: list[str] = []
    try:
        await pyodide_js.loadPackage(to_js(list(names)), messageCallback=lambda _: None, errorCallback=failures.append)
    except JsException as error:
        failures.append(str(error))
    if failures:
        raise ConfigError(f"could not load {', '.join(names)}: {failures[0]}")


async def install(requirements: Sequence[str]) -> None:
    """Installs requirements with micropip: names, versions or addresses of wheels in PEP 508 form. Raises ConfigError."""
    await load_packages(["micropip"])
    try:
        await import_module("micropip").install(list(requirements))
    except (JsException, ValueError, OSError) as error:
        raise ConfigError(f"{', '.join(requirements)} could not be installed: {error}") from error


async def install_missing(names: Sequence[str]) -> None:
    """Loads packages from the runtime's own distribution, and the others from PyPI. Raises ConfigError."""
    served = [name for name in names if js.Object.hasOwn(pyodide_js.lockfile.packages, name)]
    if served:
        await load_packages(served)
    others = [name for name in names if name not in served]
    if others:
        await install(others)


async def enable_blocking_http(source: str) -> None:
    """Enables the network for a module's urllib, requests and `prompt_sync`, through pyodide-http, as Python's sockets do not work in a
    page. Raises ConfigError where the runtime has no pyodide-http."""
    asks = "prompt_sync" in source or {"urllib", "urllib3", "requests"} & set(find_imports(source))
    if asks and hasattr(js, "XMLHttpRequest"):
        await load_packages(["pyodide-http"])
        import_module("pyodide_http").patch_all()
