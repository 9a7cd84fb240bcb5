"""Calling functions of the user: async ones on the event loop, ordinary ones in a thread."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import Any


def plain_function(function: Any) -> Any:
    """Returns the function inside a partial, a class method or a static method."""
    while isinstance(function, functools.partial | classmethod | staticmethod):
        function = function.func if isinstance(function, functools.partial) else function.__func__
    return function


def called_function(function: Any) -> Any:
    """Returns the function that runs when an object is called: the function itself, the `__init__` of a class, or an object's
    `__call__`."""
    plain = plain_function(function)
    if inspect.isclass(plain):
        return plain.__init__
    return plain if inspect.isroutine(plain) else type(plain).__call__


async def start(call: Callable[[], Any], function: Any) -> Any:
    """Returns the result of `call`, not awaited. An ordinary function is called in a thread, where the platform has threads."""
    code = called_function(function)
    at_once = inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code) or inspect.isgeneratorfunction(code)
    return call() if at_once or not has_threads() else await asyncio.to_thread(_carried, call)


def _carried(call: Callable[[], Any]) -> Any:
    """Calls a function. Turns StopIteration, which no future carries (in Python 3.12 its caller would wait for ever), into RuntimeError,
    as generators do."""
    try:
        return call()
    except StopIteration as error:
        raise RuntimeError(f"the function raised StopIteration{f': {error}' if error.args else ''}") from error


async def run(function: Callable[..., Any], *args: Any) -> Any:
    """Returns a function's result, awaited if it is awaitable."""
    result = await start(functools.partial(function, *args), function)
    return await result if isinstance(result, Awaitable) else result


def required_parameters(function: Callable[..., Any]) -> int:
    """Returns the number of positional arguments that a function cannot do without."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(parameter.kind in kinds and parameter.default is parameter.empty for parameter in parameters)


def has_threads() -> bool:
    if sys.platform == "emscripten":
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
