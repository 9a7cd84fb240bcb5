"""Targets of `$ref` and `$dynamicRef` within one document.

How it works. A schema with an `$id` is a resource. An index finds every resource and every anchor by its absolute address. Other documents
are never fetched: a reference to another document has no target.

https://json-schema.org/draft/2020-12/json-schema-core#section-8.2
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..value import Value

# Keywords that hold schemas; in any other place (`enum`, `const`, an unknown keyword) an `$id` is only data.
ONE: tuple[str, ...] = (
    *("items", "additionalItems", "unevaluatedItems", "contains", "contentSchema", "additionalProperties", "unevaluatedProperties"),
    *("propertyNames", "not", "if", "then", "else"),
)
SEVERAL = ("prefixItems", "allOf", "anyOf", "oneOf", "items")
NAMED = ("properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions")
OLD_DRAFTS = re.compile(r"draft-0[3467]/schema")


class Resource(Value):
    """A schema with an address. legacy: of draft 7 or before, where `$ref` replaces its whole schema. dynamic: its `$dynamicAnchor`s."""

    address: str
    schema: Mapping[str, Any] | bool
    legacy: bool
    dynamic: Mapping[str, Any]


type Scope = tuple[Resource, ...]


class Target(Value):
    """The schema that a reference means. scope: the resources entered on the way, the schema's own resource last. dynamic: the name of the
    `$dynamicAnchor` in the reference, if it has one."""

    schema: Any
    scope: Scope
    dynamic: str | None = None


class References:
    """Index of one document's resources and anchors."""

    def __init__(self, root: Mapping[str, Any] | bool) -> None:
        self._resources: dict[str, Resource] = {}
        self._anchors: dict[str, tuple[Any, str]] = {}
        self._dynamic: dict[str, dict[str, Any]] = {}
        self.root = self._index(root, "", legacy=False)

    def _index(self, root: Any, base: str, *, legacy: bool) -> Resource:
        """Fills the index. Uses a list of work, because schemas may nest deeper than calls can."""
        address = base
        work: list[tuple[Any, str, bool]] = [(root, base, legacy)]
        while work:
            schema, base, legacy = work.pop()
            if not isinstance(schema, Mapping):
                continue
            draft = schema.get("$schema")
            legacy = bool(OLD_DRAFTS.search(draft)) if isinstance(draft, str) else legacy
            base = self._identify(schema, base, legacy, is_root=schema is root)
            if schema is root:
                address = base
            work += ((inner, base, legacy) for inner in subschemas(schema))
        return self._resources.get(address) or Resource(address, root, legacy=False, dynamic={})

    def _identify(self, schema: Mapping[str, Any], base: str, legacy: bool, *, is_root: bool) -> str:
        """Adds a schema to the index under its address and its anchors. Returns the base address of the schemas inside it."""
        id = schema.get("$id", schema.get("id") if legacy else None)
        if isinstance(id, str) and id.startswith("#"):  # an anchor, before draft 2019-09
            self._anchors[base + id] = (schema, base)
            id = None
        if isinstance(id, str) and not (legacy and "$ref" in schema):
            base = join(base, id).removesuffix("#")
        else:
            id = None
        if id is not None or is_root:
            dynamic = self._dynamic.setdefault(base, {})
            self._resources[base] = Resource(base, schema, legacy, dynamic)
        for keyword in ("$anchor", "$dynamicAnchor"):
            name = schema.get(keyword)
            if isinstance(name, str):
                self._anchors[f"{base}#{name}"] = (schema, base)
                if keyword == "$dynamicAnchor":
                    self._dynamic.setdefault(base, {})[name] = schema
        return base

    def enter(self, schema: Mapping[str, Any], scope: Scope) -> Scope:
        """Returns the scope inside a schema that has an `$id`."""
        resource = self._resources.get(join(scope[-1].address, str(schema["$id"])).removesuffix("#"))
        return (*scope, resource) if resource and resource.schema is schema and resource is not scope[-1] else scope

    def find(self, reference: str, scope: Scope) -> Target | None:
        """Returns the target of a reference; None for a reference into another document, or to a place that does not exist."""
        address, _, fragment = join(scope[-1].address, reference).partition("#")
        resource = self._resources.get(address)
        if resource is None:
            return None
        if not fragment:
            return Target(resource.schema, _entered(scope, resource))
        fragment = _unquoted(fragment)
        if fragment.startswith("/"):
            return self._follow(fragment, resource, scope)
        schema, base = self._anchors.get(f"{address}#{fragment}", (None, ""))
        if schema is None:
            return None
        holder = self._resources.get(base, resource)
        dynamic = fragment if schema.get("$dynamicAnchor") == fragment else None
        return Target(schema, _entered(scope, holder), dynamic)

    def find_dynamic(self, reference: str, scope: Scope) -> Target | None:
        """Returns the target of a `$dynamicRef`: the outermost schema in scope with the dynamic anchor, if the reference names one."""
        target = self.find(reference, scope)
        if target is None or target.dynamic is None:
            return target
        for resource in scope:
            if target.dynamic in resource.dynamic:
                return Target(resource.dynamic[target.dynamic], _entered(scope, resource))
        return target

    def _follow(self, pointer: str, resource: Resource, scope: Scope) -> Target | None:
        here: Any = resource.schema
        holder = resource
        for step in pointer[1:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(here, Mapping) and step in here:
                here = here[step]
            elif isinstance(here, list) and step.isdecimal() and len(step) < 10 and int(step) < len(here):
                here = here[int(step)]
            else:
                return None
            if isinstance(here, Mapping) and isinstance(here.get("$id"), str):
                holder = self.enter(here, (holder,))[-1]
        return Target(here, _entered(scope, holder))


def _entered(scope: Scope, resource: Resource) -> Scope:
    return scope if resource is scope[-1] else (*scope, resource)


def subschemas(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yields the schemas directly inside a schema."""
    for keyword, value in schema.items():
        if keyword in NAMED and isinstance(value, Mapping):
            yield from value.values()
        elif keyword in SEVERAL and isinstance(value, list):
            yield from value
        elif keyword in ONE:
            yield value


def join(base: str, reference: str) -> str:
    """Returns a reference as an absolute address: the part of https://www.rfc-editor.org/rfc/rfc3986#section-5.2 that schemas use, which is
    whole addresses, paths and fragments."""
    if not reference:
        return base
    if reference.startswith("#"):
        return base.partition("#")[0] + reference
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", reference):
        return reference
    origin = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", base)
    prefix, path = (origin[0], base[origin.end() :].partition("#")[0]) if origin else ("", base.partition("#")[0])
    if reference.startswith("//"):
        return base.partition("//")[0] + reference
    if not reference.startswith("/"):
        reference = f"{path.partition('?')[0].rpartition('/')[0]}/{reference}" if path or prefix else reference
    target, mark, rest = reference.partition("#")
    return prefix + _without_dots(target) + mark + rest


def _without_dots(path: str) -> str:
    steps: list[str] = []
    for step in path.split("/"):
        if step == ".." and len(steps) > 1:
            steps.pop()
        elif step not in (".", ".."):
            steps.append(step)
    return "/".join(steps)


def _unquoted(fragment: str) -> str:
    return bytes(re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), fragment.encode("utf-8", "surrogatepass"))).decode(
        "utf-8", "replace"
    )
