"""Types as people declare them: inherited generics, aliases with parameters, typing_extensions, InitVar, Self, flags, limits."""

import datetime
import decimal
import enum
import json
import typing
import uuid
from collections import OrderedDict, defaultdict
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, Self, TypedDict, TypeVar

import annotated_types
import msgspec
import pydantic
import pytest
import typing_extensions
from jsonschema import Draft202012Validator

from staysail import ConfigError, OutputError, tool
from staysail.core.plain_values import as_plain
from staysail.core.schema import codec

T = TypeVar("T")


@dataclass
class Box(Generic[T]):  # noqa: UP046  as programs of before 3.12 have it
    item: T


@dataclass
class IntBox(Box[int]):
    note: str = ""


@dataclass
class Boxes(Box[list[T]], Generic[T]):  # noqa: UP046  its T is not the T of its base
    first: T


class Plain(IntBox):
    """A class below a dataclass, without fields of its own."""


class Labelled(TypedDict, Generic[T]):  # noqa: UP046
    value: T


class IntLabelled(Labelled[int]):
    label: str


class Pair(NamedTuple, Generic[T]):  # noqa: UP046
    left: T


class IntPair(Pair[int]):
    pass


class Parcel(msgspec.Struct, Generic[T]):  # noqa: UP046
    item: T


class Extended(typing_extensions.TypedDict):
    name: typing_extensions.ReadOnly[str]
    year: typing_extensions.NotRequired[int]


class Written(TypedDict):
    """As `from __future__ import annotations` leaves it."""

    name: "typing.Required[str]"
    year: "typing.NotRequired[int]"


class WrittenLoosely(TypedDict, total=False):
    name: "typing.Required[str]"
    year: "int"


@dataclass
class Node:
    value: int
    children: list[Self] = field(default_factory=list)


@dataclass
class Priced:
    net: int
    rate: InitVar[int]
    extra: InitVar[int] = 1
    currency: ClassVar[str] = "EUR"
    total: int = field(init=False, default=0)

    def __post_init__(self, rate: int, extra: int) -> None:
        self.total = self.net * rate + extra


class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    BOTH = 3


class Mode(enum.IntFlag):
    FAST = 1
    QUIET = 2


