"""What `Annotated` says of a type: keywords of JSON Schema, and checks of the decoded value where JSON has no keyword for it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .scalars import Decode, Misfit, calling, checked
from .validation.equality import shown

type Check = Callable[[Any], None]

CONSTRAINTS = {
    "gt": ("exclusiveMinimum", operator.gt, "above"),
    "ge": ("minimum", operator.ge, "at least"),
    "lt": ("exclusiveMaximum", operator.lt, "below"),
    "le": ("maximum", operator.le, "at most"),
}
UNITS = {"string": "Length", "array": "Items", "object": "Properties"}


def limited(schema: Mapping[str, Any], decode: Decode, metadata: Iterable[Any]) -> tuple[dict[str, Any], Decode]:
    """Returns a type's schema and decoder with the limits and descriptions of its metadata.

    Args:
        metadata: Descriptions as text, parts of a schema as dicts, limits as annotated-types, pydantic's `Field` and msgspec's `Meta` have
            them.
    """
    said: dict[str, Any] = {}
    checks: list[Check] = []
    for item in _single(metadata):
        if isinstance(item, str):
            said["description"] = item
        elif isinstance(item, Mapping):
            said |= item
        else:
            said |= _keywords(item, schema) | _descriptions(item)
            checks += _checks(item, schema)
    rules = {key: value for key, value in said.items() if key not in ("description", "title")}
    held = [calling(check) for check in checks]

    def decode_within(value: Any) -> Any:
        decoded = decode(value)
        if rules:
            checked(_measurable(decoded, value), rules)
        for hold in held:
            hold(decoded)
        return decoded

    return dict(schema) | said, decode_within


def _single(metadata: Iterable[Any]) -> Iterable[Any]:
    """Yields each item; of a group (`Interval`, `Len`, one of the program's own) its members, and of pydantic's `Field` its limits too."""
    for item in metadata:
        if hasattr(item, "__is_annotated_types_grouped_metadata__"):
            yield from _single(item)
            continue
        yield item
        inner = getattr(item, "metadata", None)
        if isinstance(inner, list):
            yield from _single(inner)


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """Returns the JSON types that a schema names, without null; those of its options too."""
    options = [schema, *schema.get("anyOf", ())]
    return {option["type"] for option in options if isinstance(option.get("type"), str)} - {"null"}


def _keywords(item: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    kinds = _kinds(schema)
    numbers = not kinds or bool(kinds & {"integer", "number"})
    limits = {keyword: getattr(item, name, None) for name, (keyword, _, _) in CONSTRAINTS.items()}
    limits["multipleOf"] = getattr(item, "multiple_of", None)
    out = {keyword: limit for keyword, limit in limits.items() if numbers and isinstance(limit, int | float)}
    units = [] if _is_base64(schema) else [unit for kind, unit in UNITS.items() if kind in kinds] or ["Length"]
    for name, start in (("min_length", "min"), ("max_length", "max")):
        if getattr(item, name, None) is not None:
            out |= {f"{start}{unit}": getattr(item, name) for unit in units}
    if isinstance(getattr(item, "pattern", None), str):
        out["pattern"] = item.pattern
    extra = getattr(item, "extra_json_schema", None)
    return out | (dict(extra) if isinstance(extra, Mapping) else {})


def _descriptions(item: Any) -> dict[str, str]:
    found = {
        "description": getattr(item, "description", None) or getattr(item, "documentation", None),
        "title": getattr(item, "title", None),
    }
    return {key: text for key, text in found.items() if isinstance(text, str)}


def _checks(item: Any, schema: Mapping[str, Any]) -> list[Check]:
    """Returns the checks of a decoded value for what no keyword says: limits of dates, durations and decimals, lengths of bytes, time
    zones, predicates."""
    written = _keywords(item, schema)
    out: list[Check] = []
    for name, (keyword, holds, words) in CONSTRAINTS.items():
        limit = getattr(item, name, None)
        if limit is not None and keyword not in written:
            out.append(_comparing(limit, holds, words))
    if _is_base64(schema):
        out += [_measuring(item.min_length, operator.ge, "at least")] if getattr(item, "min_length", None) is not None else []
        out += [_measuring(item.max_length, operator.le, "at most")] if getattr(item, "max_length", None) is not None else []
    if type(item).__name__ == "Predicate" and hasattr(item, "func"):
        out.append(_predicate(item.func))
    if hasattr(item, "tz") and (item.tz is not None or type(item).__name__ == "Timezone"):
        out.append(_zoned(aware=item.tz not in (None, False)))
    return out


def _comparing(limit: Any, holds: Callable[[Any, Any], Any], words: str) -> Check:
    def check(value: Any) -> None:
        if value is not None and not holds(value, limit):
            raise Misfit(f"{value} is not {words} {limit}")

    return check


def _measuring(limit: int, holds: Callable[[Any, Any], Any], words: str) -> Check:
    def check(value: Any) -> None:
        if value is not None and not holds(len(value), limit):
            raise Misfit(f"{len(value)} bytes are not {words} {limit}")

    return check


def _predicate(holds: Callable[[Any], Any]) -> Check:
    def check(value: Any) -> None:
        if not holds(value):
            raise Misfit(f"{shown(value)} does not hold for {getattr(holds, '__name__', holds)}")

    return check


def _zoned(*, aware: bool) -> Check:
    def check(value: Any) -> None:
        if value is not None and (value.tzinfo is not None) != aware:
            raise Misfit(f"{value.isoformat()} {'needs' if aware else 'must not have'} a time zone")

    return check


def _is_base64(schema: Mapping[str, Any]) -> bool:
    return any(option.get("contentEncoding") == "base64" for option in (schema, *schema.get("anyOf", ())))


def _measurable(decoded: Any, value: Any) -> Any:
    """Returns the value that keywords are checked on: decoded numbers, texts and collections, else the JSON value itself."""
    if isinstance(decoded, int | float | str | list):
        return decoded
    return list(decoded) if isinstance(decoded, set | frozenset) else value
