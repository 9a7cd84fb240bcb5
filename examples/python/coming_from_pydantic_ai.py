# What a run shares with its tools, instructions by a function, an answer of a type, and a check that sends it back.

from dataclasses import dataclass

from staysail import Agent, RunContext, ToolError, tool


@dataclass
class Harbour:
    name: str
    free: list[str]


@dataclass
class Booking:
    berth: str
    nights: int


@tool
def free_berths(context: RunContext[Harbour]) -> list[str]:
    """Names of the free berths."""
    return context.deps.free


def where(context: RunContext[Harbour]) -> str:
    return f"You run the harbour of {context.deps.name}."


def is_free(context: RunContext[Harbour], booking: Booking) -> None:
    if booking.berth not in context.deps.free:
        raise ToolError(f"{booking.berth} is taken")


agent = Agent("openai:gpt-6-luna", deps_type=Harbour, output_type=Booking, tools=[free_berths], preamble=where, output_check=is_free)
oslo = Harbour("Oslo", ["B2", "C3"])
reply = await agent.prompt("A berth for two nights.", deps=oslo)
print(reply.output.berth, reply.output.nights)
