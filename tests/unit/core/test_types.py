"""Types as Python programs have them, and types made at random: schema and value go together, also through strict modes."""

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import pathlib
import uuid
from collections import deque
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, Generic, Literal, LiteralString, NamedTuple, TypedDict, TypeVar

import annotated_types
import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from staysail import CompletionRequest, OutputError, ToolDefinition
from staysail.core.durations import read_duration, write_duration
from staysail.core.plain_values import as_plain
from staysail.core.schema import codec
from staysail.core.validation import check, fit
from staysail.wire.schemas.preparing import Preparation
from staysail.wire.schemas.rules import OPENAI

T = TypeVar("T")
Small = TypeVar("Small", bound=int)


@dataclass
class Box(Generic[T]):  # noqa: UP046  as programs of before 3.12 have it
    item: T
    more: list[T] = field(default_factory=list)


@dataclass
class Pair[A, B]:
    left: A
    right: B


class Labelled(TypedDict, Generic[T]):  # noqa: UP046
    label: str
    value: T


class Point(NamedTuple):
    x: int
    y: int = 0


@attrs.define
class Boat:
    name: str
    length_m: float = 10.0
    crew: list[str] = attrs.field(factory=list)


class Wind(enum.Enum):
    NORTH = "n"
    SOUTH = "s"


class Corner(enum.Enum):
    TOP = (0, 1)
    BOTTOM = (0, 0)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Site(pydantic.BaseModel):
    url: pydantic.AnyUrl
    port: Annotated[int, pydantic.Field(gt=0, lt=65_536)] = 443


@pydantic.dataclasses.dataclass
class Span:
    start: int
    end: int

    @pydantic.model_validator(mode="after")
    def in_order(self):
        if self.end < self.start:
            raise ValueError("end lies before start")
        return self


type Tagged[V] = dict[str, V]

KINDS: list[tuple[Any, Any, Any]] = [
    (Box[int], {"item": "1", "more": [2]}, Box(1, [2])),
    (Box[Box[str]], {"item": {"item": "a"}}, Box(Box("a"))),
    (Pair[int, str], {"left": 1, "right": "r"}, Pair(1, "r")),
    (Labelled[int], {"label": "a", "value": 1}, {"label": "a", "value": 1}),
    (Tagged[int], {"a": 1}, {"a": 1}),
    (T, "anything", "anything"),
    (Small, 3, 3),
    (Point, {"x": 1}, Point(1)),
    (Boat, {"name": "Ada", "crew": ["Bo"]}, Boat("Ada", 10.0, ["Bo"])),
    (Corner, "TOP", Corner.TOP),
    (Literal[Wind.NORTH, "calm"], "n", Wind.NORTH),
    (Literal[Corner.BOTTOM], "BOTTOM", Corner.BOTTOM),
    (dict[int, str], {"1": "a", "-2": "b"}, {1: "a", -2: "b"}),
    (dict[Wind, int], {"s": 2}, {Wind.SOUTH: 2}),
    (dict[Level, int], {"2": 2}, {Level.HIGH: 2}),
    (dict[Literal["a", "b"], int], {"a": 2}, {"a": 2}),
    (dict[bool, int], {"true": 2}, {True: 2}),
    (dict[datetime.date, int], {"2026-01-02": 2}, {datetime.date(2026, 1, 2): 2}),
    (deque[int], [1, 2], deque([1, 2])),
    (tuple[()], [], ()),
    (LiteralString, "a", "a"),
    (datetime.timedelta, "P1DT2H0.5S", datetime.timedelta(days=1, hours=2, seconds=0.5)),
    (datetime.timedelta, 90, datetime.timedelta(seconds=90)),
    (datetime.timedelta, "-PT1M", datetime.timedelta(minutes=-1)),
    (datetime.timedelta, "1:30:00", datetime.timedelta(minutes=90)),
    (pathlib.PurePath, "a/b", pathlib.PurePath("a/b")),
    (pathlib.PureWindowsPath, "a\\b", pathlib.PureWindowsPath("a/b")),
    (ipaddress.IPv4Address, "127.0.0.1", ipaddress.IPv4Address("127.0.0.1")),
    (pydantic.AnyUrl, "https://example.com/a", pydantic.AnyUrl("https://example.com/a")),
    (Site, {"url": "https://example.com"}, Site(url="https://example.com")),
    (Span, {"start": 1, "end": 2}, Span(1, 2)),
    (list[Span], [{"start": 1, "end": 2}], [Span(1, 2)]),
    (Annotated[int, pydantic.Field(gt=0)], 5, 5),
    (Annotated[str, pydantic.AfterValidator(str.upper)], "a", "A"),
    (Annotated[int, annotated_types.Interval(gt=0, le=9)], 9, 9),
    (Annotated[list[int], annotated_types.Len(1, 3)], [1], [1]),
    (Annotated[str, annotated_types.Predicate(str.isupper)], "A", "A"),
    (Annotated[int, msgspec.Meta(ge=2, extra_json_schema={"examples": [2]})], 2, 2),
    (Box[int], {"item": 1, "more": "[1, 2]"}, Box(1, [1, 2])),
    (Box[Box[int]], {"item": '{"item": 3}'}, Box(Box(3))),
    (Box[int], {"item": 1, "more": None}, Box(1)),
]


