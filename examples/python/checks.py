# What a run shares with its tools, a preamble that a function writes, and a check that sends the answer back to the model.

from dataclasses import dataclass, field

from staysail import Agent, RunContext, ToolError, tool


@dataclass
class Pantry:
    stock: dict[str, int]
    taken: list[str] = field(default_factory=list)


@tool
def take(context: RunContext[Pantry], item: str) -> str:
    """Takes an item out of the pantry."""
    if not context.deps.stock.get(item):
        raise ToolError(f"there is no {item}; there is {', '.join(context.deps.stock)}")  # the model reads it and tries again
    context.deps.taken.append(item)
    return "taken"


def stock(context: RunContext[Pantry]) -> str:
    return f"In the pantry: {', '.join(context.deps.stock)}. This is call {context.step}."


def is_short(text: str) -> None:
    if len(text) > 40:
        raise ToolError("answer in at most 40 characters")


cook = Agent("openai:gpt-6-luna", deps_type=Pantry, preamble=["Be brief.", stock], tools=[take], output_check=is_short)
pantry = Pantry({"beans": 3, "rice": 1})
print(await cook.prompt("Something for supper.", deps=pantry), pantry.taken)
