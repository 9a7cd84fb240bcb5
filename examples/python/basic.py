# A question, a tool, an answer.

from staysail import Agent


def weather(city: str) -> dict:
    """Current weather of a city."""
    return {"city": city, "sky": "clear", "celsius": 7}


agent = Agent("openai:gpt-6-luna", preamble="Be brief.", tools=[weather])
print(await agent.prompt("What is the weather in Oslo?"))