@pytest.mark.parametrize(("kind", "given", "decoded"), KINDS, ids=lambda value: repr(value)[:50])
def test_a_type_has_a_schema_and_reads_its_value(kind: Any, given: Any, decoded: Any):
    made = codec(kind)
    Draft202012Validator.check_schema(made.schema)
    assert made.decode(given) == decoded
    plain = as_plain(made.decode(given))
    assert check(plain, made.schema) == []
    if kind is not codec and not (isinstance(kind, type) and issubclass(kind, datetime.timedelta)):
        assert made.decode(plain) == decoded


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Span, {"start": 2, "end": 1}, "end lies before start"),
        (Site, {"url": "nowhere", "port": -1}, "url: Input should be a valid URL"),
        (Site, {"url": "nowhere", "port": -1}, "port: Input should be greater than 0"),
        (Annotated[int, pydantic.Field(gt=0)], 0, "greater than 0"),
        (Box[Box[int]], {"item": "no box"}, "item: expected an object, got"),
        (Annotated[int, annotated_types.Interval(gt=0)], 0, "0 is not above 0"),
        (Annotated[str, annotated_types.Predicate(str.isupper)], "a", "does not hold for isupper"),
        (Annotated[dict[str, int], annotated_types.Len(1)], {}, "fewer than 1 properties"),
        (dict[int, str], {"x": "a"}, "x: expected an integer"),
        (dict[Wind, str], {"w": "a"}, "expected one of 'n', 's'"),
        (Corner, [0, 1], "expected one of 'TOP', 'BOTTOM'"),
        (datetime.timedelta, "P1Y", "expected duration text"),
        (Box[int], {"item": "x"}, "item: expected an integer"),
        (Box[int], {"item": None}, "item: expected an integer"),
    ],
)
def test_what_does_not_fit_is_told(kind: Any, value: Any, said: str):
    with pytest.raises(OutputError) as raised:
        codec(kind).decode(value)
    assert said in str(raised.value)
    assert "errors.pydantic.dev" not in str(raised.value)


@pytest.mark.parametrize("error", [ValueError("too deep"), KeyError("x"), ZeroDivisionError("d"), AssertionError("never"), TypeError("t")])
def test_whatever_a_class_raises_while_it_is_made_is_told(error: Exception):
    @dataclass
    class Picky:
        n: int

        def __post_init__(self):
            raise error

    with pytest.raises(OutputError) as raised:
        codec(list[Picky]).decode([{"n": 1}])
    assert str(error) in str(raised.value)
    assert str(raised.value).startswith("[0]: ")


def test_definitions_of_two_packages_stay_apart():
    def model(kind: type) -> Any:
        inner = pydantic.create_model("Inner", x=(kind, ...))
        return pydantic.create_model("Outer", inner=(inner, ...))

    made = codec(tuple[model(int), model(bool)])
    assert len(made.schema["$defs"]) == 2
    assert check([{"inner": {"x": 1}}, {"inner": {"x": True}}], made.schema) == []


