# One agent, a tool, and a second question that knows the first.

from typing import Literal

from staysail import Agent, tool


@tool
async def weather(city: str, unit: Literal["C", "F"] = "C") -> dict:
    """Current weather.

    Args:
        city: Name of the city.
    """
    return {"city": city, "temperature": 7, "unit": unit}


agent = Agent("openai:gpt-6-luna", preamble="Be brief.", tools=[weather])
reply = await agent.prompt("Weather in Oslo?")
print(reply, reply.usage.total_tokens)

reply = await agent.prompt("And in Rome?", history=reply.messages)
print(reply)
