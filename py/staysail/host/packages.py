"""Packages that are fetched when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

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


async def install(requirements: Sequence[str]) -> None:
    """By micropip: names, versions or addresses of wheels, as PEP 508 spells them. Raises ConfigError."""
    await load_packages(["micropip"])
    try:
        await import_module("micropip").install(list(requirements))
    except (JsException, ValueError, OSError) as error:
        raise ConfigError(f"{', '.join(requirements)} could not be installed: {error}") from error
