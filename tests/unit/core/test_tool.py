import asyncio
import dataclasses
import enum
import threading
from contextvars import ContextVar
from typing import Annotated, Literal

import pytest

from staysail import ConfigError, Tool, ToolError, tool
from staysail.core.tool import as_tool

who: ContextVar[str] = ContextVar("who", default="nobody")


class Unit(enum.Enum):
    CELSIUS = "C"
    KELVIN = "K"


@dataclasses.dataclass
class Place:
    """Where.

    Attributes:
        name: Of the town.
    """

    name: str
    lat: float = 0.0


@tool
async def weather(
    place: Place, unit: Unit = Unit.CELSIUS, days: Annotated[int, "How many days."] = 1, how: Literal["short", "long"] = "short"
):
    """Current weather.

    Args:
        place: Where to look.
        unit: Of the temperature.
    """
    return place, unit, days, how


def test_a_function_becomes_a_tool_with_the_schema_of_its_annotations_and_docstring():
    assert isinstance(weather, Tool)
    assert (weather.name, weather.description) == ("weather", "Current weather.")
    schema = weather.parameters
    assert schema["required"] == ["place"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["unit"] == {"type": "string", "enum": ["C", "K"], "description": "Of the temperature."}
    assert schema["properties"]["days"] == {"type": "integer", "description": "How many days.", "default": 1}
    assert schema["properties"]["how"]["enum"] == ["short", "long"]
    assert schema["$defs"]["Place"]["properties"]["name"] == {"type": "string", "description": "Of the town."}


async def test_arguments_arrive_as_the_annotated_types():
    assert await weather.call({"place": {"name": "Oslo"}, "unit": "K", "days": "3"}) == (Place("Oslo"), Unit.KELVIN, 3, "short")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "missing place"),
        ({"place": {"name": 3}}, "place.name: expected a string, got 3"),
        ({"place": {"name": "a", "lon": 1}}, "unknown lon"),
        ({"place": {"name": "a"}, "unit": "F"}, "unit: expected one of 'C', 'K'"),
        ({"place": {"name": "a"}, "days": "many"}, "days: expected an integer"),
        ({"place": {"name": "a"}, "dayz": 1}, "unknown dayz"),
    ],
)
async def test_bad_arguments_are_told_with_their_path(arguments: dict, said: str):
    with pytest.raises(ToolError, match="bad arguments for weather") as raised:
        await weather.call(arguments)
    assert said in str(raised.value)


async def test_an_ordinary_function_runs_in_a_thread_and_in_the_callers_context():
    who.set("me")

    @tool
    def look() -> tuple[int, str]:
        return threading.get_ident(), who.get()

    thread, seen = await look.call({})
    assert thread != threading.get_ident()
    assert seen == "me"


async def test_a_blocking_function_does_not_hold_up_the_loop():
    going = threading.Event()

    @tool
    def wait() -> bool:
        return going.wait(5)

    call = asyncio.ensure_future(wait.call({}))
    await asyncio.sleep(0)
    going.set()
    assert await call


def test_a_tool_is_still_callable_as_itself():
    @tool
    def double(x: int) -> int:
        return 2 * x

    assert double(4) == 8
    assert double(x=4) == 8


async def test_a_method_becomes_a_tool_of_its_instance():
    class Counter:
        count = 0

        @tool(name="add", description="Adds.", timeout_s=3)
        def add_up(self, by: int) -> int:
            self.count += by
            return self.count

    counter = Counter()
    assert (counter.add_up.name, counter.add_up.description, counter.add_up.timeout_s) == ("add", "Adds.", 3)
    assert list(counter.add_up.parameters["properties"]) == ["by"]
    assert await counter.add_up.call({"by": 2}) == 2
    assert counter.count == 2


async def test_a_callable_object_and_a_lambda_can_be_tools():
    class Greeter:
        def __call__(self, name: str) -> str:
            return f"Hello {name}"

    assert await as_tool(Greeter()).call({"name": "Ann"}) == "Hello Ann"
    assert await as_tool(lambda x: x).call({"x": [1]}) == [1]


@pytest.mark.parametrize("signature", ["*items", "**items", "x, /"])
def test_parameters_without_a_name_in_json_are_refused(signature: str):
    scope: dict = {}
    exec(f"def odd({signature}): ...", scope)
    with pytest.raises(ConfigError, match=r"tool odd: parameter '(items|x)'"):
        tool(scope["odd"])


def test_what_is_no_tool_is_refused():
    with pytest.raises(ConfigError, match="is no tool"):
        as_tool(3)
    with pytest.raises(ConfigError, match="has no JSON Schema"):
        tool(socket_taker)


def socket_taker(s: threading.Thread) -> None: ...
