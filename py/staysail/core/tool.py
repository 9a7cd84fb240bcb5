"""Python functions as tools."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import aclosing
from types import MethodType
from typing import Annotated, Any, Literal, overload

from .docstring import describe_args, is_generated, summarise
from .errors import ConfigError, OutputError, ToolError
from .functions import called_function, has_threads, plain_function, start
from .injected import fill_in, read_injected
from .progress import report_progress
from .records import is_pydantic_field, type_hints
from .schema import object_codec

type Approval = Literal["always", "never"] | Callable[[dict[str, Any]], bool | Awaitable[bool]]


def check_approval(value: Any, name: str) -> Approval:
    """Raises ConfigError."""
    if value in ("always", "never") or callable(value):
        return value  # type: ignore[no-any-return]
    raise ConfigError(f'approval of the tool {name} is "always", "never" or a function of its arguments, not {value!r}')


class _OwnSignature:
    """The signature of the function of a tool; FunctionTool itself has its constructor's."""

    def __get__(self, instance: FunctionTool[..., Any] | None, owner: type) -> inspect.Signature:
        if instance is None:
            raise AttributeError("__signature__")
        return inspect.signature(instance.function)


class FunctionTool[**P, R]:
    """A function that the model can call. Calling the tool in Python calls the function, with the same signature for type checkers.

    The schema comes from the function's annotations and docstring; arguments are read into the annotated types. A function that raises
    ToolError sends its text to the model, which may call again with other arguments; of any other exception the model gets the type and
    the text. A parameter annotated `RunContext` (`RunContext[Database]`) receives the context of the run and is no part of the schema. An
    ordinary function runs in a thread where the platform has threads (the event loop goes on meanwhile), an `async` one on the loop.
    Values that a generator yields become `ToolProgress` events; the last value, or the returned one, is the result.

    Args:
        function: A function, a method (also a class method or a static one), a `functools.partial`, or an object that can be called.
        name: For the model; the function's own, if left out.
        description: For the model; the docstring up to its first section, if left out.
        timeout_s: Seconds until the call is cancelled and the model gets an error.
        strict: The provider constrains the model to the schema, where it can; None is the provider's default.
        approval: "always", "never", or a function of the arguments that decides whether a person must approve the call.
        idempotent: A resumed run repeats the call without an approval, if it is not known whether the call was carried out.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | None = None,
        strict: bool | None = None,
        approval: Approval = "never",
        idempotent: bool = False,
    ) -> None:
        self.function = function
        plain = plain_function(function)
        functools.update_wrapper(self, plain, updated=())
        doc = _docstring(plain)
        self.name: str = name or str(getattr(plain, "__name__", type(plain).__name__))
        self.description = description if description is not None else summarise(doc)
        self.timeout_s = timeout_s
        self.strict = strict
        self.approval = check_approval(approval, self.name)
        self.idempotent = idempotent
        self.emits = inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain)
        fields = _fields(function, self.name)
        self._injected = {name: found for name, (hint, _) in fields.items() if (found := read_injected(hint))}
        given = inspect.signature(plain).parameters
        self._defaults = {name: fields[name][1] for name in fields if name in given and is_pydantic_field(given[name].default)}
        self._codec = object_codec({name: fields[name] for name in fields if name not in self._injected}, describe_args(doc))
        self._parameters: dict[str, Any] = _closed(self._codec.schema)
        if inspect.iscoroutinefunction(called_function(function)):
            inspect.markcoroutinefunction(self)  # for `inspect` and frameworks that ask it
        self.__doc__ = doc
        self.__name__ = self.name

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return self._parameters

    __signature__ = _OwnSignature()

    def check_arguments(self, args: Mapping[str, Any]) -> None:
        """Raises ToolError for arguments that `call` would refuse."""
        self._read(args)

    def _read(self, args: Mapping[str, Any]) -> dict[str, Any]:
        try:
            typed: dict[str, Any] = self._codec.decode(args)
        except OutputError as error:
            raise ToolError(f"bad arguments for {self.name}: {error}") from error
        return typed

    async def call(self, args: Mapping[str, Any]) -> Any:
        """Returns the function's result for a model's arguments. Raises ToolError for arguments that do not fit."""
        function: Callable[..., Any] = self.function
        result: Any = await start(
            functools.partial(function, **self._defaults | self._read(args) | fill_in(self._injected, self.name)), function
        )
        if isinstance(result, AsyncGenerator):
            return await _last_of(result)
        if isinstance(result, Generator):
            return await _last_of_steps(result)
        return await result if isinstance(result, Awaitable) else result

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    @overload
    def __get__(self, instance: None, owner: type) -> FunctionTool[P, R]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> FunctionTool[..., R]: ...
    def __get__(self, instance: object, owner: type | None = None) -> FunctionTool[..., R]:
        """Returns a method as a tool of its instance, or a class method as a tool of its class."""
        if instance is None and not isinstance(self.function, classmethod | staticmethod):
            return self
        descriptor: Any = self.function
        bound = descriptor.__get__(instance, owner)
        return FunctionTool(bound, **self._options())

    def _options(self) -> dict[str, Any]:
        names = ("name", "description", "timeout_s", "strict", "approval", "idempotent")
        return {name: getattr(self, name) for name in names}

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickles a tool by its qualified name if that names the tool, else as its function and options."""
        plain = plain_function(self.function)
        here: Any = sys.modules.get(getattr(plain, "__module__", ""))
        for step in getattr(plain, "__qualname__", "").split("."):
            here = getattr(here, step, None)
        return str(plain.__qualname__) if here is self else (_rebuild, (self.function, self._options()))

    def __repr__(self) -> str:
        return f"<tool {self.name}{self.__signature__}>"


