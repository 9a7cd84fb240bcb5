"""The options of an agent in the signatures and docstrings of its calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..core.signatures import lists
from .settings import DEFAULTS, CallOptions, RunOptions


def _documented(kind: type) -> str:
    """Returns the lines of a class's docstring that describe its attributes."""
    return inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]


OPTIONS = "\n".join(filter(None, (_documented(CallOptions), _documented(RunOptions))))


def lists_options[F: Callable[..., Any]](marked: F) -> F:
    """Marks a method with `**options`: its signature lists them, and its docstring describes them. Of a class, only the docstring."""
    listed: Any = marked
    if not isinstance(marked, type):
        of_agent = marked.__name__ == "__init__"
        lists(RunOptions, {name: getattr(DEFAULTS, name) for name in RunOptions.__annotations__} if of_agent else {})(listed)
    if OPTIONS and listed.__doc__:
        listed.__doc__ = f"{inspect.cleandoc(listed.__doc__)}\n\nOptions:\n{OPTIONS}"
    return marked
