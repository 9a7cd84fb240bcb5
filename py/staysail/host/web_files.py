"""Addresses of the npm package's files, for Python that staysail's JavaScript did not start."""

from __future__ import annotations

import js

from ..core.errors import ConfigError


def resolve(address: str) -> str:
    """Returns the whole address of a folder, with a slash at its end. Raises ConfigError."""
    base = str(js.location.href) if hasattr(js, "location") else None
    if base is None or not js.URL.canParse(address, base):
        raise ConfigError(f"use_web_files takes the whole address of the npm package's files here (https://…/staysail/), not {address!r}")
    return f"{str(js.URL.new(address, base).href).rstrip('/')}/"
