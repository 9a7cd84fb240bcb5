"""A program that type checkers read: tools keep their signatures, and mistakes are found. It runs too, in test_typing.py.

Every line that ends in `# wrong` must be an error for both checkers, and no other line may be one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import AsyncGenerator, Generator
from typing import Annotated, Literal, assert_type

from staysail import Agent, FunctionTool, ToolError, tool
from staysail.testing import ScriptedModel


@dataclasses.dataclass
class Berth:
    """A berth.

    Attributes:
        name: As on the sign.
    """

    name: str
    length_m: float = 8.0


@tool
def free_berths(harbour: str, min_length_m: float = 0.0) -> list[Berth]:
    """Free berths of a harbour."""
    if harbour == "Nowhere":
        raise ToolError("there is no such harbour; try Oslo")
    return [Berth(f"{harbour} 1", min_length_m + 1)]


@tool(approval="always", timeout_s=5)
async def reserve(berth: Berth, nights: Annotated[int, "At least one."] = 1, *, pay: Literal["card", "cash"] = "card") -> str:
    """Reserves a berth."""
    await asyncio.sleep(0)
    return f"{berth.name} for {nights} nights, paid by {pay}"


@tool
def watch(hours: int) -> Generator[str]:
    """Watches the harbour."""
    for hour in range(hours):
        yield f"hour {hour}: quiet"


@tool
async def follow(ship: str) -> AsyncGenerator[str]:
    """Follows a ship."""
    yield f"{ship} left"
    yield f"{ship} arrived"


class Harbour:
    def __init__(self, name: str) -> None:
        self.name = name

    @tool
    def wind(self, hours: int) -> float:
        """Wind in the next hours, in m/s."""
        return 2.5 * hours


def distance(start: str, end: str, unit: Literal["nm", "km"] = "nm") -> float:
    """Distance between two harbours."""
    return float(len(start) + len(end)) * (1.0 if unit == "nm" else 1.852)


def check_signatures() -> None:
    assert_type(free_berths("Oslo"), list[Berth])
    assert_type(free_berths("Oslo", min_length_m=3.5), list[Berth])
    assert_type(watch(2), Generator[str])
    assert_type(follow("Ada"), AsyncGenerator[str])
    assert_type(free_berths.name, str)
    assert_type(Harbour("Oslo").wind(hours=3), float)
    assert_type(tool(distance)("Oslo", "Rome", "km"), float)
    near: FunctionTool[..., float] = tool(functools.partial(distance, "Oslo"))
    assert near.parameters["required"] == ["end"]


async def check_awaiting() -> None:
    assert_type(await reserve(Berth("Oslo 1"), 2, pay="cash"), str)


def not_called() -> None:
    free_berths(3)  # wrong
    free_berths("Oslo", max_length_m=3)  # wrong
    free_berths()  # wrong
    number: int = free_berths("Oslo")  # wrong
    watch("two")  # wrong
    tool(approval="sometimes")(distance)  # wrong
    print(number)


async def main() -> list[str]:
    check_signatures()
    await check_awaiting()
    agent = Agent(ScriptedModel(["Fair winds."]), tools=[free_berths, reserve, watch, follow, Harbour("Oslo").wind, distance])
    reply = await agent.prompt("Where can I stay?")
    assert_type(reply.text, str)
    berths = await free_berths.call({"harbour": "Oslo", "min_length_m": "7"})
    return [reply.text, *(berth.name for berth in berths), await reserve.call({"berth": {"name": "Oslo 1"}})]
