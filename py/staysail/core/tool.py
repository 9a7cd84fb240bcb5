"""Python functions as tools."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, overload

from .docstring import describe_args, summarise
from .errors import ConfigError, OutputError, ToolError
from .records import type_hints
from .schema import object_codec

type Approval = Literal["always", "never"] | Callable[[dict[str, Any]], bool | Awaitable[bool]]


def check_approval(value: Any, name: str) -> Approval:
    """Raises ConfigError."""
    if value in ("always", "never") or callable(value):
        return value  # type: ignore[no-any-return]
    raise ConfigError(f'approval of the tool {name} is "always", "never" or a function of its arguments, not {value!r}')


class FunctionTool:
    """A function the model can call; still callable as itself.

    The schema comes from its annotations and docstring; arguments are read into the annotated types. An ordinary function runs in a
    thread where the platform has threads (the event loop goes on meanwhile), an `async` one on the loop. timeout_s: seconds, after which
    the model is told it took too long.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | None = None,
        strict: bool | None = None,
        approval: Approval = "never",
        idempotent: bool = False,
    ) -> None:
        self.function = function
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        doc = inspect.getdoc(function) or ""
        self.description = description if description is not None else summarise(doc)
        self.timeout_s = timeout_s
        self.strict = strict
        self.approval = check_approval(approval, self.name)
        self.idempotent = idempotent
        self._codec = object_codec(_fields(function, self.name), describe_args(doc))
        self.__doc__ = doc
        self.__name__ = self.name

    @property
    def parameters(self) -> dict[str, Any]:
        return self._codec.schema

    def check_arguments(self, args: Mapping[str, Any]) -> None:
        """Raises ToolError when the arguments do not fit, as `call` would."""
        self._read(args)

    def _read(self, args: Mapping[str, Any]) -> dict[str, Any]:
        try:
            typed: dict[str, Any] = self._codec.decode(args)
        except OutputError as error:
            raise ToolError(f"bad arguments for {self.name}: {error}") from error
        return typed

    async def call(self, args: Mapping[str, Any]) -> Any:
        """Runs the function. Raises ToolError when the arguments do not fit."""
        typed = self._read(args)
        if inspect.iscoroutinefunction(self.function) or sys.platform == "emscripten" or not _has_loop():
            result = self.function(**typed)
            return await result if isinstance(result, Awaitable) else result
        result = await asyncio.to_thread(self.function, **typed)
        return await result if isinstance(result, Awaitable) else result

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> FunctionTool:
        """A method marked `@tool` becomes a tool of its instance."""
        if instance is None:
            return self
        bound = self.function.__get__(instance, owner)
        return FunctionTool(
            bound,
            name=self.name,
            description=self.description,
            timeout_s=self.timeout_s,
            strict=self.strict,
            approval=self.approval,
            idempotent=self.idempotent,
        )

    def __repr__(self) -> str:
        return f"<tool {self.name}({', '.join(self.parameters['properties'])})>"


@overload
def tool(function: Callable[..., Any], /) -> FunctionTool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float | None = None,
    strict: bool | None = None,
    approval: Approval = "never",
    idempotent: bool = False,
) -> Callable[[Callable[..., Any]], FunctionTool]: ...
def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> FunctionTool | Callable[[Callable[..., Any]], FunctionTool]:
    """Makes a function a tool: `@tool` or `@tool(name=..., approval="always", timeout_s=...)`. Raises ConfigError for a parameter without a
    JSON type."""
    if function is None:
        return lambda marked: FunctionTool(marked, **options)
    return FunctionTool(function, **options)


def as_tool(item: Any) -> Any:
    """A Tool from a Tool or a plain function. Raises ConfigError."""
    if all(hasattr(item, part) for part in ("name", "description", "parameters", "call")):
        return item
    if callable(item):
        return FunctionTool(item)
    raise ConfigError(f"{item!r} is no tool: give a function, or an object with name, description, parameters and call(args)")


def _fields(function: Callable[..., Any], name: str) -> dict[str, tuple[Any, Any]]:
    hints = type_hints(function if inspect.isroutine(function) else type(function).__call__)
    fields = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConfigError(f"tool {name}: parameter {parameter.name!r} cannot be named in JSON; use ordinary parameters")
        default = dataclasses.MISSING if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints.get(parameter.name, Any), default)
    return fields


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
