# A test of an agent, without a network: the model follows a script.

from staysail import Agent, ToolCall, tool
from staysail.testing import ScriptedModel


@tool
async def weather(city: str) -> str:
    """Current weather."""
    return f"7 °C in {city}"


model = ScriptedModel([ToolCall("1", "weather", {"city": "Oslo"}), "It is 7 °C."])
reply = await Agent(model, tools=[weather]).prompt("Weather in Oslo?")
assert reply.text == "It is 7 °C."
assert reply.steps[0].tool_results[0].text == "7 °C in Oslo"
assert len(model.requests) == 2
print("as written")
