"""Keywords that state a condition of the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..patterns import PatternTooCostly
from .engine import Engine, Frame, Rule
from .equality import identity, is_number, shown, size_of

MOST_SHOWN = 300
"""Characters of a schema's value in a problem."""


def _enum(engine: Engine, frame: Frame, options: Any) -> None:
    if isinstance(options, list) and not engine.is_among(frame.value, options):
        listed = ", ".join(shown(option, MOST_SHOWN) for option in options[:50])
        frame.report(f"expected one of {listed}{', …' if len(options) > 50 else ''}, got {shown(frame.value)}")


def _const(engine: Engine, frame: Frame, wanted: Any) -> None:
    if not engine.same(frame.value, wanted):
        frame.report(f"expected {shown(wanted, MOST_SHOWN)}, got {shown(frame.value)}")


def _min_length(engine: Engine, frame: Frame, least: Any) -> None:
    if isinstance(frame.value, str) and is_number(least) and len(frame.value) < least:
        frame.report(f"shorter than {least} characters")


def _max_length(engine: Engine, frame: Frame, most: Any) -> None:
    if isinstance(frame.value, str) and is_number(most) and len(frame.value) > most:
        frame.report(f"longer than {most} characters")


def _pattern(engine: Engine, frame: Frame, pattern: Any) -> None:
    if not isinstance(frame.value, str):
        return
    try:
        if engine.matches(pattern, frame.value) is False:
            frame.report(f"{shown(frame.value)} does not match {pattern}")
    except PatternTooCostly:
        frame.report(f"matching {pattern[:100]} takes too many steps with these {len(frame.value):,} characters; a shorter text is needed")


def _minimum(engine: Engine, frame: Frame, least: Any) -> None:
    if is_number(frame.value) and is_number(least):
        if frame.value < least:
            frame.report(f"{frame.value} is below {least}")
        elif frame.schema.get("exclusiveMinimum") is True and frame.value == least:  # draft 4
            frame.report(f"{frame.value} is not above {least}")


def _maximum(engine: Engine, frame: Frame, most: Any) -> None:
    if is_number(frame.value) and is_number(most):
        if frame.value > most:
            frame.report(f"{frame.value} is above {most}")
        elif frame.schema.get("exclusiveMaximum") is True and frame.value == most:
            frame.report(f"{frame.value} is not below {most}")


def _exclusive_minimum(engine: Engine, frame: Frame, limit: Any) -> None:
    if is_number(frame.value) and is_number(limit) and frame.value <= limit:
        frame.report(f"{frame.value} is not above {limit}")


def _exclusive_maximum(engine: Engine, frame: Frame, limit: Any) -> None:
    if is_number(frame.value) and is_number(limit) and frame.value >= limit:
        frame.report(f"{frame.value} is not below {limit}")


def _multiple_of(engine: Engine, frame: Frame, step: Any) -> None:
    if is_number(frame.value) and is_number(step) and step > 0 and not _is_multiple(frame.value, step):
        frame.report(f"{frame.value} is not a multiple of {step}")


def _min_items(engine: Engine, frame: Frame, least: Any) -> None:
    if isinstance(frame.value, list) and is_number(least) and len(frame.value) < least:
        frame.report(f"fewer than {least} items")


def _max_items(engine: Engine, frame: Frame, most: Any) -> None:
    if isinstance(frame.value, list) and is_number(most) and len(frame.value) > most:
        frame.report(f"more than {most} items")


def _unique_items(engine: Engine, frame: Frame, unique: Any) -> None:
    if isinstance(frame.value, list) and unique is True:
        engine.spend(size_of(frame.value))
        if len({identity(item) for item in frame.value}) < len(frame.value):
            frame.report("items repeat")


def _required(engine: Engine, frame: Frame, names: Any) -> None:
    if isinstance(frame.value, dict) and isinstance(names, list):
        engine.spend(len(names))
        for name in names:
            if isinstance(name, str) and name not in frame.value:
                frame.report(f"missing {name}")


def _min_properties(engine: Engine, frame: Frame, least: Any) -> None:
    if isinstance(frame.value, dict) and is_number(least) and len(frame.value) < least:
        frame.report(f"fewer than {least} properties")


def _max_properties(engine: Engine, frame: Frame, most: Any) -> None:
    if isinstance(frame.value, dict) and is_number(most) and len(frame.value) > most:
        frame.report(f"more than {most} properties")


def require_dependents(engine: Engine, frame: Frame, dependents: Any) -> None:
    if isinstance(frame.value, dict) and isinstance(dependents, Mapping):
        for name, needed in dependents.items():
            if name in frame.value and isinstance(needed, list):
                engine.spend(len(needed))
                for other in needed:
                    if other not in frame.value:
                        frame.report(f"missing {other}, which {name} needs beside it")


ASSERTIONS: dict[str, Rule] = {
    "enum": _enum,
    "const": _const,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "minimum": _minimum,
    "maximum": _maximum,
    "exclusiveMinimum": _exclusive_minimum,
    "exclusiveMaximum": _exclusive_maximum,
    "multipleOf": _multiple_of,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "required": _required,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "dependentRequired": require_dependents,
}


def _is_multiple(value: float, step: float) -> bool:
    """Returns whether a number is a multiple of another, exactly in decimals: 0.3 is a multiple of 0.1."""
    if value in (float("inf"), float("-inf")) or value != value or step == float("inf"):
        return False
    (a, exponent_a), (b, exponent_b) = _decimal(value), _decimal(step)
    shift = min(exponent_a, exponent_b)
    return bool((a * 10 ** (exponent_a - shift)) % (b * 10 ** (exponent_b - shift)) == 0)


def _decimal(number: float) -> tuple[int, int]:
    """Returns a number as an integer and a power of ten."""
    if isinstance(number, int):
        return number, 0
    digits, _, exponent = repr(number).partition("e")
    whole, _, fraction = digits.partition(".")
    return int(whole + fraction), int(exponent or 0) - len(fraction)
