from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..core.errors import ConfigError
from ..core.value import NOTHING
from ..core.waiting import blocking
from .ports import PluginFiles

NEEDED = ("name", "version", "execute")


class PythonPlugin:
    """A Python object as a plugin: `name`, `version`, `execute(request)` or `execute(request, files)`, and perhaps `init(config)`,
    `skill_document` and `operations`. A text may be an attribute or a method that returns it. Functions may be `async`; others run in a
    thread where there are threads.

    It runs in this interpreter: the grant holds for its use of `files`, and nothing keeps Python code from doing more. Load code that you
    do not trust as WASM."""

    def __init__(self, target: Any) -> None:
        lacking = [part for part in NEEDED if not hasattr(target, part)]
        if lacking:
            raise ConfigError(f"a plugin has {', '.join(NEEDED)}; {type(target).__name__} lacks {', '.join(lacking)}")
        self.target = target
        self.kind = str(getattr(target, "kind", "python"))
        self.name, self.version = _text(target, "name"), _text(target, "version")
        self.skill_document = _text(target, "skill_document")
        self.operations: Mapping[str, Any] = getattr(target, "operations", None) or NOTHING
        self._wants_files = _takes_two(target.execute)

    async def init(self, config: Mapping[str, Any]) -> None:
        if hasattr(self.target, "init"):
            await _run(self.target.init, dict(config))

    async def execute(self, request: Mapping[str, Any], files: PluginFiles) -> Any:
        return await _run(self.target.execute, request, *((files,) if self._wants_files else ()))


async def _run(function: Callable[..., Any], *args: Any) -> Any:
    if inspect.iscoroutinefunction(function) or sys.platform == "emscripten" or blocking.get():
        result = function(*args)
    else:
        result = await asyncio.to_thread(function, *args)
    return await result if inspect.isawaitable(result) else result


def _text(target: Any, part: str) -> str:
    value = getattr(target, part, "")
    return str(value() if callable(value) else value or "")


def _takes_two(function: Callable[..., Any]) -> bool:
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    positional = sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)
    return positional >= 2 or inspect.Parameter.VAR_POSITIONAL in kinds
