"""Signatures that list every option: `help`, `inspect.signature` and notebooks show them in place of `**options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .settings import DEFAULTS, CallOptions, RunOptions


class _AsTheAgent:
    """The default of an option in a call, shown as `...`: the agent's own."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "..."


def _documented(kind: type) -> str:
    """Returns the lines of a class's docstring that describe its attributes."""
    return inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]


OPTIONS = "\n".join(filter(None, (_documented(CallOptions), _documented(RunOptions))))


def lists_options[F: Callable[..., Any]](marked: F) -> F:
    """Marks a method with `**options`: its signature lists them, and its docstring describes them. Of a class, only the docstring."""
    listed: Any = marked
    if not isinstance(marked, type):
        listed.__signature__ = lambda: _expanded(marked)  # made when somebody looks
    if OPTIONS and listed.__doc__:
        listed.__doc__ = f"{inspect.cleandoc(listed.__doc__)}\n\nOptions:\n{OPTIONS}"
    return marked


def _expanded(function: Any) -> inspect.Signature:
    """Returns the function's signature with the options in place of `**options`. An option of an agent shows its default; in a call it is
    the agent's, shown as `...`."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(zip(names[code.co_argcount - len(function.__defaults__ or ()) :], function.__defaults__ or (), strict=False))
    defaults |= function.__kwdefaults__ or {}
    hints = function.__annotations__
    make, empty = inspect.Parameter, inspect.Parameter.empty
    own = [
        make(
            name,
            make.POSITIONAL_OR_KEYWORD if at < code.co_argcount else make.KEYWORD_ONLY,
            default=defaults.get(name, empty),
            annotation=hints.get(name, empty),
        )
        for at, name in enumerate(names)
    ]
    of_agent, as_the_agent = function.__name__ == "__init__", _AsTheAgent()
    options = [
        make(name, make.KEYWORD_ONLY, default=getattr(DEFAULTS, name) if of_agent else as_the_agent, annotation=_shown(hint))
        for name, hint in RunOptions.__annotations__.items()
        if name not in names
    ]
    return inspect.Signature([*own, *options], return_annotation=hints.get("return", empty))


def _shown(hint: Any) -> Any:
    return getattr(hint, "__forward_arg__", hint)
