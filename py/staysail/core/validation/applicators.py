"""Keywords that apply other schemas to a value or to its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..patterns import PatternTooCostly
from .assertions import require_dependents
from .engine import Engine, Frame, Rule
from .equality import is_number


def _ref(engine: Engine, frame: Frame, reference: Any) -> None:
    target = engine.references.find(reference, frame.scope) if isinstance(reference, str) else None
    if target is not None:
        engine.fits(frame, target.schema, frame.problems, target.scope)


def _dynamic_ref(engine: Engine, frame: Frame, reference: Any) -> None:
    target = engine.references.find_dynamic(reference, frame.scope) if isinstance(reference, str) else None
    if target is not None:
        engine.fits(frame, target.schema, frame.problems, target.scope)


def _all_of(engine: Engine, frame: Frame, options: Any) -> None:
    for option in _schemas(options):
        engine.fits(frame, option, frame.problems)


def _any_of(engine: Engine, frame: Frame, options: Any) -> None:
    _choose(engine, frame, _schemas(options), only_one=False)


def _one_of(engine: Engine, frame: Frame, options: Any) -> None:
    _choose(engine, frame, _schemas(options), only_one=True)


def _choose(engine: Engine, frame: Frame, options: list[Any], *, only_one: bool) -> None:
    if not options:
        return
    fitting, nearest = 0, None
    for option in options:
        problems: list[str] = []
        if engine.fits(frame, option, problems):
            fitting += 1
            if fitting > 1 and only_one:
                break
        elif nearest is None or len(problems) < len(nearest):
            nearest = problems
    if not fitting and nearest:
        if len(options) == 1:
            frame.problems.append(nearest[0])
        else:
            frame.report(f"fits none of the {len(options)} allowed shapes; nearest: {nearest[0]}")
    elif only_one and fitting > 1:
        frame.report("fits more than one of the shapes of which it must fit exactly one")


def _not(engine: Engine, frame: Frame, schema: Any) -> None:
    if engine.visit(frame.value, schema, frame.path, frame.scope, []):
        frame.report("is of a shape that is not allowed")


def _if(engine: Engine, frame: Frame, condition: Any) -> None:
    consequence = frame.schema.get("then" if engine.fits(frame, condition, []) else "else", True)
    engine.fits(frame, consequence, frame.problems)


def _prefix_items(engine: Engine, frame: Frame, schemas: Any) -> None:
    if isinstance(frame.value, list):
        _items_from(engine, frame, zip(frame.value, _schemas(schemas), strict=False), 0)


def _items(engine: Engine, frame: Frame, schema: Any) -> None:
    if not isinstance(frame.value, list):
        return
    if isinstance(schema, list):  # before draft 2020-12
        _items_from(engine, frame, zip(frame.value, schema, strict=False), 0)
        rest, start = frame.schema.get("additionalItems", None), len(schema)
        if rest is None:
            return
    else:
        rest, start = schema, len(_schemas(frame.schema.get("prefixItems")))
    _items_from(engine, frame, ((item, rest) for item in frame.value[start:]), start)


def _items_from(engine: Engine, frame: Frame, pairs: Iterable[tuple[Any, Any]], start: int) -> None:
    for position, (item, schema) in enumerate(pairs, start):
        engine.visit(item, schema, f"{frame.path}[{position}]", frame.scope, frame.problems)
        if frame.seen is not None:
            frame.seen.items.add(position)


def _contains(engine: Engine, frame: Frame, schema: Any) -> None:
    if not isinstance(frame.value, list):
        return
    found = [n for n, item in enumerate(frame.value) if engine.visit(item, schema, "", frame.scope, [])]
    if frame.seen is not None:
        frame.seen.items |= set(found)
    least, most = frame.schema.get("minContains", 1), frame.schema.get("maxContains")
    if is_number(least) and len(found) < least:
        frame.report(f"{len(found)} of its items are of the kind of which it must have at least {least}")
    if is_number(most) and len(found) > most:
        frame.report(f"{len(found)} of its items are of the kind of which it may have at most {most}")


def _property_names(engine: Engine, frame: Frame, schema: Any) -> None:
    if isinstance(frame.value, dict):
        for name in frame.value:
            problems: list[str] = []
            if not engine.visit(name, schema, "", frame.scope, problems):
                frame.problems.append(f"{frame.within(name)}: the name is not allowed: {problems[0].removeprefix('value: ')}")


def _properties(engine: Engine, frame: Frame, schemas: Any) -> None:
    if not (isinstance(frame.value, dict) and isinstance(schemas, Mapping)):
        return
    for name, schema in schemas.items():
        if name in frame.value:
            engine.visit(frame.value[name], schema, frame.within(name), frame.scope, frame.problems)
            if frame.seen is not None:
                frame.seen.names.add(name)


def _pattern_properties(engine: Engine, frame: Frame, schemas: Any) -> None:
    if not (isinstance(frame.value, dict) and isinstance(schemas, Mapping)):
        return
    for pattern, schema in schemas.items():
        for name, item in frame.value.items():
            found = _matches_name(engine, pattern, name)
            if found:
                engine.visit(item, schema, frame.within(name), frame.scope, frame.problems)
            if found is not False and frame.seen is not None:
                frame.seen.names.add(name)


def _additional_properties(engine: Engine, frame: Frame, schema: Any) -> None:
    if not isinstance(frame.value, dict):
        return
    known = frame.schema.get("properties")
    known = known if isinstance(known, Mapping) else {}
    patterns = frame.schema.get("patternProperties")
    patterns = list(patterns) if isinstance(patterns, Mapping) else []
    for name, item in frame.value.items():
        if name in known or any(_matches_name(engine, pattern, name) is not False for pattern in patterns):
            continue
        if schema is False:
            frame.problems.append(f"{frame.within(name)}: unknown (known: {', '.join(known) or 'none'})")
        else:
            engine.visit(item, schema, frame.within(name), frame.scope, frame.problems)
        if frame.seen is not None:
            frame.seen.names.add(name)


def _matches_name(engine: Engine, pattern: Any, name: str) -> bool | None:
    try:
        return engine.matches(pattern, name)
    except PatternTooCostly:
        return None


def _dependent_schemas(engine: Engine, frame: Frame, dependents: Any) -> None:
    if isinstance(frame.value, dict) and isinstance(dependents, Mapping):
        for name, schema in dependents.items():
            if name in frame.value:
                engine.fits(frame, schema, frame.problems)


def _dependencies(engine: Engine, frame: Frame, dependents: Any) -> None:
    """Draft 7's keyword for `dependentRequired` and `dependentSchemas`."""
    if isinstance(dependents, Mapping):
        require_dependents(engine, frame, {name: [rule] if isinstance(rule, str) else rule for name, rule in dependents.items()})
        _dependent_schemas(engine, frame, {name: rule for name, rule in dependents.items() if isinstance(rule, Mapping | bool)})


