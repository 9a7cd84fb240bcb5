"""Filters against their meaning, said once more in the plainest Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail.core.errors import ConfigError
from staysail.stores.filters import compile_filter

ROW = {"year": 2020, "tag": ["a", "b"], "author": {"name": "Ann"}, "flag": True, "title": "A staysail", "none": None, "a.b": 1}


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"year": 2020}, True),
        ({"year": {"eq": 2020.0}}, True),
        ({"year": "2020"}, False),
        ({"year": {"gt": 2019, "lt": 2021}}, True),
        ({"year": {"gte": 2021}}, False),
        ({"year": {"lte": 2020}, "tag": "a"}, True),
        ({"tag": {"in": ["b", "z"]}}, True),
        ({"tag": {"nin": ["b"]}}, False),
        ({"tag": {"ne": "a"}}, False),
        ({"tag": ["a", "b"]}, True),
        ({"author.name": "Ann"}, True),
        ({"author.name.first": "Ann"}, False),
        ({"a.b": 1}, True),
        ({"flag": 1}, False),
        ({"flag": True}, True),
        ({"flag": {"gte": 0}}, False),
        ({"title": {"contains": "stay"}}, True),
        ({"title": {"gt": "A"}}, True),
        ({"absent": {"exists": False}}, True),
        ({"none": {"exists": True}}, False),
        ({"absent": None}, True),
        ({"absent": {"lt": 5}}, False),
        ({"or": [{"year": 1}, {"tag": "b"}]}, True),
        ({"and": [{"year": 2020}, {"not": {"tag": "z"}}]}, True),
        ({"not": {"year": 2020}}, False),
        ({"or": []}, False),
        ({"and": []}, True),
        ({}, True),
    ],
)
def test_a_filter_holds_or_does_not(where, holds):
    assert compile_filter(where)(ROW) is holds


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"year": {"above": 3}}, "'year': there is no operator 'above'"),
        ({"year": {}}, "'year'"),
        ({"tag": {"in": "abc"}}, "'in' takes a list"),
        ({"or": {"a": 1}}, "'or' takes a list"),
        (["a"], "where is an object"),
    ],
)
def test_a_wrong_filter_is_told_before_anything_is_searched(where, told):
    with pytest.raises(ConfigError, match=told):
        compile_filter(where)


numbers = st.integers(-3, 3)
leaves = st.one_of(
    st.tuples(st.sampled_from("xy"), st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), numbers).map(lambda t: {t[0]: {t[1]: t[2]}}),
    st.tuples(st.sampled_from("xy"), st.sampled_from(["in", "nin"]), st.lists(numbers, max_size=3)).map(lambda t: {t[0]: {t[1]: t[2]}}),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"and": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"or": parts}),
        inner.map(lambda part: {"not": part}),
    ),
)


def brute(where, row):
    results = []
    for name, value in where.items():
        if name == "and":
            results.append(all(brute(part, row) for part in value))
        elif name == "or":
            results.append(any(brute(part, row) for part in value))
        elif name == "not":
            results.append(not brute(value, row))
        else:
            ((operator, wanted),) = value.items()
            x = row.get(name)
            sign = {"eq": "==", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": "in", "nin": "not in"}[operator]
            absent = x is None and sign in (">", ">=", "<", "<=")
            results.append(not absent and eval(f"x {sign} wanted", {"x": x, "wanted": wanted}))
    return all(results)


@given(filters, st.dictionaries(st.sampled_from("xy"), numbers))
def test_nested_filters_mean_what_a_brute_force_evaluator_says(where, row):
    assert compile_filter(where)(row) is brute(where, row)
