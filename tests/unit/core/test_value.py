from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import (
    Completion,
    CompletionRequest,
    Document,
    Image,
    Message,
    Retry,
    Text,
    TextDelta,
    Timeouts,
    ToolCall,
    ToolDefinition,
    Usage,
)
from staysail.core.value import Value

VALUES = [
    Usage(1, 2, 3),
    Retry(attempts=2),
    Timeouts(total_s=1),
    TextDelta("hi"),
    Text("hi", ({"url": "u"},), {"chat": {"a": [1]}}),
    Image(data=b"\x00\xff", media_type="image/png"),
    ToolCall("1", "f", {"x": [1, {"y": None}]}),
    Message.user("hi"),
    Message.assistant([Text("a"), ToolCall("1", "f", {"x": 1})]),
    Document("d", "text", {"k": "v"}),
    ToolDefinition("f", "does", {"type": "object"}),
    Completion(Message.assistant("hi"), Usage(1, 1, 2), raw={"a": [1, 2]}),
    CompletionRequest("hi", tools=[{"name": "f"}], headers={"x": "y"}),
]


class Point(Value):
    x: int
    y: int = 0


class Point3(Point):
    z: int = 0


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_survives_pickling_and_deep_copying_and_hashes_as_its_equal(value: Value):
    for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), value.replace()):
        assert twin == value
        assert hash(twin) == hash(value)
        assert type(twin) is type(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_cannot_be_changed(value: Value):
    field = type(value).__match_args__[0]
    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, field, None)
    with pytest.raises(AttributeError, match="immutable"):
        delattr(value, field)
    with pytest.raises(AttributeError):
        value.no_such_field = 1


@given(st.integers(), st.integers(), st.integers())
def test_values_are_equal_by_type_and_content(x: int, y: int, z: int):
    assert Point(x, y) == Point(x=x, y=y)
    assert (Point(x, y) == Point(x, z)) == (y == z)
    assert Point(x, y) != Point3(x, y)
    assert Point(x, y) != (x, y)


def test_a_subclass_takes_the_fields_of_its_base_first():
    assert Point3.__match_args__ == ("x", "y", "z")
    assert Point3(1, z=3) == Point3(1, 0, 3)


def test_fields_can_be_matched_and_replaced():
    match Point(1, 2):
        case Point(x, y=two):
            assert (x, two) == (1, 2)
    assert Point(1, 2).replace(y=5) == Point(1, 5)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [((), {}, "needs 'x'"), ((1, 2, 3), {}, "takes 2 arguments"), ((1,), {"z": 1}, "no field 'z'"), ((1,), {"x": 2}, "no field 'x' left")],
)
def test_wrong_fields_are_told_by_name(arguments: tuple[Any, ...], options: dict[str, Any], said: str):
    with pytest.raises(TypeError, match=said):
        Point(*arguments, **options)
    with pytest.raises(TypeError, match="no field 'q'"):
        Point(1).replace(q=1)


def test_a_repr_shows_what_differs_from_the_defaults():
    assert repr(Point(1)) == "Point(x=1)"
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"


def test_a_request_does_not_show_its_headers():
    request = CompletionRequest("hi", headers={"authorization": "Bearer sk-hidden-key"})
    assert "sk-hidden-key" not in repr(request) + str(request) + str(request.to_dict())