class Colour(enum.StrEnum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> "Colour | None":
        return cls.RED if str(value).lower() == "red" else None


class Strict(pydantic.BaseModel, strict=True):
    day: datetime.date
    id: uuid.UUID
    sizes: tuple[int, ...] = ()


class Renamed(msgspec.Struct, rename="camel", tag=True):
    by_id: dict[int, int]


class Alone(msgspec.Struct):
    x: int


type Reversed[A, B] = dict[B, A]
type Always[A] = int
type Nested[A] = A | list[Nested[A]]
Old = typing_extensions.TypeAliasType("Old", list[int])  # noqa: UP040
ID = uuid.UUID(int=5)
DAY = datetime.date(2026, 1, 2)
After = annotated_types.Gt(datetime.date(2026, 1, 1))

KINDS: list[tuple[Any, Any, Any]] = [
    (IntBox, {"item": "5"}, IntBox(5)),
    (Plain, {"item": "5"}, Plain(5)),
    (Boxes[int], {"item": ["1"], "first": "2"}, Boxes([1], 2)),
    (IntLabelled, {"value": "5", "label": "a"}, {"value": 5, "label": "a"}),
    (IntPair, {"left": "5"}, IntPair(5)),
    (Parcel[int], {"item": "5"}, Parcel(5)),
    (Extended, {"name": "a", "year": None}, {"name": "a"}),
    (Written, {"name": "a", "year": None}, {"name": "a"}),
    (WrittenLoosely, {"name": "a"}, {"name": "a"}),
    (Old, ["1"], [1]),
    (Reversed[int, str], {"a": "1"}, {"a": 1}),
    (Always[str], 3, 3),
    (Nested[int], [1, [2, [3]]], [1, [2, [3]]]),
    (Node, {"value": 1, "children": [{"value": 2}]}, Node(1, [Node(2)])),
    (Rights, ["READ", "WRITE"], Rights.READ | Rights.WRITE),
    (Rights, "BOTH", Rights.BOTH),
    (Rights, [], Rights(0)),
    (Mode, [1, "QUIET"], Mode.FAST | Mode.QUIET),
    (Colour, "RED", Colour.RED),
    (Strict, {"day": "2026-01-02", "id": str(ID), "sizes": [1]}, Strict(day=DAY, id=ID, sizes=(1,))),
    (Renamed, {"type": "Renamed", "byId": {"1": 2}}, Renamed({1: 2})),
    (Annotated[Alone, pydantic.Field(description="Known to msgspec alone.")], {"x": 1}, Alone(1)),
    (OrderedDict[str, int], {"a": 1}, OrderedDict(a=1)),
    (defaultdict[str, list[int]], {"a": [1]}, defaultdict(list, a=[1])),
    (float | int, 3, 3),
    (float | str, 3, 3.0),
    (datetime.datetime | datetime.date, "2026-01-02", DAY),
    (Annotated[int, {"minimum": 1}], 1, 1),
    (Annotated[datetime.date, After], "2026-01-02", DAY),
    (Annotated[decimal.Decimal, annotated_types.Gt(0)], "0.5", decimal.Decimal("0.5")),
    (Annotated[list[int] | None, annotated_types.Len(1, 2)], None, None),
    (Annotated[datetime.date | None, After], None, None),
    (Annotated[str, annotated_types.Predicate(annotated_types.Not(str.isupper))], "a", "a"),
]


@pytest.mark.parametrize(("kind", "given", "decoded"), KINDS, ids=lambda value: repr(value)[:50])
def test_a_type_has_a_schema_and_reads_its_value(kind: Any, given: Any, decoded: Any):
    made = codec(kind)
    Draft202012Validator.check_schema(json.loads(json.dumps(made.schema, allow_nan=False)))
    value = made.decode(given)
    assert (type(value), value) == (type(decoded), decoded)
    assert made.decode(as_plain(value)) == decoded


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (IntBox, {"item": "x"}, "item: expected an integer"),
        (Boxes[int], {"item": ["x"], "first": 1}, "item.[0]: expected an integer"),
        (Parcel[int], {"item": "x"}, "Expected `int`"),
        (WrittenLoosely, {"year": 1}, "missing name"),
        (Nested[int], ["x"], "[0]: expected an integer"),
        (Rights, ["RAED"], "expected a list of 'READ', 'WRITE', 'BOTH', got ['RAED']"),
        (Rights, [True, []], "expected a list of"),
        (Colour, "green", "expected one of 'red', got 'green'"),
        (set[Any], [[1]], "unhashable"),
        (float, 10**400, "expected a number"),
        (Annotated[int, annotated_types.Predicate(lambda n: 1 / n)], 0, "division by zero"),
        (Annotated[datetime.date, After], "2025-12-31", "2025-12-31 is not above 2026-01-01"),
        (Annotated[datetime.timedelta, annotated_types.Le(datetime.timedelta(hours=1))], "PT2H", "not at most 1:00:00"),
        (Annotated[decimal.Decimal, annotated_types.Gt(0)], "-1", "-1 is not above 0"),
        (Annotated[list[int] | None, annotated_types.Len(1, 2)], [1, 2, 3], "more than 2 items"),
        (Annotated[set[int], annotated_types.MinLen(2)], [1, 1], "fewer than 2 items"),
        (Annotated[bytes, annotated_types.MaxLen(2)], "AAEC", "3 bytes are not at most 2"),
        (Annotated[datetime.datetime, msgspec.Meta(tz=True)], "2026-01-02T00:00:00", "needs a time zone"),
        (Annotated[datetime.datetime, annotated_types.Timezone(None)], "2026-01-02T00:00:00Z", "must not have a time zone"),
        (Annotated[list[Alone], pydantic.Field(min_length=1)], [], "fewer than 1 items"),
    ],
)
def test_what_does_not_fit_is_told(kind: Any, value: Any, said: str):
    with pytest.raises(OutputError) as raised:
        codec(kind).decode(value)
    assert said in str(raised.value)


class HoldsModel(msgspec.Struct):
    model: Strict


class HoldsFunction(pydantic.BaseModel):
    function: typing.Callable[[int], int]


@pytest.mark.parametrize("kind", [set[list[int]], set[Node], tuple[int, *tuple[str, ...]], HoldsModel, HoldsFunction, Self])
def test_a_type_that_cannot_be_read_is_refused_when_the_tool_is_made(kind: Any):
    with pytest.raises(ConfigError):
        codec(kind)


def test_init_only_fields_are_arguments_and_class_variables_are_none():
    made = codec(Priced)
    assert [*made.schema["properties"]] == ["net", "rate", "extra"]
    assert made.decode({"net": 2, "rate": 3}).total == 7
    assert as_plain(made.decode({"net": 2, "rate": 3})) == {"net": 2, "total": 7}


def test_a_default_that_json_has_no_number_for_stays_out_of_the_schema():
    @tool
    def look(limit_m: float = float("inf")) -> str:
        """Looks."""
        return repr(limit_m)

    assert look.parameters["properties"] == {"limit_m": {"type": "number"}}
