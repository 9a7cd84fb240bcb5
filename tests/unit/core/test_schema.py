import base64
import datetime
import decimal
import enum
import json
import pathlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, Required, TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from staysail import ConfigError, OutputError
from staysail.core.schema import codec


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    S = 1
    L = 2


@dataclass
class Point:
    """A point.

    Args:
        x: To the right.
    """

    x: int
    y: float = 0.0
    tags: list[str] = field(default_factory=list)


@dataclass
class Tree:
    value: int
    children: "list[Tree]" = field(default_factory=list)
    parent: "Tree | None" = None


class Film(TypedDict):
    title: str
    year: NotRequired[int]


class Loose(TypedDict, total=False):
    name: Required[str]
    note: str


class Pair(NamedTuple):
    left: int
    right: str = "r"


class Record(msgspec.Struct):
    name: str
    point: "Inner"
    count: int = 0


class Inner(msgspec.Struct):
    x: int


class Model(pydantic.BaseModel):
    name: str
    inner: "ModelInner"
    size: Annotated[int, pydantic.Field(ge=0, description="In metres.")] = 0


class ModelInner(pydantic.BaseModel):
    x: int


UserId = NewType("UserId", int)
type Words = list[str]
type Json = dict[str, Json] | list[Json] | str | int | None


class Limits:
    """As annotated-types has them."""

    def __init__(self, **limits: Any) -> None:
        self.__dict__ |= limits


