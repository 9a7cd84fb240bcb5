"""Checks a JSON value against a JSON Schema: the keywords that tools and answers are described with, in one pass, with every problem told.

Unknown keywords are allowed, as the specification says: https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def check(value: Any, schema: Mapping[str, Any] | bool, root: Mapping[str, Any] | None = None) -> list[str]:
    """Problems, each as `path: what is wrong`; none when the value fits."""
    return list(_problems(value, schema, root if root is not None else schema if isinstance(schema, Mapping) else {}, ""))


def _problems(value: Any, schema: Mapping[str, Any] | bool, root: Mapping[str, Any], path: str) -> Iterator[str]:
    if isinstance(schema, bool):
        if not schema:
            yield f"{path or 'value'}: not allowed"
        return
    if "$ref" in schema:
        yield from _problems(value, resolve(schema["$ref"], root), root, path)
    where = f"{path or 'value'}: "
    wanted = schema.get("type")
    if wanted is not None:
        kinds = [wanted] if isinstance(wanted, str) else wanted
        if not any(_is(value, kind) for kind in kinds):
            yield f"{where}expected {' or '.join(kinds)}, got {_shown(value)}"
            return
    if "enum" in schema and not any(_same(value, option) for option in schema["enum"]):
        yield f"{where}expected one of {', '.join(map(repr, schema['enum']))}, got {_shown(value)}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{where}expected {schema['const']!r}, got {_shown(value)}"
    yield from _combined(value, schema, root, path)
    if isinstance(value, str):
        yield from (where + text for text in _string_problems(value, schema))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from (where + text for text in _number_problems(value, schema))
    elif isinstance(value, list):
        yield from _list_problems(value, schema, root, path)
    elif isinstance(value, dict):
        yield from _object_problems(value, schema, root, path)


def _combined(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    for option in schema.get("allOf", ()):
        yield from _problems(value, option, root, path)
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        if not options:
            continue
        problems = [list(_problems(value, option, root, path)) for option in options]
        fitting = sum(not found for found in problems)
        if not fitting:
            yield (
                min(problems, key=len)[0]
                if len(options) == 1
                else f"{path or 'value'}: fits none of the {len(options)} allowed shapes; nearest: {min(problems, key=len)[0]}"
            )
        elif keyword == "oneOf" and fitting > 1:
            yield f"{path or 'value'}: fits {fitting} of the shapes of which it must fit one"
    if "not" in schema and not list(_problems(value, schema["not"], root, path)):
        yield f"{path or 'value'}: is of a shape that is not allowed"


def _string_problems(value: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"shorter than {schema['minLength']} characters"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"longer than {schema['maxLength']} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{_shown(value)} does not match {schema['pattern']}"


def _number_problems(value: float, schema: Mapping[str, Any]) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"{value} is below {schema['minimum']}"
    if value > schema.get("maximum", value):
        yield f"{value} is above {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"{value} is not above {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"{value} is not below {schema['exclusiveMaximum']}"
    step = schema.get("multipleOf")
    if step and not _is_multiple(value, step):
        yield f"{value} is not a multiple of {step}"


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    return abs(value / step - round(value / step)) <= 1e-9


def _list_problems(value: list[Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{path or 'value'}: fewer than {schema['minItems']} items"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{path or 'value'}: more than {schema['maxItems']} items"
    if schema.get("uniqueItems") and any(_same(a, b) for n, a in enumerate(value) for b in value[:n]):
        yield f"{path or 'value'}: items repeat"
    first = schema.get("prefixItems", ())
    for n, item in enumerate(value):
        yield from _problems(item, first[n] if n < len(first) else schema.get("items", True), root, f"{path}[{n}]")


def _object_problems(value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path or 'value'}: missing {name}"
    for name, item in value.items():
        inner = f"{path}.{name}" if path else name
        matching = [rule for pattern, rule in patterns.items() if re.search(pattern, name)]
        if name in properties:
            matching.append(properties[name])
        elif not matching and schema.get("additionalProperties", True) is False:
            yield f"{inner}: unknown (known: {', '.join(properties) or 'none'})"
        elif not matching:
            matching.append(schema.get("additionalProperties", True))
        for rule in matching:
            yield from _problems(item, rule, root, inner)


def resolve(ref: str, root: Mapping[str, Any]) -> Mapping[str, Any] | bool:
    """What a local reference (`#/$defs/Name`) points at; anything, where it points at nothing here."""
    target: Any = root
    for step in ref.removeprefix("#").strip("/").split("/"):
        if not step:
            continue
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or step not in target:
            return True
        target = target[step]
    return target if isinstance(target, Mapping | bool) else True


def _is(value: Any, kind: str) -> bool:
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES.get(kind, object)) and (kind == "boolean" or not isinstance(value, bool))


def _same(a: Any, b: Any) -> bool:
    """Equality as JSON has it: 1 and 1.0 are one number, 1 and true are not."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(item, b[name]) for name, item in a.items())
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
