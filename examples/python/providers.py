# A provider by its name, and any server by its address. A key is text, or a function that returns it when it is needed.

import os

from staysail import Agent

key = os.environ["OPENAI_API_KEY"]
agents = [
    Agent("openai:gpt-6-luna", api_key=key),
    Agent("openai-compatible:my-model", base_url=os.environ["SERVER_URL"], api_key=lambda: key),
]
for agent in agents:
    print(await agent.prompt("Name a sail."))