KINDS: list[tuple[Any, Any, Any]] = [
    (str, "a", "a"),
    (int, 3, 3),
    (int, 3.0, 3),
    (int, "12", 12),
    (float, 2, 2.0),
    (float, "2.5", 2.5),
    (bool, True, True),
    (bool, "false", False),
    (None, None, None),
    (Any, {"x": [1]}, {"x": [1]}),
    (bytes, base64.b64encode(b"\x00\x01").decode(), b"\x00\x01"),
    (list[int], [1, 2], [1, 2]),
    (list, [1, "a"], [1, "a"]),
    (Sequence[str], ["a"], ["a"]),
    (Iterable[int], [1], [1]),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (set[int], [1, 2], {1, 2}),
    (frozenset[str], ["a"], frozenset({"a"})),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (Mapping[str, list[int]], {"a": [1]}, {"a": [1]}),
    (dict, {"a": None}, {"a": None}),
    (Literal["a", 2, None], 2, 2),
    (Literal["a", "b"], "b", "b"),
    (Colour, "red", Colour.RED),
    (Size, 2, Size.L),
    (int | str, "5", "5"),
    (str | int, 5, 5),
    (Optional[int], None, None),  # noqa: UP045
    (int | None, 4, 4),
    (list[int] | Point, {"x": 1}, Point(1)),
    (datetime.datetime, "2026-01-02T03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5)),  # noqa: DTZ001
    (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
    (datetime.time, "03:04:05", datetime.time(3, 4, 5)),
    (uuid.UUID, "12345678-1234-5678-1234-567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
    (decimal.Decimal, "1.10", decimal.Decimal("1.10")),
    (pathlib.Path, "a/b", pathlib.Path("a/b")),
    (Point, {"x": 1, "y": 2}, Point(1, 2.0)),
    (Point, {"x": 1}, Point(1)),
    (Film, {"title": "M"}, {"title": "M"}),
    (Loose, {"name": "a"}, {"name": "a"}),
    (Pair, {"left": 1}, Pair(1)),
    (UserId, 7, 7),
    (Words, ["a"], ["a"]),
    (Json, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    (Annotated[int, Limits(ge=0, le=5), "How many."], 5, 5),
    (Annotated[str, Limits(min_length=2, pattern="^a")], "ab", "ab"),
    (Annotated[list[int], Limits(max_length=2)], [1], [1]),
    (Tree, {"value": 1, "children": [{"value": 2}]}, Tree(1, [Tree(2)])),
    (Record, {"name": "a", "point": {"x": 1}}, Record("a", Inner(1))),
    (list[Record], [{"name": "a", "point": {"x": 1}}], [Record("a", Inner(1))]),
    (Model, {"name": "a", "inner": {"x": 1}}, Model(name="a", inner=ModelInner(x=1))),
    ({"type": "integer", "minimum": 3}, 4, 4),
]


@pytest.mark.parametrize(("kind", "given", "decoded"), KINDS, ids=lambda value: repr(value)[:40])
def test_each_kind_has_a_schema_that_is_valid_and_a_value_that_fits_it_decodes(kind: Any, given: Any, decoded: Any):
    made = codec(kind)
    Draft202012Validator.check_schema(json.loads(json.dumps(made.schema)))
    value = made.decode(given)
    assert value == decoded
    assert type(value) is type(decoded)
    lenient = isinstance(given, str) and kind in (int, float, bool)
    assert lenient or Draft202012Validator(made.schema).is_valid(given)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (int, "x", "expected an integer, got 'x'"),
        (int, True, "expected an integer, got True"),
        (int, 1.5, "expected an integer"),
        (str, 3, "expected a string, got 3"),
        (float, "x", "expected a number"),
        (bool, 1, "expected true or false"),
        (None, 0, "expected null"),
        (bytes, "!!", "expected base64"),
        (list[int], "ab", "expected a list"),
        (list[int], [1, "b"], "[1]: expected an integer"),
        (tuple[int, str], [1], "expected 2 items, got 1"),
        (dict[str, int], {"a": "b"}, "a: expected an integer"),
        (dict[str, int], [], "expected an object"),
        (Literal["a", "b"], "c", "expected one of 'a', 'b', got 'c'"),
        (Literal[1], True, "expected one of 1"),
        (Colour, "green", "expected one of 'red', 'blue'"),
        (datetime.date, "tomorrow", "expected date text"),
        (uuid.UUID, "x", "expected uuid text"),
        (decimal.Decimal, "x", "expected decimal text"),
        (Point, {}, "missing x"),
        (Point, {"x": 1, "z": 2}, "unknown z (known: x, y, tags)"),
        (Point, {"x": "a"}, "x: expected an integer"),
        (Film, {"year": 1}, "missing title"),
        (Tree, {"value": 1, "children": [{"value": 2}, {"value": "x"}]}, "children.[1].value: expected an integer"),
        (int | None, "x", "expected an integer, got 'x' or expected null"),
        (Annotated[int, Limits(ge=0)], -1, "-1 is below 0"),
        (Annotated[int, Limits(gt=0, multiple_of=2)], 3, "3 is not a multiple of 2"),
        (Annotated[str, Limits(max_length=2)], "abc", "longer than 2"),
        (Annotated[list[int], Limits(min_length=1)], [], "fewer than 1 items"),
        (Record, {"name": "a"}, "point"),
        (Model, {"name": "a", "inner": {"x": "q"}}, "inner.x"),
        ({"type": "integer"}, "x", "expected integer"),
    ],
)
def test_what_does_not_fit_is_told_with_where_and_what(kind: Any, value: Any, said: str):
    with pytest.raises(OutputError) as raised:
        codec(kind).decode(value)
    assert said in str(raised.value)
    assert raised.value.raw == value


@pytest.mark.parametrize("kind", [complex, type, object(), "int", pathlib, list[complex], lambda: 0], ids=lambda kind: type(kind).__name__)
def test_a_type_that_json_cannot_hold_is_refused(kind: Any):
    with pytest.raises(ConfigError):
        codec(kind)


@pytest.mark.parametrize("kind", [Point, Tree, Film, Pair, Record, Model])
def test_the_root_of_a_schema_is_an_object_and_refers_only_to_itself(kind: Any):
    schema = codec(kind).schema
    assert schema["type"] == "object"
    refs = {text for text in _strings(schema) if text.startswith("#/$defs/")}
    assert {ref.removeprefix("#/$defs/") for ref in refs} <= set(schema.get("$defs", {}))


def test_names_and_descriptions_come_from_the_type():
    schema = codec(Point).schema
    assert (schema["title"], schema["description"]) == ("Point", "A point.")
    assert schema["properties"]["x"]["description"] == "To the right."
    assert schema["properties"]["y"] == {"type": "number", "default": 0.0}


def test_two_types_of_one_name_stay_apart():
    def make(kind: type) -> type:
        @dataclass
        class Same:
            x: kind  # type: ignore[valid-type]

        Same.__annotations__["x"] = kind
        return Same

    one, other = make(int), make(str)
    both = codec(tuple[one, other])
    assert both.decode([{"x": 1}, {"x": "a"}]) == (one(1), other("a"))
    assert len(both.schema["$defs"]) == 2


@given(st.recursive(st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=8))
def test_a_type_that_refers_to_itself_decodes_at_any_depth(shape: Any):
    def build(node: Any) -> dict[str, Any]:
        return {"value": node} if isinstance(node, int) else {"value": len(node), "children": [build(inner) for inner in node]}

    def depth(tree: Tree) -> int:
        return 1 + max(map(depth, tree.children), default=0)

    tree = codec(Tree).decode(build(shape))
    assert isinstance(tree, Tree)
    assert depth(tree) >= 1
    assert all(isinstance(child, Tree) for child in tree.children)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []
