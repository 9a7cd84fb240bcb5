"""Validation of JSON values against JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check(value: Any, schema: Mapping[str, Any] | bool) -> list[str]:
    """Returns the problems that keep a JSON value from fitting a JSON Schema, each as `path: what is wrong`; an empty list means that it
    fits. Never raises, whatever the schema is: see checking.py."""
    from .checking import list_problems  # nine modules, 5 ms in a page; the first check comes after a model's answer

    return list_problems(value, schema)


def fit(value: Any, schema: Mapping[str, Any] | bool) -> tuple[Any, list[str]]:
    """Returns a model's value as the schema wants it, where the value's meaning is certain (see mending.py), and the problems that are
    left."""
    problems = check(value, schema)
    if not problems:
        return value, problems
    from .mending import mend

    mended = mend(value, schema)
    return mended, check(mended, schema)


__all__ = ["check", "fit"]
