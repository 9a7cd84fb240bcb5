"""Filters on metadata: {"year": {"gte": 2020}, "tag": {"in": ["a", "b"]}, "or": [{...}, {...}], "not": {...}}.

A field may be a path, "author.name". A plain value means equal. Where a document has a list, a comparison holds if it holds for one of its
items. A field that is absent is None, and no comparison but `eq`, `ne`, `in`, `nin` and `exists` holds for None."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from ..core.errors import ConfigError

type Where = Mapping[str, Any]
type Test = Callable[[Mapping[str, Any]], bool]


def compile_filter(where: Where) -> Test:
    """A function of metadata. Raises ConfigError, naming the part that is wrong."""
    if not isinstance(where, Mapping):
        raise ConfigError(f"where is an object such as {{'year': {{'gte': 2020}}}}, not {type(where).__name__}")
    tests = [_compile_part(name, value) for name, value in where.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda metadata: all(test(metadata) for test in tests)


def _compile_part(name: str, value: Any) -> Test:
    match name:
        case "and" | "or":
            if not isinstance(value, list | tuple):
                raise ConfigError(f"{name!r} takes a list of filters")
            tests = [compile_filter(part) for part in value]
            if name == "and":
                return lambda metadata: all(test(metadata) for test in tests)
            return lambda metadata: any(test(metadata) for test in tests)
        case "not":
            test = compile_filter(value)
            return lambda metadata: not test(metadata)
    path = tuple(name.split("."))
    conditions = value if isinstance(value, Mapping) and value and set(value) <= OPERATORS.keys() else None
    if conditions is None:
        if isinstance(value, Mapping):
            unknown = next((key for key in value if key not in OPERATORS), None)
            raise ConfigError(f"{name!r}: there is no operator {unknown!r}; there are {', '.join(OPERATORS)}")
        conditions = {"eq": value}
    checks = [_compile_condition(name, key, wanted) for key, wanted in conditions.items()]
    return lambda metadata: all(check(_get(metadata, name, path)) for check in checks)


def _compile_condition(name: str, key: str, wanted: Any) -> Callable[[Any], bool]:
    if key in ("in", "nin") and not isinstance(wanted, list | tuple | set | frozenset):
        raise ConfigError(f"{name!r}: {key!r} takes a list")
    if key == "exists":
        return lambda value: (value is not None) == bool(wanted)
    if key == "ne":
        return lambda value: not _any(OPERATORS["eq"], value, wanted)
    if key == "nin":
        return lambda value: not _any(OPERATORS["in"], value, wanted)
    compare = OPERATORS[key]
    return lambda value: _any(compare, value, wanted)


def _any(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return (
            compare(value, wanted)
            if isinstance(wanted, list) and compare is OPERATORS["eq"]
            else any(compare(item, wanted) for item in value)
        )
    return compare(value, wanted)


def _get(metadata: Mapping[str, Any], name: str, path: tuple[str, ...]) -> Any:
    if name in metadata:
        return metadata[name]
    value: Any = metadata
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _equal(value: Any, wanted: Any) -> bool:
    # True is 1 in Python, and not in anybody's metadata.
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(value: Any, wanted: Any) -> bool:
        if isinstance(value, bool) or isinstance(wanted, bool):
            return False
        if isinstance(value, int | float) and isinstance(wanted, int | float):
            return compare(value, wanted)
        return isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)

    return check


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "ne": _equal,
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "in": lambda value, wanted: any(_equal(value, item) for item in wanted),
    "nin": lambda value, wanted: any(_equal(value, item) for item in wanted),
    "contains": lambda value, wanted: isinstance(value, str) and isinstance(wanted, str) and wanted in value,
    "exists": lambda value, wanted: (value is not None) == bool(wanted),
}
