"""JSON Schema: whether a value fits one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check(value: Any, schema: Mapping[str, Any] | bool) -> list[str]:
    """Lists what keeps a JSON value from fitting a JSON Schema, each problem as `path: what is wrong`; none when it fits. Never raises,
    whatever the schema is: see checking.py."""
    from .checking import list_problems  # its nine modules take 5 ms in a page, and the first check comes after a model's answer

    return list_problems(value, schema)


def fit(value: Any, schema: Mapping[str, Any] | bool) -> tuple[Any, list[str]]:
    """The value of a model as the schema wants it, where its meaning is certain (see mending.py), and what keeps it from fitting even
    so."""
    problems = check(value, schema)
    if not problems:
        return value, problems
    from .mending import mend

    mended = mend(value, schema)
    return mended, check(mended, schema)


__all__ = ["check", "fit"]
