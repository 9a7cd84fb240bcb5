import asyncio
import copy
import dataclasses
import enum
import functools
import inspect
import pickle
import pydoc
import threading
from contextvars import ContextVar
from typing import Annotated, Literal, get_type_hints

import pydantic
import pytest

from staysail import Agent, ConfigError, FunctionTool, Text, Tool, ToolCall, ToolError, ToolProgress, ToolResult, tool
from staysail.core.tool import as_tool
from staysail.testing import ScriptedModel

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


def add(left: int, right: int, *, factor: int = 1) -> int:
    """Adds.

    Args:
        left: The first.
    """
    return factor * (left + right)


class Shop:
    name = "shop"

    @tool
    @classmethod
    def open_at(cls, hour: int) -> str:
        """Opens."""
        return f"{cls.name} at {hour}"

    @classmethod
    @tool
    def close_at(cls, hour: int) -> str:
        """Closes."""
        return f"{cls.name} until {hour}"

    @tool
    @staticmethod
    def double(n: int) -> int:
        """Doubles."""
        return 2 * n


class Market(Shop):
    name = "market"


@pytest.mark.parametrize(
    ("given", "arguments", "name", "description", "properties", "result"),
    [
        (functools.partial(add, 1), {"right": "2"}, "add", "Adds.", ["right", "factor"], 3),
        (functools.partial(add, factor=10), {"left": 1, "right": 2}, "add", "Adds.", ["left", "right"], 30),
        (functools.partial(functools.partial(add, 1), factor=2), {"right": 2}, "add", "Adds.", ["right"], 6),
        (Shop.open_at, {"hour": 9}, "open_at", "Opens.", ["hour"], "shop at 9"),
        (Market.open_at, {"hour": 9}, "open_at", "Opens.", ["hour"], "market at 9"),
        (Market().open_at, {"hour": 9}, "open_at", "Opens.", ["hour"], "market at 9"),
        (Market.close_at, {"hour": 9}, "close_at", "Closes.", ["hour"], "market until 9"),
        (Shop.double, {"n": 3}, "double", "Doubles.", ["n"], 6),
        (Shop().double, {"n": 3}, "double", "Doubles.", ["n"], 6),
        (lambda x, y=2: x * y, {"x": 3}, "<lambda>", "", ["x", "y"], 6),
    ],
    ids=[
        *("partial", "partial by name", "partial twice", "class method", "of a subclass", "of its instance", "class method above"),
        *("static method", "static method of an instance", "lambda"),
    ],
)
async def test_whatever_can_be_called_is_a_tool(given, arguments, name, description, properties, result):
    made = as_tool(given)
    assert (made.name, made.description, list(made.parameters["properties"])) == (name, description, properties)
    assert await made.call(arguments) == result


def test_a_tool_has_the_signature_the_names_and_the_help_of_its_function():
    assert str(inspect.signature(look_up)) == "(key: str, limit: int = 3) -> list[str]"
    assert (look_up.__name__, look_up.__qualname__, look_up.__module__) == ("look_up", "look_up", __name__)
    assert get_type_hints(look_up) == {"key": str, "limit": int, "return": list[str]}
    assert repr(look_up) == "<tool look_up(key: str, limit: int = 3) -> list[str]>"
    shown = pydoc.plain(pydoc.render_doc(look_up))
    assert "look_up(key: str, limit: int = 3) -> list[str]" in shown
    assert "Looks something up." in shown


@tool
def look_up(key: str, limit: int = 3) -> list[str]:
    """Looks something up."""
    return [key] * limit


def test_tools_are_copied_and_pickled():
    for again in (pickle.loads(pickle.dumps(look_up)), copy.copy(look_up), copy.deepcopy(look_up)):
        assert again is look_up
    loose = tool(name="plus", description="d", timeout_s=3, approval="always")(add)
    for again in (pickle.loads(pickle.dumps(loose)), copy.deepcopy(loose)):
        assert (again.name, again.description, again.timeout_s, again.approval) == ("plus", "d", 3, "always")
        assert again.parameters == loose.parameters
        assert again(1, 2) == 3
    shop = Shop()
    bound = pickle.loads(pickle.dumps(as_tool(shop.greet)))
    assert bound("Ann") == "shop greets Ann"


def greet(self, name: str) -> str:
    """Greets."""
    return f"{self.name} greets {name}"


Shop.greet = tool(greet)  # type: ignore[attr-defined]
Shop.greet.function.__qualname__ = "Shop.greet"  # type: ignore[attr-defined]


@tool
def count(to: int):
    """Counts."""
    yield from range(1, to + 1)


@tool
def steps(fail: bool = False):
    """Goes in steps."""
    yield "begun"
    if fail:
        raise ToolError("stuck")
    yield {"at": 1}
    return "all done"


@tool
async def ticks(n: int):
    """Ticks."""
    for at in range(n):
        await asyncio.sleep(0)
        yield Text(f"tick {at}")


