"""Whatever Python can call, as a tool: wrapped functions, classes, objects; and what cannot be one."""

import functools
import inspect
import subprocess
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from staysail import ConfigError, tool
from staysail.core.tool import as_tool

from ..agent.test_cancelling import interpreters


class Counted:
    """A decorator that is a class, without annotations of its own."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.function(*args, **options)


@Counted
def depth(metres: int) -> int:
    """Depth.

    Args:
        metres: Below the keel.
    """
    return metres * 2


@dataclass
class Scale:
    factor: int

    def __call__(self, value: int) -> int:
        """Scales a value."""
        return value * self.factor


class Point(NamedTuple):
    x: int
    y: int = 0


class Boat:
    def sail(self, knots: int) -> int:
        return knots

    @tool
    def anchor(self, metres: int) -> int:
        return metres


@pytest.mark.parametrize(
    ("given", "arguments", "description", "types", "result"),
    [
        (depth, {"metres": "3"}, "Depth.", {"metres": "integer"}, 6),
        (Scale(3), {"value": "2"}, "Scales a value.", {"value": "integer"}, 6),
        (Scale, {"factor": "2"}, "", {"factor": "integer"}, Scale(2)),
        (Point, {"x": "1"}, "", {"x": "integer", "y": "integer"}, Point(1)),
        (Boat().sail, {"knots": "4"}, "", {"knots": "integer"}, 4),
        (functools.partial(tool(depth), metres=4), {}, "Depth.", {}, 8),
    ],
)
async def test_parameters_keep_their_types(given: Any, arguments: dict, description: str, types: dict, result: Any):
    made = as_tool(given)
    assert made.description == description
    assert {name: schema["type"] for name, schema in made.parameters["properties"].items()} == types
    assert await made.call(arguments) == result


@pytest.mark.parametrize("given", [int, max, Boat.sail, Boat.anchor])
def test_what_has_no_signature_or_no_object_is_refused(given: Any):
    with pytest.raises(ConfigError):
        as_tool(given)


def test_a_tool_of_a_coroutine_function_is_one():
    @tool
    async def look(at: str) -> str:
        return at

    assert inspect.iscoroutinefunction(look)
    assert not inspect.iscoroutinefunction(tool(depth))


STOPS = """
import asyncio
from staysail import Agent, ToolCall
from staysail.testing import ScriptedModel


def first():
    return next(iter([]))


agent = Agent(ScriptedModel([ToolCall("1", "first", {}), "end"]), tools=[first])
print(asyncio.run(agent.prompt("Go.")).messages[-2].content[0].content[0].text)
"""


def test_a_tool_that_raises_stop_iteration_ends():
    for python in interpreters():  # in 3.12 no future carries it, and its caller waited for ever
        done = subprocess.run([python, "-c", STOPS], capture_output=True, text=True, timeout=30)
        assert (done.stdout, done.stderr) == ("RuntimeError: the function raised StopIteration\n", "")
