"""Signatures that list every option: `help`, `inspect.signature` and notebooks show them in place of `**options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


class AsItIs:
    """The default of an option that a call leaves as it is, shown as `...`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "..."


def lists[F: Callable[..., Any]](options: type, defaults: Mapping[str, Any]) -> Callable[[F], F]:
    """Returns a decorator for functions with `**options: Unpack[options]`, whose signatures then list the options.

    Args:
        options: The TypedDict of the options.
        defaults: The defaults to show, by name; `...` for an option without.
    """

    def mark(function: F) -> F:
        listed: Any = function
        listed.__signature__ = lambda: _expanded(function, options, defaults)  # made when somebody looks
        return function

    return mark


def _expanded(function: Any, options: type, defaults: Mapping[str, Any]) -> inspect.Signature:
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = function.__defaults__ or ()
    own_defaults = dict(zip(names[code.co_argcount - len(given) : code.co_argcount], given, strict=True)) | (function.__kwdefaults__ or {})
    make, empty, as_it_is = inspect.Parameter, inspect.Parameter.empty, AsItIs()
    own = [
        make(
            name,
            make.POSITIONAL_OR_KEYWORD if at < code.co_argcount else make.KEYWORD_ONLY,
            default=own_defaults.get(name, empty),
            annotation=function.__annotations__.get(name, empty),
        )
        for at, name in enumerate(names)
    ]
    listed = [
        make(name, make.KEYWORD_ONLY, default=defaults.get(name, as_it_is), annotation=getattr(hint, "__forward_arg__", hint))
        for name, hint in options.__annotations__.items()
        if name not in names
    ]
    return inspect.Signature([*own, *listed], return_annotation=function.__annotations__.get("return", empty))
