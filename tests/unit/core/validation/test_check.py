"""Held against the jsonschema package; test_suite.py holds it against the official suite."""

import time
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from staysail.core.validation import check
from staysail.core.validation.equality import shown

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
    "minProperties": SIZES,
    "maxProperties": SIZES,
    "minContains": SIZES,
    "maxContains": SIZES,
    "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
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
        "if": inner,
        "then": inner,
        "else": inner,
        "contains": inner,
        "propertyNames": inner,
        "dependentSchemas": st.dictionaries(NAMES, inner, max_size=2),
        "unevaluatedProperties": inner,
        "unevaluatedItems": inner,
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


def test_the_first_problems_are_told_and_the_others_counted():
    problems = check(["x"] * 1_000, {"items": {"type": "integer"}})
    assert len(problems) == 31
    assert problems[-1] == "and 970 more problems"


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


BROKEN: list[Any] = [
    {"type": "int"},
    {"type": 3},
    {"type": {"type": "string"}},
    {"required": True},
    {"required": [1, None]},
    {"enum": "ab"},
    {"properties": ["a"]},
    {"properties": {"a": "string"}},
    {"items": "string"},
    {"items": [{"type": "string"}], "additionalItems": 3},
    {"minLength": "3"},
    {"minimum": None},
    {"multipleOf": 0},
    {"multipleOf": -1},
    {"pattern": 3},
    {"pattern": "("},
    {"pattern": r"\p{Script=Han}"},
    {"patternProperties": {"(": False}},
    {"anyOf": {}},
    {"anyOf": []},
    {"$ref": 3},
    {"$ref": "#/nowhere"},
    {"$ref": "https://example.com/other.json"},
    {"$dynamicRef": "#nobody"},
    {"dependencies": {"a": 3}},
    {"$id": 3},
    {"$id": "http://[::1"},
    {"if": 3},
    None,
    3,
    "string",
]


@pytest.mark.parametrize("schema", BROKEN, ids=repr)
@pytest.mark.parametrize("value", [{"a": "x"}, ["x"], "x", 3, None], ids=repr)
def test_what_is_malformed_in_a_schema_holds_for_anything(schema: Any, value: Any):
    known = isinstance(schema, dict) and schema.get("items") == [{"type": "string"}]
    assert check(value, schema) == [] or known
    assert check({"inside": value}, {"properties": {"inside": schema}}) == [] or known


def doubling(keyword: str, levels: int) -> dict[str, Any]:
    """Each definition refers to the next one twice."""
    defs: dict[str, Any] = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$defs": defs | {f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, {}),
        ({"anyOf": [{"$ref": "#"}]}, 1),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, 1),
        ({"$dynamicAnchor": "me", "allOf": [{"$dynamicRef": "#me"}]}, 1),
        (doubling("allOf", 60), "x"),
        (doubling("anyOf", 60), 1),
        (doubling("oneOf", 60), "x"),
        ({"properties": {"x": {"$ref": "#"}}}, reduce(lambda inner, _: {"x": inner}, range(5_000), {})),
        ({"items": {"pattern": "(?=.*b)a"}}, ["a" * 3_000] * 300),
    ],
    ids=["itself", "itself in anyOf", "a circle", "dynamic", "allOf", "anyOf", "oneOf", "a deep value", "many patterns"],
)
def test_a_check_that_would_not_end_is_given_up_with_a_word(schema: Any, value: Any):
    started = time.process_time()
    problem = check(value, schema)[-1]
    assert "too many steps" in problem or "without end" in problem or "given up" in problem
    assert time.process_time() - started < 60  # for ever, without a budget; the figure is no measure of anything


@pytest.mark.parametrize(
    "make", [lambda inner: {"x": inner}, lambda inner: [inner], lambda inner: {"x": [inner]}], ids=["object", "list", "both"]
)
def test_a_value_as_deep_as_json_from_outside_may_be_is_checked(make: Any):
    node = {"type": ["object", "array", "integer"], "properties": {"x": {"$ref": "#"}}, "items": {"$ref": "#"}}
    depth = 50 if isinstance(make(1), dict) and isinstance(make(1)["x"], list) else 100
    assert check(reduce(lambda inner, _: make(inner), range(depth), 1), node) == []
    assert check(reduce(lambda inner, _: make(inner), range(depth), "x"), node) != []


def test_a_large_value_may_take_as_many_steps_as_it_needs():
    row = {
        "type": "object",
        "properties": {"name": {"type": "string", "pattern": r"^\w+$"}, "n": {"type": "integer"}},
        "required": ["name"],
    }
    rows = [{"name": f"row{n}", "n": n} for n in range(20_000)]
    assert check(rows, {"type": "array", "items": row, "uniqueItems": True}) == []
    assert check([*rows, {"n": 1}], {"type": "array", "items": row}) == ["[20000]: missing name"]


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        (None, {"type": "string", "nullable": True}, True),
        (None, {"type": "string"}, False),
        (5, {"minimum": 5, "exclusiveMinimum": True}, False),
        (5, {"maximum": 5, "exclusiveMaximum": False}, True),
        (["a", 1], {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False}, True),
        (["a", 1, 2], {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False}, False),
        ({"a": 1}, {"dependencies": {"a": ["b"]}}, False),
        ({"a": 1}, {"dependencies": {"a": {"required": ["c"]}}}, False),
        ({"n": "x"}, {"definitions": {"n": {"type": "integer"}}, "properties": {"n": {"$ref": "#/definitions/n"}}}, False),
    ],
)
def test_older_drafts_and_openapi_are_understood(value: Any, schema: Any, fits: bool):
    assert (check(value, schema) == []) == fits


LARGE = {"a": list(range(20_000))}
COSTLY: dict[str, tuple[Any, dict[str, Any]]] = {
    "options": (["z"] * 3000, {"items": {"enum": [f"a{n}" for n in range(20_000)]}}),
    "options that are objects": ([{"z": 1}] * 3000, {"items": {"enum": [{"a": n} for n in range(5000)]}}),
    "a large constant": (["z"] * 3000, {"items": {"const": LARGE}}),
    "long constants": (["z"] * 3000, {"items": {"enum": ["x" * 100_000 + str(n) for n in range(50)]}}),
    "types of a large value": (LARGE, {"allOf": [{"type": "string"}] * 20_000}),
    "options of a large value": (LARGE, {"allOf": [{"enum": [LARGE]}] * 5000}),
    "names": ([{}] * 3000, {"items": {"required": [f"a{n}" for n in range(5000)]}}),
}


@pytest.mark.parametrize("what", COSTLY)
def test_comparing_and_telling_take_bounded_time_and_space(what: str):
    value, schema = COSTLY[what]
    began = time.process_time()
    problems = check(value, schema)
    assert time.process_time() - began < 5
    assert problems
    assert len("".join(problems)) < 1_000_000


@given(VALUES, st.integers(5, 80))
def test_a_value_is_shown_as_the_beginning_of_its_repr(value: Any, most: int):
    text = repr(value)
    assert shown(value, most) == (text if len(text) <= most else f"{text[: most - 3]}...")
