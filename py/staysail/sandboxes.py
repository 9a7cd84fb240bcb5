"""Composition root of the tool that runs a model's Python: chooses where it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .core.defaults import Defaults
from .core.errors import ConfigError
from .core.tool import Approval
from .fs.session import HOST
from .tools.python_tool import PythonTool

LEAST_MEMORY_BYTES = 64 << 20
MOST_MEMORY_BYTES = 4 << 30


def python_tool(
    *,
    allowed_hosts: Sequence[str] = (),
    files: tuple[Any, Any] | None = None,
    timeout_s: float = 30.0,
    memory_bytes: int = 512 << 20,
    output_bytes: int = 20_000,
    name: str = "python",
    approval: Approval = "never",
    web: str | None = None,
) -> PythonTool:
    """A tool that runs Python which the model wrote, in an interpreter of its own that can be thrown away.

        agent = Agent(model, tools=[python_tool(files=(toolfs, session), timeout_s=20)])

    It runs in a worker inside a frame of nobody's origin, whose policy lets nothing be fetched; it is ended when a call takes longer than
    timeout_s or uses up memory_bytes, and the next call starts another, and says so. Names stay from call to call until then: give each
    conversation a tool of its own.

    allowed_hosts: what it may send requests to, such as "api.example.org" or "*.example.org"; none if left out, and then only the packages
    of the runtime's folder can be imported. files: a ToolFS and a session of it; the files that the session may read are below /toolfs
    there, and what is changed is written back under that session. output_bytes: of text that the model is told. web: where staysail's web
    folder is served, for Python that staysail's own JavaScript did not start.

    While it runs, what it prints comes as `ToolProgress` events. Raises ConfigError, at once outside of a page."""
    if sys.platform != "emscripten":
        raise ConfigError("python_tool runs code in a page, which can hold it; on a server, run it in a container of your own")
    bad = [host for host in allowed_hosts if not HOST.fullmatch(host.lower())]
    if bad:
        raise ConfigError(f"allowed_hosts: {bad[0]!r} is no host; write api.example.org, *.example.org or localhost:8080")
    if not LEAST_MEMORY_BYTES <= memory_bytes <= MOST_MEMORY_BYTES:
        raise ConfigError(f"memory_bytes is from {LEAST_MEMORY_BYTES} to {MOST_MEMORY_BYTES}, not {memory_bytes!r}")
    options = {
        "allowedHosts": [host.lower() for host in allowed_hosts],
        "timeoutMs": timeout_s * 1000,
        "memoryBytes": memory_bytes,
        "outputBytes": output_bytes,
    }
    sandbox = Defaults.open_sandbox(options) if Defaults.open_sandbox and web is None else _open_here(web, options)
    return PythonTool(
        sandbox,
        allowed_hosts=allowed_hosts,
        files=files,
        timeout_s=timeout_s,
        output_bytes=output_bytes,
        name=name,
        approval=approval,
    )


def _open_here(web: str | None, options: dict[str, Any]) -> Any:
    return import_module("staysail.host.js_sandbox").JsSandbox(web, options)