def _rebuild(function: Any, options: dict[str, Any]) -> FunctionTool[..., Any]:
    return function if isinstance(function, FunctionTool) else FunctionTool(function, **options)


@overload
def tool[**P, R](function: Callable[P, R], /) -> FunctionTool[P, R]: ...
@overload
def tool[**P, R](
    *,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float | None = None,
    strict: bool | None = None,
    approval: Approval = "never",
    idempotent: bool = False,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout_s: float | None = None,
    strict: bool | None = None,
    approval: Approval = "never",
    idempotent: bool = False,
) -> Any:
    """Makes a function a tool: `@tool` or `@tool(name=..., approval="always", timeout_s=...)`. Raises ConfigError for a parameter whose
    type JSON cannot represent.

        @tool
        def weather(city: str, unit: Literal["C", "F"] = "C") -> str:
            \"""Current weather.

            Args:
                city: Name of the city.
            \"""
            if city not in KNOWN:
                raise ToolError(f"no such city; known are {', '.join(KNOWN)}")  # the model reads it and tries again
            return ...

    Args:
        function: The function; left out by `@tool(...)`.
        name: The tool's name; the function's, if left out.
        description: The tool's description; the docstring up to its first section, if left out.
        timeout_s: Seconds until the call is cancelled and the model gets an error.
        strict: Whether the provider holds the model to the schema; None for the provider's default.
        approval: Whether a person approves each call: "always", "never", or a function of the arguments.
        idempotent: Whether a call of unknown outcome may be repeated.
    """

    def made(marked: Callable[..., Any]) -> FunctionTool[..., Any]:
        return FunctionTool(
            marked,
            name=name,
            description=description,
            timeout_s=timeout_s,
            strict=strict,
            approval=approval,
            idempotent=idempotent,
        )

    return made if function is None else made(function)


