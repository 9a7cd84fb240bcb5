"""Held against the jsonschema package."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from staysail.core.validation import check

SCALARS = (
    st.none() | st.booleans() | st.integers(-4, 4) | st.sampled_from([0.5, 1.0, -2.0, 3.25]) | st.sampled_from(["", "a", "ab", "b1", "ää"])
)
NAMES = st.sampled_from(["a", "b", "b1", "c"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SIZES = st.integers(0, 3)


PLAIN = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "const": VALUES,
    "minLength": SIZES,
    "maxLength": SIZES,
    "pattern": st.sampled_from(["^a", "b$", "\\d", "."]),
    "minimum": st.integers(-3, 3),
    "maximum": st.integers(-3, 3),
    "exclusiveMinimum": st.integers(-3, 3),
    "exclusiveMaximum": st.integers(-3, 3),
    "multipleOf": st.integers(1, 3),
    "minItems": SIZES,
    "maxItems": SIZES,
    "uniqueItems": st.booleans(),
    "required": st.lists(NAMES, max_size=2, unique=True),
    "$ref": st.just("#/$defs/named"),
}


def nested(depth: int) -> dict[str, st.SearchStrategy]:
    inner = schemas(depth - 1)
    several = st.lists(inner, min_size=1, max_size=2)
    return {
        "items": inner,
        "prefixItems": several,
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "patternProperties": st.dictionaries(st.sampled_from(["^b", "\\d"]), inner, max_size=2),
        "additionalProperties": inner,
        "allOf": several,
        "anyOf": several,
        "oneOf": several,
        "not": inner,
    }


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> object:
    known = PLAIN | (nested(depth) if depth else {})
    if draw(st.integers(0, 9)) == 0:
        return draw(st.booleans())
    chosen = draw(st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True))
    return {keyword: draw(known[keyword]) for keyword in chosen}


@settings(max_examples=400)
@given(schemas(), st.fixed_dictionaries({"type": TYPES}), VALUES)
def test_a_value_fits_a_schema_where_the_specification_says_so(schema: object, named: dict, value: object):
    whole = {"$defs": {"named": named}, "allOf": [schema]}
    assert (check(value, whole) == []) == Draft202012Validator(whole).is_valid(value), (schema, value)


@pytest.mark.parametrize(
    ("value", "schema", "said"),
    [
        ({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}}, "a[1]: expected integer, got 'x'"),
        ({}, {"required": ["a", "b"]}, "value: missing a"),
        ({"z": 1}, {"properties": {"a": True}, "additionalProperties": False}, "z: unknown (known: a)"),
        ("x", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "fits none of the 2 allowed shapes"),
    ],
)
def test_a_problem_is_told_with_its_path(value: object, schema: dict, said: str):
    assert any(said in problem for problem in check(value, schema))


def test_every_problem_is_told_at_once():
    problems = check({"a": 1, "b": 2}, {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["c"]})
    assert len(problems) == 3


@pytest.mark.parametrize("value", [10**400, 10**400 + 1], ids=["even", "odd"])
def test_numbers_of_any_size_are_checked(value: int):
    assert (check(value, {"multipleOf": 2}) == []) == (value % 2 == 0)


def test_a_multiple_of_a_fraction_allows_for_binary_rounding():
    assert check(0.3, {"multipleOf": 0.1}) == []
    assert check(0.35, {"multipleOf": 0.1}) != []


def test_a_schema_that_refers_to_itself_is_followed():
    tree = {
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["v"]}},
        "$ref": "#/$defs/node",
    }
    assert check({"v": 1, "next": {"v": 2, "next": {"v": 3}}}, tree) == []
    assert check({"v": 1, "next": {"v": 2, "next": {}}}, tree) == ["next.next: missing v"]
