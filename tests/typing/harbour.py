"""A harbour office that uses all of the package, for strict type checkers; it runs too, in test_typing.py.

Every line that ends in `# wrong` must be an error for both checkers, and no other line may be one.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from typing import Literal, TypedDict, assert_type

import pydantic

from staysail import (
    Agent,
    AskAgain,
    Cache,
    Completion,
    CompletionRequest,
    Conversations,
    Document,
    Event,
    Fallback,
    Handoff,
    Hooks,
    Message,
    OutputDelta,
    OutputError,
    Reply,
    Retry,
    RunContext,
    RunDone,
    RunOptions,
    SearchHit,
    SlidingWindow,
    StaysailError,
    Step,
    TextDelta,
    ToolCall,
    ToolError,
    ToolFS,
    ToolResult,
    Usage,
    UsageLimits,
    VectorStore,
    load_model,
    tool,
)
from staysail.core.ports import ModelTraits
from staysail.testing import ScriptedModel


@dataclasses.dataclass
class Office:
    """What tools, hooks and instructions share."""

    harbour: str
    free: dict[str, float]
    calls: list[str] = dataclasses.field(default_factory=list[str])


@dataclasses.dataclass
class Booking:
    berth: str
    nights: int = 1


class Invoice(pydantic.BaseModel):
    total: float
    currency: Literal["NOK", "EUR"] = "NOK"


class Weather(TypedDict):
    wind_ms: float


type Ending = Literal["done", "broken off"]


# Tools with the context, and without.


@tool
def berths(context: RunContext[Office], min_length_m: float = 0.0) -> list[str]:
    """Free berths."""
    assert_type(context.deps, Office)
    found = [name for name, length in context.deps.free.items() if length >= min_length_m]
    if not found:
        raise ToolError("no berth is that long; the longest is " + str(max(context.deps.free.values())))
    return found


@tool(approval="always", idempotent=True)
async def reserve(context: RunContext[Office], berth: str, nights: int = 1) -> Booking:
    """Reserves a berth."""
    del context.deps.free[berth]
    return Booking(berth, nights)


@tool
async def weather() -> Weather:
    """The weather."""
    return {"wind_ms": 4.5}


# Instructions, checks and hooks.


def in_charge(context: RunContext[Office]) -> str:
    return f"You run the harbour of {context.deps.harbour}. This is call {context.step}."


async def is_free(context: RunContext[Office], booking: Booking) -> None:
    if booking.berth not in context.deps.free:
        raise ToolError(f"{booking.berth} is taken")


class Watch(Hooks):
    async def before_model(self, context: RunContext[Office], request: CompletionRequest) -> CompletionRequest | None:
        context.deps.calls.append(f"model {context.step}")
        return request.replace(temperature=0.0) if request.temperature else None

    async def after_model(self, context: RunContext[Office], completion: Completion) -> AskAgain | None:
        return AskAgain("Answer in English.") if "hei" in completion.text.lower() else None

    async def before_tool(self, context: RunContext[Office], call: ToolCall) -> None:
        context.deps.calls.append(call.name)

    async def after_tool(self, context: RunContext[Office], call: ToolCall, result: ToolResult) -> ToolResult | None:
        return None

    async def on_step(self, context: RunContext[Office], step: Step) -> None:
        assert_type(step.usage, Usage)

    def on_event(self, context: RunContext[Office], event: Event) -> None:
        context.deps.calls.append(event.type) if isinstance(event, OutputDelta) else None


NATIVE = ModelTraits(native_output=True)
BOOKING = '{"berth": "B2", "nights": 2}'


def desk(*answers: str | list[ToolCall]) -> Agent[Booking, Office]:
    agent = Agent(
        ScriptedModel(answers, traits=NATIVE),
        output_type=Booking,
        deps_type=Office,
        preamble=["Be brief.", in_charge],
        tools=[berths, reserve, weather],
        output_check=is_free,
        hooks=Watch(),
        usage_limits=UsageLimits(requests=5),
        memory=SlidingWindow(20),
        retry=Retry(attempts=2),
        approve=lambda request: request.tool == "reserve",
    )
    assert_type(agent, Agent[Booking, Office])
    return agent


async def check_prompts(office: Office) -> Booking:
    agent = desk([ToolCall("1", "berths", {"min_length_m": 9})], '{"berth": "A1"}', BOOKING)
    reply = await agent.prompt("A berth of nine metres.", deps=office)
    assert_type(reply, Reply[Booking])
    assert_type(reply.output.nights, int)
    assert_type(await desk("12").extract("Length?", float, deps=office, output_check=None), float)
    other = await desk('{"total": 3}').prompt("The bill.", output_type=Invoice, deps=office, output_check=None)
    assert_type(other.output.currency, Literal["NOK", "EUR"])
    many = await desk(BOOKING, BOOKING).batch_prompt(["a", "b"], deps=office)
    assert_type(many, list[Reply[Booking] | Exception])
    schema = await desk('{"a": 1}').prompt("?", output_type={"type": "object"}, deps=office, output_check=None)
    assert schema.output == {"a": 1}
    return reply.output


async def check_streams(office: Office) -> tuple[Ending, str]:
    ending: Ending = "broken off"
    pieces: list[str] = []
    async for event in desk(BOOKING).stream("A berth.", deps=office):
        match event:
            case TextDelta(text):
                assert_type(text, str)
                pieces.append(text)
            case RunDone(reply):
                booking: Booking = reply.output
                ending = "done" if booking.nights == 2 else "broken off"
            case _:
                assert_type(event.type, str)
    plain = Agent(ScriptedModel(["Fair winds."]))
    assert_type(plain, Agent[str, None])
    text = "".join([piece async for piece in plain.stream_text("Greet.")])
    parts = [part async for part in desk(BOOKING).stream_output("A berth.", deps=office)]
    assert parts[-1] == Booking("B2", 2)
    return ending, text


def check_plain_code(office: Office) -> int:
    done = [event for event in desk(BOOKING).stream_sync("A berth.", deps=office) if isinstance(event, RunDone)]
    reply = desk(BOOKING).prompt_sync("A berth.", deps=office)
    assert_type(reply.output, Booking)
    return len(done) + reply.output.nights


async def check_delegation(office: Office) -> str:
    pilot = Agent(ScriptedModel(["Keep left."]), name="pilot")
    sea = Agent(ScriptedModel([[ToolCall("1", "pilot", {"prompt": "?"})], "Left."]), tools=[pilot.as_tool(), Handoff(desk("x"), "to_desk")])
    chain = Agent(Fallback([sea.model, ScriptedModel(["b"])]), cache=Cache(10))
    options: RunOptions = {"temperature": 0.2, "max_turns": 3}
    assert_type((await chain.prompt("?", **options)).text, str)
    return f"{await office_note(office)}"


async def check_stores() -> list[str]:
    store = VectorStore(":memory:")
    await store.add([Document("1", "Fog"), Document("2", "Sun")], vectors=[[1.0, 0.0], [0.0, 1.0]])
    hits = await store.search([1.0, 0.0], 1)
    assert_type(hits, list[SearchHit])
    conversations = Conversations(":memory:")
    agent = Agent(ScriptedModel(["a", "b"]), conversations=conversations, conversation="trip")
    await agent.prompt("Hello.")
    kept = await conversations.load("trip")
    assert_type(kept.messages, tuple[Message, ...])
    files = ToolFS()
    session = files.session("s", {"/toolfs/notes": "read write"})
    helper = Agent(ScriptedModel(["x"]), tools=files.tools(session))
    return [hit.id for hit in hits] + [message.text for message in kept.messages] + [(await helper.prompt("?")).text]


async def office_note(office: Office) -> str:
    return f"{office.harbour}: {len(office.free)} free"


async def relay(agent: Agent[Booking, Office], office: Office) -> AsyncGenerator[Event[Booking]]:
    async for event in agent.stream("A berth.", deps=office):
        yield event


async def not_called(office: Office) -> None:
    agent = desk(BOOKING)
    await agent.prompt("?", deps="Oslo")  # wrong
    await agent.prompt("?", deps=office, max_turn=3)  # wrong
    await agent.prompt("?", deps=office, temperature="hot")  # wrong
    print((await agent.prompt("?", deps=office)).output.length)  # wrong
    Agent("openai:m", preamble=3)  # wrong
    Agent("openai:m", colour="red")  # wrong
    plain: Agent = agent  # wrong
    agent.prompt_sync("?", deps=office).output.nights.upper()  # wrong
    berths(office)  # wrong
    load_model("openai:m", key="k")  # wrong
    print(plain)


async def main() -> list[object]:
    office = Office("Oslo", {"B2": 12.0, "C3": 7.0})
    taken = '{"berth": "A1"}'
    try:
        await desk(taken, taken, taken).prompt("?", deps=office)
    except OutputError as error:
        refused: StaysailError = error
        print(refused.code, refused.usage)
    told: list[object] = [await check_prompts(office), await check_streams(office), await asyncio.to_thread(check_plain_code, office)]
    return [*told, await check_delegation(office), await check_stores(), [event async for event in relay(desk(BOOKING), office)][-1].type]
