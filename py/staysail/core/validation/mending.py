"""Mends values that a model wrote nearly right and whose meaning is certain: null for a property that may be left out (strict modes make
models write it), "5" for a number, JSON text in place of an object or a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import JsonError
from ..json_text import read_json
from .checking import list_problems
from .equality import is_type
from .references import References, Scope

MOST_NESTED = 60
INTEGER = re.compile(r"\s*-?\d{1,300}\s*")
NUMBER = re.compile(r"\s*-?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,2})?\s*")


def mend(value: Any, schema: Mapping[str, Any] | bool) -> Any:
    """Returns the value mended; a part whose meaning is not certain stays as it is."""
    return _Mending(schema).mend(value, schema)


class _Mending:
    def __init__(self, schema: Mapping[str, Any] | bool) -> None:
        self._references = References(schema)

    def mend(self, value: Any, schema: Any) -> Any:
        return self._mend(value, schema, (self._references.root,), 0)

    def _mend(self, value: Any, schema: Any, scope: Scope, depth: int) -> Any:
        if not isinstance(schema, Mapping) or depth > MOST_NESTED:
            return value
        parts = list(self._parts(schema, scope, 0))
        for part, _ in parts:
            value = _read(value, part.get("type"))
        for part, inner in parts:
            if isinstance(value, dict):
                value = self._mend_object(value, part, parts, inner, depth)
            elif isinstance(value, list) and isinstance(part.get("items"), Mapping):
                start = len(part.get("prefixItems") or ())
                value = [*value[:start], *(self._mend(item, part["items"], inner, depth + 1) for item in value[start:])]
            options = part.get("anyOf") or part.get("oneOf")
            if isinstance(options, list):
                value = self._choose(value, options, inner, depth)
        return value

    def _parts(self, schema: Any, scope: Scope, depth: int) -> Iterator[tuple[Mapping[str, Any], Scope]]:
        """Yields the schema, the target of its `$ref` and the members of its `allOf`, each with its scope."""
        if not isinstance(schema, Mapping) or depth > MOST_NESTED:
            return
        yield schema, scope
        if isinstance(schema.get("$ref"), str) and (target := self._references.find(schema["$ref"], scope)):
            yield from self._parts(target.schema, target.scope, depth + 1)
        options = schema.get("allOf")
        for option in options if isinstance(options, list) else ():
            yield from self._parts(option, scope, depth + 1)

    def _mend_object(self, value: dict[str, Any], schema: Mapping[str, Any], parts: list[Any], scope: Scope, depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return value
        needed = {name for part, _ in parts if isinstance(part.get("required"), list) for name in part["required"]}
        out = {}
        for name, item in value.items():
            if name in properties:
                if item is None and name not in needed and not self._fits(None, properties[name], scope):
                    continue
                item = self._mend(item, properties[name], scope, depth + 1)
            out[name] = item
        return out

    def _choose(self, value: Any, options: list[Any], scope: Scope, depth: int) -> Any:
        """Returns the value mended for the first option that it then fits; unchanged if it fits an option already, or none."""
        if any(self._fits(value, option, scope) for option in options):
            return value
        for option in options:
            mended = self._mend(value, option, scope, depth + 1)
            if self._fits(mended, option, scope):
                return mended
        return value

    def _fits(self, value: Any, schema: Any, scope: Scope) -> bool:
        return not list_problems(value, schema, self._references, scope)


def _read(value: Any, wanted: Any) -> Any:
    """Returns the value that a text writes out, if the schema wants no text."""
    kinds = wanted if isinstance(wanted, list) else [wanted]
    if not isinstance(value, str) or wanted is None or any(is_type(value, kind) for kind in kinds):
        return value
    if ("object" in kinds and value.lstrip().startswith("{")) or ("array" in kinds and value.lstrip().startswith("[")):
        try:
            return read_json(value)
        except JsonError:
            return value
    if ("integer" in kinds or "number" in kinds) and INTEGER.fullmatch(value):
        return int(value)
    if "number" in kinds and NUMBER.fullmatch(value):
        return float(value)
    return {"true": True, "false": False}.get(value.strip().lower(), value) if "boolean" in kinds else value
