# The same with pydantic-ai.

from dataclasses import dataclass

from pydantic_ai import Agent, ModelRetry, RunContext


@dataclass
class Harbour:
    name: str
    free: list[str]


@dataclass
class Booking:
    berth: str
    nights: int


agent = Agent("openai-chat:gpt-6-luna", deps_type=Harbour, output_type=Booking)


@agent.tool
def free_berths(context: RunContext[Harbour]) -> list[str]:
    """Names of the free berths."""
    return context.deps.free


@agent.instructions
def where(context: RunContext[Harbour]) -> str:
    return f"You run the harbour of {context.deps.name}."


@agent.output_validator
def is_free(context: RunContext[Harbour], booking: Booking) -> Booking:
    if booking.berth not in context.deps.free:
        raise ModelRetry(f"{booking.berth} is taken")
    return booking


oslo = Harbour("Oslo", ["B2", "C3"])
result = await agent.run("A berth for two nights.", deps=oslo)
print(result.output.berth, result.output.nights)