def as_tool(item: Any) -> Any:
    """Returns a Tool unchanged, or a function as a FunctionTool. Raises ConfigError."""
    if isinstance(item, MethodType) and isinstance(item.__func__, FunctionTool):  # @classmethod above @tool
        return FunctionTool(item.__func__.function.__get__(item.__self__), **item.__func__._options())
    found = FunctionTool(item) if callable(item) and not isinstance(item, FunctionTool) and not _is_tool(item) else item
    if isinstance(found, FunctionTool) and next(iter(found.parameters["properties"]), "") == "self":
        raise ConfigError(
            f"the tool {found.name} is a method of a class: give it of an object, as `boat.{found.name}` in place of `Boat.{found.name}`"
        )
    if isinstance(found, FunctionTool) or _is_tool(found):
        return found
    raise ConfigError(f"{item!r} is no tool: give a function, or an object with name, description, parameters and call(args)")


def _is_tool(item: Any) -> bool:
    return all(hasattr(item, part) for part in ("name", "description", "parameters", "call"))


def _docstring(plain: Any) -> str:
    """Returns a function's docstring; of a method without one, that of the method which it overrides; of an object without one of its
    own, that of `__call__`. `inspect.getdoc` would read the method from its class, which makes a tool of it again."""
    doc = plain.__doc__
    if not inspect.isroutine(plain) and (not doc or is_generated(plain if isinstance(plain, type) else type(plain))):
        doc = "" if isinstance(plain, type) else type(plain).__call__.__doc__
    if not doc and isinstance(plain, MethodType):
        owner = plain.__self__ if isinstance(plain.__self__, type) else type(plain.__self__)
        overridden = (vars(base).get(plain.__name__) for base in owner.__mro__)
        doc = next((method.__doc__ for method in overridden if method is not None and method.__doc__), "")
    return inspect.cleandoc(doc or "")


def _fields(function: Any, name: str) -> dict[str, tuple[Any, Any]]:
    """Returns the parameters that a call can set, as name to (type, default)."""
    plain = plain_function(function)
    hints = type_hints(inspect.unwrap(plain) if hasattr(plain, "__wrapped__") else called_function(function))
    if isinstance(plain, type):
        hints = type_hints(plain) | hints
    fixed = function.keywords if isinstance(function, functools.partial) else {}
    try:
        parameters = inspect.signature(plain if isinstance(function, classmethod) else function).parameters
    except ValueError as error:
        raise ConfigError(f"{name} cannot be a tool: {error}; write a function with annotated parameters that calls it") from error
    fields = {}
    for parameter in parameters.values():
        if parameter.name in fixed:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ConfigError(f"tool {name}: parameter {parameter.name!r} cannot be named in JSON; use ordinary parameters")
        default: Any = dataclasses.MISSING if parameter.default is parameter.empty else parameter.default
        told = Any if parameter.annotation is parameter.empty or isinstance(parameter.annotation, str) else parameter.annotation
        hint = hints.get(parameter.name, told)
        if is_pydantic_field(default):  # `n: int = Field(5, gt=0)`
            hint, default = Annotated[hint, default], dataclasses.MISSING if default.is_required() else default.get_default()
        fields[parameter.name] = (hint, default)
    return fields


def _closed(schema: Any) -> Any:
    """Returns the schema with every object closed, also pydantic's and msgspec's, which ignore unknown properties."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: value if key in ("enum", "const", "default", "examples") else _closed(value) for key, value in schema.items()}
    return out | {"additionalProperties": False} if out.get("type") == "object" and "additionalProperties" not in out else out


async def _last_of(values: AsyncGenerator[Any]) -> Any:
    last = None
    async with aclosing(values):
        async for value in values:
            last = value
            report_progress(value)
    return last


async def _last_of_steps(values: Generator[Any]) -> Any:
    """Runs each step of a generator in a thread, and reports progress on the event loop between them."""
    last, ended = None, object()
    result: list[Any] = []

    def step() -> Any:
        try:
            return next(values)
        except StopIteration as stop:
            result.append(stop.value)
            return ended

    try:
        while (value := await asyncio.to_thread(step) if has_threads() else step()) is not ended:
            last = value
            report_progress(value)
    finally:
        values.close()
    return last if result[0] is None else result[0]