@given(st.timedeltas())
def test_a_duration_reads_as_it_was_written(duration: datetime.timedelta):
    written = write_duration(duration)
    assert abs(read_duration(written) - duration.total_seconds()) <= 1e-6 * max(1, abs(duration.total_seconds()))


# Types at random, each with its values.
SCALARS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, st.text(max_size=5)),
    (int, st.integers(-9, 9)),
    (float, st.floats(-5, 5, allow_nan=False)),
    (bool, st.booleans()),
    (Wind, st.sampled_from(Wind)),
    (Corner, st.sampled_from(Corner)),
    (Level, st.sampled_from(Level)),
    (Literal["a", "b", 3], st.sampled_from(["a", "b", 3])),
    (datetime.date, st.dates()),
    (datetime.timedelta, st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=9))),
    (uuid.UUID, st.uuids()),
    (decimal.Decimal, st.decimals(-5, 5, allow_nan=False, places=2)),
    (bytes, st.binary(max_size=4)),
    (Annotated[int, annotated_types.Ge(0)], st.integers(0, 9)),
]
KEYS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, st.text(max_size=3)),
    (int, st.integers(-9, 9)),
    (Wind, st.sampled_from(Wind)),
    (Level, st.sampled_from(Level)),
]
COUNT = iter(range(10**9))


def grow(inner: st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]) -> st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]:
    def record(fields: list[tuple[Any, st.SearchStrategy[Any]]], defaults: list[bool]) -> tuple[Any, st.SearchStrategy[Any]]:
        described = [
            (f"f{n}", kind, dataclasses.field(default=None) if default else dataclasses.field())
            for n, ((kind, _), default) in enumerate(zip(fields, sorted(defaults), strict=False))
        ]
        made = make_dataclass(f"Made{next(COUNT)}", described)
        return made, st.builds(made, *(values for (_, values), _ in zip(fields, described, strict=False)))

    return st.one_of(
        inner.map(lambda pair: (list[pair[0]], st.lists(pair[1], max_size=3))),
        inner.map(lambda pair: (tuple[pair[0], ...], st.lists(pair[1], max_size=3).map(tuple))),
        inner.map(lambda pair: (pair[0] | None, pair[1] | st.none()) if not isinstance(pair[0], str) else pair),
        st.tuples(st.sampled_from(KEYS), inner).map(
            lambda pairs: (dict[pairs[0][0], pairs[1][0]], st.dictionaries(pairs[0][1], pairs[1][1], max_size=2))
        ),
        inner.map(lambda pair: (Box[pair[0]], st.builds(Box, pair[1], st.lists(pair[1], max_size=2)))),
        st.builds(record, st.lists(inner, min_size=1, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3)),
    )


TYPES = st.recursive(st.sampled_from(SCALARS), grow, max_leaves=5)


@settings(max_examples=150)
@given(TYPES, st.data())
def test_a_value_of_a_type_made_at_random_is_written_checked_and_read_back(pair: tuple[Any, st.SearchStrategy[Any]], data: st.DataObject):
    kind, values = pair
    value = data.draw(values)
    made = codec(kind)
    Draft202012Validator.check_schema(made.schema)
    plain = as_plain(value)
    assert check(plain, made.schema) == []
    assert made.decode(plain) == value


@settings(max_examples=150)
@given(TYPES, st.data())
def test_the_strict_form_takes_the_same_values_with_nulls_which_are_taken_out_again(
    pair: tuple[Any, st.SearchStrategy[Any]], data: st.DataObject
):
    kind, values = pair
    made = codec(make_dataclass("Arguments", [("value", kind), ("note", str, dataclasses.field(default=""))]))
    tool = ToolDefinition("t", "", made.schema, True)
    [prepared] = Preparation(CompletionRequest("x", tools=[tool]), OPENAI, "m").request.tools
    plain = {"value": as_plain(data.draw(values))}
    if not prepared.strict:
        assert check(plain, prepared.parameters) == []
        return
    written = plain | {"note": None}
    assert check(written, prepared.parameters) == []
    assert fit(written, made.schema) == (plain, [])
    assert made.decode(written) == made.decode(plain)
