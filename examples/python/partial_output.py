# A typed answer while it grows, and text in pieces.

from dataclasses import dataclass

from staysail import Agent


@dataclass
class Trip:
    harbour: str
    nights: int


agent = Agent("openai:gpt-6-luna")

async for part in agent.stream_output("Two nights in Oslo.", output_type=Trip):
    last = part  # plain JSON while it grows, then a Trip
print(last)

async for piece in agent.stream_text("Wish me well."):
    print(piece, end="")
print()
