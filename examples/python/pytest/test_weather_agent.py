# pytest of an agent, without a network: the model follows a script. Needs pytest alone.

from staysail import Agent, ToolCall, tool
from staysail.testing import ScriptedModel


@tool
def temperature(city: str) -> int:
    """Current temperature in °C."""
    return {"Oslo": 7}[city]


def make_agent(model) -> Agent:
    return Agent(model, preamble="Answer about the weather.", tools=[temperature])


def test_the_tool_is_called_and_its_result_reaches_the_model():
    model = ScriptedModel([ToolCall("1", "temperature", {"city": "Oslo"}), "It is 7 °C."])
    reply = make_agent(model).prompt_sync("Weather in Oslo?")
    assert reply.text == "It is 7 °C."
    assert [result.text for result in reply.steps[0].tool_results] == ["7"]
    assert model.requests[0].preamble == "Answer about the weather."


def test_a_failing_tool_does_not_end_the_run():
    model = ScriptedModel([ToolCall("1", "temperature", {"city": "Atlantis"}), "I do not know."])
    reply = make_agent(model).prompt_sync("Weather in Atlantis?")
    assert reply.steps[0].tool_results[0].is_error
    assert reply.text == "I do not know."
