"""Python tools for JavaScript: modules in source text, and their tools."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import count
from types import FunctionType, ModuleType
from typing import Any

from ..agent.calls import read_result
from ..core.errors import ConfigError
from ..core.json_text import read_json
from ..core.messages import Text
from ..core.ports import Tool
from ..core.tool import FunctionTool
from .peer import Method

_numbers = count(1)


class Modules:
    """The modules of one peer. Another peer of the same interpreter has its own, under the same ids."""

    def __init__(self) -> None:
        self._tools: dict[str, dict[str, Tool]] = {}
        self._names: dict[str, str] = {}
        self.methods: dict[str, Method] = {"tools.load": self.load, "tools.call": self.call}

    async def load(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Runs a module and returns the definitions of its tools: the functions marked @tool, or every public function where none is
        marked. Raises ConfigError."""
        packages = import_module("staysail.host.packages")
        if params.get("requirements"):
            await packages.install(params["requirements"])
        await packages.enable_blocking_http(params["source"])
        id, file = params["id"], params["file"]
        module = ModuleType(f"staysail_tools_{next(_numbers)}")
        module.__file__ = file
        sys.modules[module.__name__] = module  # where type hints look names up
        try:
            exec(compile(params["source"], file, "exec"), module.__dict__)  # noqa: S102  it is the user's own program
        except Exception as error:
            del sys.modules[module.__name__]
            raise ConfigError(f"{file} failed: {type(error).__name__}: {error}") from error
        self._names[id] = module.__name__
        self._tools[id] = {tool.name: tool for tool in _tools(module)}
        if not self._tools[id]:
            raise ConfigError(f"{file} has no tools: mark functions with @staysail.tool")
        return [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in self._tools[id].values()]

    def add(self, id: str, tools: Sequence[Tool]) -> None:
        """Adds tools without a module, which are called and passed to agents in the same way."""
        self._tools[id] = {tool.name: tool for tool in tools}

    async def call(self, params: dict[str, Any]) -> Any:
        """Calls a tool and returns its result as plain JSON. Raises what the tool raises."""
        result = await self.find(params["id"], params["name"]).call(params["args"])
        if isinstance(result, str):
            return result
        content = read_result(result)
        if len(content) > 1 or not isinstance(content[0], Text):
            return {"content": [part.to_dict() for part in content]}
        try:
            return read_json(content[0].text)
        except ValueError:
            return content[0].text

    def find(self, id: str, name: str) -> Tool:
        return self._tools[id][name]

    def forget(self) -> None:
        self._tools.clear()
        for name in self._names.values():
            sys.modules.pop(name, None)


def _tools(module: ModuleType) -> list[FunctionTool[..., Any]]:
    values = list(module.__dict__.values())
    marked = [value for value in values if isinstance(value, FunctionTool)]
    if marked:
        return marked
    return [
        FunctionTool(value)
        for value in values
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and not value.__name__.startswith("_")
    ]
