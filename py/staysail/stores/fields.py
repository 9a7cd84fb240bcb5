"""Filters answered field by field: for each field of a filter, the rows that have each value.

A selection is an integer with a byte for each row, the first row's byte the lowest, and 1 where the row is selected. So `and`, `or`
and `not` are one operation each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

type Selection = int


class Field:
    """One field of all rows. A list counts as each of its items."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._count = len(values)
        rows: defaultdict[tuple[bool, Any], array[int]] = defaultdict(partial(array, "I"))
        self.odd: list[tuple[int, Any]] = []  # rows with values that are compared one by one
        self._present = bytearray([value is not None for value in values])
        for row, value in enumerate(values):
            kind = type(value)
            if kind is str or kind is int:  # the fast path for nearly all values
                rows[False, value].append(row)
            elif isinstance(value, list) or not is_plain(value):
                self.odd.append((row, value))
            else:
                rows[kind is bool, value].append(row)
        self._equal: dict[tuple[bool, Any], array[int]] = dict(rows)
        self._sorted: dict[type, tuple[list[Any], array[int]]] = {}

    def present(self) -> Selection:
        return int.from_bytes(self._present, "little")

    def equal(self, wanted: Iterable[Any]) -> Selection:
        return self._select(self._equal.get((isinstance(value, bool), value), ()) for value in wanted if is_plain(value))

    def ordered(self, kind: type, low: Any = None, high: Any = None, *, strict: bool = False) -> Selection:
        """Selects rows with values from `low` on or up to `high`. strict: without `low` and `high` themselves."""
        if kind not in self._sorted:
            values: list[Any] = []
            rows = array("I")
            for (_, value), found in sorted((item for item in self._equal.items() if _is_kind(item[0], kind)), key=_by_value):
                values += [value] * len(found)
                rows += found
            self._sorted[kind] = values, rows
        values, rows = self._sorted[kind]
        first = 0 if low is None else (bisect_right if strict else bisect_left)(values, low)
        last = len(values) if high is None else (bisect_left if strict else bisect_right)(values, high)
        return self._select([rows[first:last]])

    def passing(self, test: Callable[[Any], bool]) -> Selection:
        """Selects rows whose value passes a test. Each distinct value is tested once."""
        return self._select(rows for (_, value), rows in self._equal.items() if test(value))

    def one_by_one(self, test: Callable[[Any], bool]) -> Selection:
        """Selects rows among the odd ones, whose values are compared one by one."""
        return self._select([[row for row, value in self.odd if test(value)]]) if self.odd else 0

    def _select(self, rows: Iterable[Iterable[int]]) -> Selection:
        chosen = bytearray(self._count)
        for part in rows:
            for row in part:
                chosen[row] = 1
        return int.from_bytes(chosen, "little")


class Fields:
    """The fields of some rows. Each field is read when a filter first names it.

    Args:
        count: The number of rows.
        rows: Returns the metadata of each row. It is called for each new field, because keeping the metadata would take several times
            the memory.
    """

    def __init__(self, count: int, rows: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        self._rows = rows
        self._fields: dict[str, Field] = {}
        self.everything: Selection = int.from_bytes(b"\1" * count, "little")

    def __getitem__(self, name: str) -> Field:
        if name not in self._fields:
            rows, path = self._rows(), tuple(name.split("."))
            values = [row.get(name) for row in rows] if len(path) == 1 else [get_field(row, name, path) for row in rows]
            self._fields[name] = Field(values)
        return self._fields[name]


def get_field(metadata: Mapping[str, Any], name: str, path: tuple[str, ...]) -> Any:
    """Returns the value of a field, which may be a path; None where it is absent."""
    if name in metadata:
        return metadata[name]
    value: Any = metadata
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def is_plain(value: Any) -> bool:
    """Returns whether a value can be looked up: a text, number, boolean or None, but not NaN, which equals nothing."""
    return value is None or (isinstance(value, str | int | float) and value == value)


def _is_kind(key: tuple[bool, Any], kind: type) -> bool:
    is_bool, value = key
    return isinstance(value, str) if kind is str else not is_bool and isinstance(value, int | float)


def _by_value(item: tuple[tuple[bool, Any], array[int]]) -> Any:
    return item[0][1]
