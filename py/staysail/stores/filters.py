"""Filters on metadata: {"year": {"gte": 2020}, "tag": {"in": ["a", "b"]}, "or": [{...}, {...}], "not": {...}}.

A field may be a path, "author.name". A plain value means equal. Where a document has a list, a comparison holds if it holds for one of its
items. A field that is absent is None, and no comparison but `eq`, `ne`, `in`, `nin` and `exists` holds for None."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from ..core.errors import ConfigError
from .fields import Field, Fields, Selection, get_field, is_plain

type Where = Mapping[str, Any]
type Select = Callable[[Fields], Selection]
type Test = Callable[[Mapping[str, Any]], bool]


def compile_filter(where: Where) -> Test:
    """Returns a function that tests metadata. Raises ConfigError, which names the part of the filter that is wrong."""
    if not isinstance(where, Mapping):
        raise ConfigError(f"where is an object such as {{'year': {{'gte': 2020}}}}, not {type(where).__name__}")
    tests = [_compile_part(name, value) for name, value in where.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda metadata: all(test(metadata) for test in tests)


def compile_selection(where: Where) -> Select:
    """Returns a function that applies the filter to many rows at once, field by field. Raises ConfigError."""
    compile_filter(where)
    return _select_all([_select_part(name, value) for name, value in where.items()])


def _select_all(parts: Sequence[Select]) -> Select:
    def select(fields: Fields) -> Selection:
        chosen = fields.everything
        for part in parts:
            if chosen:  # nothing left: the other fields need not be read
                chosen &= part(fields)
        return chosen

    return select


def _select_part(name: str, value: Any) -> Select:
    match name:
        case "and":
            return _select_all([compile_selection(part) for part in value])
        case "or":
            parts = [compile_selection(part) for part in value]
            return lambda fields: reduce(operator.or_, (part(fields) for part in parts), 0)
        case "not":
            part = compile_selection(value)
            return lambda fields: fields.everything & ~part(fields)
    conditions = _conditions_of(name, value).items()
    return _select_all([_select_condition(name, key, wanted) for key, wanted in conditions])


def _select_condition(name: str, key: str, wanted: Any) -> Select:
    check = _compile_condition(name, key, wanted)

    def select(fields: Fields) -> Selection:
        field = fields[name]
        if key in OPPOSITES:
            return fields.everything & ~_select_condition(name, OPPOSITES[key], wanted)(fields)
        if key == "exists":
            return field.present() if wanted else fields.everything & ~field.present()
        return _look_up(field, key, wanted) | field.one_by_one(check)

    return select


def _look_up(field: Field, key: str, wanted: Any) -> Selection:
    match key:
        case "eq":
            return field.equal([wanted])
        case "in":
            return field.equal(wanted)
        case "gt" | "gte" | "lt" | "lte" if is_plain(wanted) and wanted is not None:
            kind = str if isinstance(wanted, str) else float
            if isinstance(wanted, bool):
                return 0
            low, high = (wanted, None) if key[0] == "g" else (None, wanted)
            return field.ordered(kind, low, high, strict=len(key) == 2)
    return field.passing(_compile_condition("", key, wanted))


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
    conditions = _conditions_of(name, value)
    checks = [_compile_condition(name, key, wanted) for key, wanted in conditions.items()]
    return lambda metadata: all(check(get_field(metadata, name, path)) for check in checks)


def _conditions_of(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        return {"eq": value}
    unknown = next((key for key in value if key not in OPERATORS), None)
    if unknown is not None or not value:
        raise ConfigError(f"{name!r}: there is no operator {unknown!r}; there are {', '.join(OPERATORS)}")
    return value


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


def _equal(value: Any, wanted: Any) -> bool:
    # True equals 1 in Python, but not in metadata.
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

OPPOSITES = {"ne": "eq", "nin": "in"}
