"""Packages that are fetched when they are needed."""

from __future__ import annotations

from collections.abc import Sequence

import pyodide_js
from pyodide.ffi import JsException, to_js

from ..core.errors import ConfigError


async def load_packages(names: Sequence[str]) -> None:
    """From where the runtime came. Raises ConfigError where they cannot be had."""
    failures: list[str] = []
    try:
        await pyodide_js.loadPackage(to_js(list(names)), messageCallback=lambda _: None, errorCallback=failures.append)
    except JsException as error:
        failures.append(str(error))
    if failures:
        raise ConfigError(f"could not load {', '.join(names)}: {failures[0]}")
