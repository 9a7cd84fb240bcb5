# Tools of an MCP server.

import os

from staysail import Agent, McpServer

async with McpServer(os.environ["MCP_URL"]) as server:
    tools = await server.tools(prefix="math_", allow=["add"])
    agent = Agent("openai:gpt-6-luna", tools=tools)
    print(await agent.prompt("What is 2 + 3?"))
