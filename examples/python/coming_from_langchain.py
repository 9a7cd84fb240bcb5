# A tool, a conversation that is kept by its id, and text as it arrives.

from staysail import Agent


def depth(harbour: str) -> str:
    """Depth of a harbour."""
    return "Twelve metres."


agent = Agent("openai:gpt-6-luna", preamble="Be brief.", tools=[depth])
print(await agent.prompt("How deep is Oslo?", conversation="trip"))

async for text in agent.stream_text("And may I anchor there?", conversation="trip"):
    print(text, end="")
print()