@pytest.mark.parametrize(
    ("call", "told", "result"),
    [
        (ToolCall("1", "count", {"to": 3}), ["1", "2", "3"], "3"),
        (ToolCall("1", "count", {"to": 0}), [], "null"),
        (ToolCall("1", "steps", {}), ["begun", '{"at":1}'], "all done"),
        (ToolCall("1", "steps", {"fail": True}), ["begun"], "stuck"),
        (ToolCall("1", "ticks", {"n": 2}), ["tick 0", "tick 1"], "tick 1"),
    ],
)
async def test_what_a_generator_yields_is_progress_and_the_last_the_result(call: ToolCall, told: list[str], result: str):
    agent = Agent(ScriptedModel([call, "Done."]), tools=[count, steps, ticks])
    events = [event async for event in agent.stream("Go.")]
    progress = [event for event in events if isinstance(event, ToolProgress)]
    assert [event.part.text if event.part else event.text for event in progress] == told
    assert {(event.call_id, event.name, event.stream) for event in progress} <= {("1", call.name, "progress")}
    assert [event.text for event in events if isinstance(event, ToolResult)] == [result]


async def test_an_agent_without_a_watcher_runs_a_generator_too():
    reply = await Agent(ScriptedModel([ToolCall("1", "count", {"to": 3}), "Done."]), tools=[count]).prompt("Go.")
    assert reply.steps[0].tool_results[0].text == "3"


async def test_a_generator_is_closed_when_its_call_is_cut_off():
    closed = asyncio.Event()

    @tool(timeout_s=0.05)
    async def for_ever():
        try:
            while True:
                await asyncio.sleep(0.01)
                yield "still"
        finally:
            closed.set()

    reply = await Agent(ScriptedModel([ToolCall("1", "for_ever", {}), "Done."]), tools=[for_ever]).prompt("Go.")
    assert "did not answer within 0.05 s" in reply.steps[0].tool_results[0].text
    assert closed.is_set()


async def test_objects_of_other_packages_are_closed_for_the_model_and_read_by_their_package():
    class Order(pydantic.BaseModel):
        item: str
        count: int = 1

    @tool
    def order(what: Order) -> str:
        return f"{what.count} {what.item}"

    assert order.parameters["$defs" if "$defs" in order.parameters else "properties"]
    assert "'additionalProperties': False" in str(order.parameters["properties"]["what"])
    assert await order.call({"what": {"item": "tea", "count": "2"}}) == "2 tea"
    assert await order.call({"what": '{"item": "tea"}'}) == "1 tea"


async def test_null_for_what_may_be_left_out_is_its_default():
    assert await look_up.call({"key": "a", "limit": None}) == ["a", "a", "a"]
    with pytest.raises(ToolError, match="key: expected a string, got None"):
        await look_up.call({"key": None})


class Buoy:
    @tool
    @staticmethod
    def light(seconds: int) -> str:
        return f"on for {seconds} s"

    @tool
    @classmethod
    def count(cls, first: int) -> str:
        return f"{cls.__name__} {first}"

    def ring(self, times: int) -> str:
        """Rings the bell."""
        return "ding " * times


class QuietBuoy(Buoy):
    def ring(self, times: int) -> str:
        return "hush"


async def test_methods_without_a_docstring_are_tools_and_a_method_that_overrides_has_the_docstring_of_the_other():
    assert await Buoy.light.call({"seconds": 3}) == "on for 3 s"
    assert await QuietBuoy.count.call({"first": 1}) == "QuietBuoy 1"
    assert (Buoy.light.description, Buoy.count.description) == ("", "")
    assert FunctionTool(QuietBuoy().ring).description == "Rings the bell."


async def test_a_default_that_pydantic_describes_gives_its_limits_and_its_value():
    @tool
    def berth(length_m: float = pydantic.Field(8.0, gt=0, description="Of the ship."), name: str = pydantic.Field(max_length=3)) -> str:
        """A berth."""
        return f"{name} {length_m}"

    length = berth.parameters["properties"]["length_m"]
    assert (length["exclusiveMinimum"], length["default"], length["description"]) == (0, 8.0, "Of the ship.")
    assert berth.parameters["required"] == ["name"]
    assert await berth.call({"name": "Ada"}) == "Ada 8.0"
    with pytest.raises(ToolError, match="greater than 0"):
        await berth.call({"name": "Ada", "length_m": 0})


def test_a_mapping_whose_keys_are_no_text_is_refused_when_the_tool_is_made():
    def seats(taken: dict[tuple[int, int], str]) -> None: ...

    with pytest.raises(ConfigError, match="keys are text in JSON"):
        tool(seats)


def test_a_tool_shows_the_signature_of_its_function_and_its_class_that_of_its_constructor():
    assert str(inspect.signature(Buoy.light)) == "(seconds: int) -> str"
    assert list(inspect.signature(FunctionTool).parameters)[:2] == ["function", "name"]
