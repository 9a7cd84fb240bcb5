"""The engine of a check: it visits schemas and calls their keywords' functions, within a budget of steps and a limit on depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..patterns import PatternError, PatternTooCostly, compile_pattern
from .equality import identity, is_type, same, shown, size_of
from .references import References, Scope

STEPS = 1_000_000
VISIT = 10  # steps of one value under one schema
STEPS_PER_VALUE = 300
STEPS_PER_CHARACTER = 10
MOST_NESTED = 220
MOST_KEPT = 100
"""Problems whose text is kept."""


class GivenUp(Exception):
    """The check needed too many steps, or nested too deeply."""


class Seen:
    """The names and positions of one value that a schema evaluated."""

    __slots__ = ("items", "names")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.items: set[int] = set()

    def add(self, other: Seen) -> None:
        self.names |= other.names
        self.items |= other.items


class Frame:
    """One value under one schema: the argument of the keywords' functions."""

    __slots__ = ("path", "problems", "schema", "scope", "seen", "value")

    def __init__(self, value: Any, schema: Mapping[str, Any], path: str, scope: Scope, problems: list[str], seen: Seen | None) -> None:
        self.value, self.schema, self.path, self.scope, self.problems, self.seen = value, schema, path, scope, problems, seen

    def report(self, problem: str) -> None:
        """Adds a problem. Of very many, only the count is kept."""
        self.problems.append(f"{self.path or 'value'}: {problem}" if len(self.problems) < MOST_KEPT else "…")

    def within(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


type Rule = Callable[[Engine, Frame, Any], None]


class Engine:
    """One check of one value.

    Args:
        rules: The function of each keyword.
        last: Called after all keywords of a schema that has an `unevaluated…` keyword.
    """

    def __init__(self, value: Any, references: References, rules: Mapping[str, Rule], last: Callable[[Engine, Frame], None]) -> None:
        self._value, self._rules, self._last = value, rules, last
        self._left, self._extended = STEPS, False
        self._depth = 0
        self._options: dict[int, tuple[list[Any], set[Any]]] = {}  # by id; the lists are held, so that no id is used again
        self.references = references

    def spend(self, steps: int) -> None:
        """Counts steps. Raises GivenUp when they exceed the budget of a value of this size."""
        self._left -= steps
        if self._left < 0 and not self._extended:
            self._extended = True
            self._left += _size(self._value)
        if self._left < 0:
            raise GivenUp("value: not checked, because its schema takes too many steps; a simpler schema is needed")

    def visit(self, value: Any, schema: Any, path: str, scope: Scope, problems: list[str], seen: Seen | None = None) -> bool:
        """Returns whether the value fits. Adds problems to `problems`, and evaluated names and positions to `seen` if the value fits."""
        if not isinstance(schema, Mapping):
            if schema is False:
                problems.append(f"{path or 'value'}: not allowed")
            return schema is not False
        self.spend(VISIT)
        if self._depth >= MOST_NESTED:
            raise GivenUp(
                f"{path[:100] or 'value'}: nests more than {MOST_NESTED} schemas deep, or its schema refers to itself without end"
            )
        before = len(problems)
        if isinstance(schema.get("$id"), str):
            scope = self.references.enter(schema, scope)
        if scope[-1].legacy and "$ref" in schema:
            schema = {"$ref": schema["$ref"]}
        if not self._is_of_type(value, schema):
            wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            problems.append(f"{path or 'value'}: expected {' or '.join(map(str, wanted))}, got {shown(value)}")
            return False
        needs_account = "unevaluatedProperties" in schema or "unevaluatedItems" in schema
        own = Seen() if seen is not None or needs_account else None
        frame = Frame(value, schema, path, scope, problems, own)
        self._depth += 1
        for keyword, operand in schema.items():
            rule = self._rules.get(keyword)
            if rule:
                rule(self, frame, operand)
        if needs_account:
            self._last(self, frame)
        self._depth -= 1
        fits = len(problems) == before
        if fits and seen is not None and own is not None:
            seen.add(own)
        return fits

    def _is_of_type(self, value: Any, schema: Mapping[str, Any]) -> bool:
        wanted = schema.get("type")
        kinds = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
        fits = not kinds or any(is_type(value, kind) for kind in kinds)
        return fits or (value is None and schema.get("nullable") is True)

    def fits(self, frame: Frame, schema: Any, problems: list[str], scope: Scope | None = None) -> bool:
        """Returns whether the frame's value also fits another schema, whose evaluated names and positions are added to the frame's."""
        seen = Seen() if frame.seen is not None else None
        fits = self.visit(frame.value, schema, frame.path, scope or frame.scope, problems, seen)
        if fits and frame.seen is not None and seen is not None:
            frame.seen.add(seen)
        return fits

    def same(self, a: Any, b: Any) -> bool:
        """Compares JSON values, and counts the steps for lists and objects."""
        if isinstance(a, list | dict) != isinstance(b, list | dict):
            return False
        if isinstance(a, list | dict):
            self.spend(size_of(a) + size_of(b))
        return same(a, b)

    def is_among(self, value: Any, options: list[Any]) -> bool:
        """Returns whether a value equals one of a schema's options, which are prepared once for a check."""
        known = self._options.get(id(options))
        if known is None:
            self.spend(size_of(options))
            known = self._options[id(options)] = options, set(map(identity, options))
        if isinstance(value, list | dict):
            self.spend(size_of(value))
        return identity(value) in known[1]

    def matches(self, pattern: Any, text: Any) -> bool | None:
        """Returns whether a pattern matches a text; None for a pattern that cannot be read. Raises PatternTooCostly."""
        if not (isinstance(pattern, str) and isinstance(text, str)):
            return None
        limit = min(self._left, STEPS)
        try:
            found, steps = compile_pattern(pattern).search(text, limit)
        except PatternError:
            return None
        except PatternTooCostly:
            self.spend(limit)
            raise
        self.spend(steps)
        return found


def _size(value: Any) -> int:
    """Returns the steps beyond STEPS that a value of this size may need."""
    steps, work = 0, [value]
    while work:
        item = work.pop()
        steps += STEPS_PER_VALUE
        if isinstance(item, str):
            steps += STEPS_PER_CHARACTER * len(item)
        elif isinstance(item, list):
            work += item
        elif isinstance(item, dict):
            work += item.values()
    return steps
