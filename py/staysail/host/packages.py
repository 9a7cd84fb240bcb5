"""Packages that are installed while the page runs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import pyodide_js
from pyodide.ffi import JsException

from ..core.errors import ConfigError


async def install(requirements: Sequence[str]) -> None:
    """By micropip, as PEP 508 says what. Raises ConfigError."""
    try:
        await pyodide_js.loadPackage("micropip")
        await import_module("micropip").install(list(requirements))
    except (JsException, ValueError, OSError) as error:
        raise ConfigError(f"{', '.join(requirements)} could not be installed: {error}") from error
