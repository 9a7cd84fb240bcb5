"""A typed answer while it streams."""

from itertools import pairwise
from typing import Any

import pytest

from staysail import Agent, Completion, Message, OutputDelta, TextDelta, ToolCall, load_model
from staysail.agent.partial_output import PartialOutput
from staysail.core.events import ToolCallDelta
from staysail.core.ports import ModelTraits
from tests.rules import RulesTransport

CITY = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 9}, "people": {"type": "integer", "minimum": 5}},
    "required": ["name", "people"],
    "additionalProperties": False,
}


class Piecemeal:
    """A Model that says a text, or calls the output tool, in pieces."""

    name = "piecemeal"

    def __init__(self, text: str, size: int, *, native: bool) -> None:
        self.traits = ModelTraits(native_output=native)
        self._pieces = [text[at : at + size] for at in range(0, len(text), size)]
        self._native, self._text = native, text

    async def stream(self, request: Any):
        import json

        if self._native:
            for piece in self._pieces:
                yield TextDelta(piece)
            yield Completion(Message.assistant(self._text))
            return
        for piece in self._pieces:
            yield ToolCallDelta("c", "final_answer", piece)
        yield Completion(Message.assistant([ToolCall("c", "final_answer", json.loads(self._text))]), finish_reason="tool_calls")

    async def complete(self, request: Any) -> Completion:
        return [event async for event in self.stream(request)][-1]


async def outputs(agent: Agent) -> tuple[list[Any], Any]:
    events = [event async for event in agent.stream("x")]
    return [event.output for event in events if isinstance(event, OutputDelta)], events[-1].reply.output


@pytest.mark.parametrize("native", [True, False], ids=["native", "by a tool"])
async def test_the_answer_grows_until_it_is_whole(native: bool):
    text = '{"name": "Longyearbyen", "people": 2417}'
    seen, output = await outputs(Agent(Piecemeal(text, 3, native=native), output_type=CITY))
    assert seen[0] == {}
    assert {"name": "Longy"} in seen
    assert seen[-1] == output == {"name": "Longyearbyen", "people": 2417}
    names = [one.get("name", "") for one in seen]
    assert all(after.startswith(before) for before, after in pairwise(names))


async def test_a_list_is_told_as_the_list_that_it_is():
    seen, output = await outputs(Agent(Piecemeal('{"value": ["Oslo", "Rome", "Lima"]}', 4, native=True), output_type=list[str]))
    assert output == ["Oslo", "Rome", "Lima"]
    assert ["Oslo"] in seen
    assert all(isinstance(one, list) for one in seen)


async def test_what_cannot_come_to_fit_is_not_told():
    partial = PartialOutput(CITY, wrapped=False)
    assert partial.feed(TextDelta('{"name": 3, "peo')) is None
    other = PartialOutput(CITY, wrapped=False)
    assert other.feed(TextDelta('{"colour": "r')) is None
    assert PartialOutput(CITY, wrapped=False).feed(TextDelta("I think")) is None


async def test_a_long_answer_is_not_read_again_for_every_piece(monkeypatch):
    import staysail.agent.partial_output as module

    reads = 0
    real = module.read_partial

    def counted(text: str) -> Any:
        nonlocal reads
        reads += 1
        return real(text)

    monkeypatch.setattr(module, "read_partial", counted)
    partial = PartialOutput({"type": "object"}, wrapped=False)
    for piece in ['{"text": "', *["word "] * 20_000]:
        partial.feed(TextDelta(piece))
    assert 20 < reads < 400


@pytest.mark.parametrize(
    "provider", ["openai:gpt-6-sol", "anthropic:claude-opus-5-5", "gemini:gemini-3.8-flash", "deepseek:deepseek-v4-pro"]
)
async def test_over_each_providers_wire(provider: str):
    model = load_model(provider, api_key="k", transport=RulesTransport(provider.partition(":")[0]))
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
    seen, output = await outputs(Agent(model, output_type=schema))
    assert seen[-1] == output == {"city": "x"}


async def test_a_plain_answer_has_none_and_a_durable_run_keeps_working(tmp_path):
    assert (await outputs(Agent(Piecemeal("Hello", 2, native=True))))[0] == []
    text = '{"name": "Longyearbyen", "people": 2417}'
    seen, output = await outputs(Agent(Piecemeal(text, 3, native=True), output_type=CITY, durable=str(tmp_path)))
    assert seen[-1] == output