def check_unevaluated(engine: Engine, frame: Frame) -> None:
    """Applies the `unevaluated…` keywords, which concern the names and positions that no other keyword evaluated."""
    seen, value = frame.seen, frame.value
    assert seen
    if "unevaluatedProperties" in frame.schema and isinstance(value, dict):
        schema = frame.schema["unevaluatedProperties"]
        for name in [name for name in value if name not in seen.names]:
            if schema is False:
                frame.problems.append(f"{frame.within(name)}: unknown")
            else:
                engine.visit(value[name], schema, frame.within(name), frame.scope, frame.problems)
            seen.names.add(name)
    if "unevaluatedItems" in frame.schema and isinstance(value, list):
        for position in [n for n in range(len(value)) if n not in seen.items]:
            engine.visit(value[position], frame.schema["unevaluatedItems"], f"{frame.path}[{position}]", frame.scope, frame.problems)
            seen.items.add(position)


APPLICATORS: dict[str, Rule] = {
    "$ref": _ref,
    "$recursiveRef": _ref,
    "$dynamicRef": _dynamic_ref,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "prefixItems": _prefix_items,
    "items": _items,
    "contains": _contains,
    "propertyNames": _property_names,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "dependentSchemas": _dependent_schemas,
    "dependencies": _dependencies,
}


def _schemas(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
