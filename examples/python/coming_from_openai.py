# A tool that the model calls, then an answer as a value of a type.

from dataclasses import dataclass

from staysail import Agent


def depth(harbour: str) -> str:
    """Depth of a harbour."""
    return "Twelve metres."


@dataclass
class Advice:
    anchor: bool
    chain_m: int


agent = Agent("openai:gpt-6-luna", preamble="Be brief.", tools=[depth])
reply = await agent.prompt("May I anchor in Oslo?")
print(reply)

advice = await agent.extract("Say it in figures.", Advice, history=reply.messages)
print(advice.anchor, advice.chain_m)
