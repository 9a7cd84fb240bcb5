"""Models that the page runs, behind a port: an engine of this test's own stands in for the page's."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from staysail import (
    Agent,
    Audio,
    ConfigError,
    Image,
    Message,
    OutputError,
    ReasoningDelta,
    StreamError,
    Text,
    TextDelta,
    ToolCall,
    ToolOutput,
    tool,
    web_search,
)
from staysail.wire.engine_model import ENGINES, EngineModel

DONE = {"type": "finish", "finish_reason": "stop"}


class Engine:
    """Gives these answers, each a list of events, one a call."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def complete(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        self.asked.append(request)
        for event in self.answers.pop(0):
            yield event

    async def embed(self, texts: Any, embedder: str = "") -> list[list[float]]:
        raise NotImplementedError


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch):
    def plugged(*answers: list[dict[str, Any]], **options: Any) -> tuple[Agent, Engine]:
        engine = Engine(*answers)
        monkeypatch.setitem(ENGINES, "page", lambda: engine)
        return Agent(EngineModel("page", ""), retry=False, **options), engine

    return plugged


def said(*pieces: str) -> list[dict[str, Any]]:
    return [*({"type": "text", "text": piece} for piece in pieces), DONE]


async def test_thinking_in_tags_is_told_apart(plug: Any):
    agent, _ = plug(said("<thi", "nk>Hm.</th", "ink>\n\nAhoy ", "there"))
    async with aclosing(agent.stream("x")) as events:
        told = [event async for event in events]
    assert "".join(event.text for event in told if isinstance(event, ReasoningDelta)) == "Hm."
    assert "".join(event.text for event in told if isinstance(event, TextDelta)) == told[-1].reply.text == "Ahoy there"


async def test_a_call_of_an_answer_that_was_cut_is_not_run(plug: Any):
    ran: list[str] = []

    @tool
    def clean(folder: str = "/") -> str:
        """Empties a folder."""
        ran.append(folder)
        return "emptied"

    cut = [{"type": "tool_call", "id": "c", "name": "clean", "arguments": {}}, {"type": "finish", "finish_reason": "length"}]
    agent, engine = plug(cut, said("Then not."), tools=[clean])
    assert (await agent.prompt("x")).text == "Then not."
    assert ran == []
    assert "cut off by the token limit" in str(engine.asked[1])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ([DONE], StreamError),
        ([{"type": "text", "text": "half"}], StreamError),
        ([{"type": "finish", "finish_reason": "error"}], StreamError),
        ([{"type": "finish", "finish_reason": "length"}], OutputError),
    ],
)
async def test_an_answer_that_failed_is_an_error(plug: Any, answer: list[dict[str, Any]], error: type[Exception]):
    agent, _ = plug(answer)
    with pytest.raises(error):
        await agent.prompt("x")


async def test_a_history_is_made_fit(plug: Any):
    agent, engine = plug(said("Yes."))
    picture = Image(data=b"\x89PNG", media_type="image/png")
    history = [
        Message.tool([ToolOutput("gone", "look", (Text("calm"),))]),
        Message.assistant([Text("Here."), ToolCall("c", "look", "{broken"), picture]),
        Message.user("And?"),
    ]
    await agent.prompt("Well?", history=history)
    told = engine.asked[0]["messages"]
    assert [message["role"] for message in told] == ["user", "assistant", "tool", "user", "user", "user"]
    assert told[1]["content"][1]["arguments"] == {"arguments": "{broken"}
    assert [part["type"] for part in told[3]["content"]][-1] == "image"  # the page leaves it out if its model reads none


@pytest.mark.parametrize(("reasoning", "warnings"), [("high", ("reasoning was left out: page does not reason",)), ("none", ())])
async def test_reasoning_is_no_option_of_these_models(plug: Any, reasoning: str, warnings: tuple[str, ...]):
    agent, _ = plug(said("Ahoy"), said("Ahoy"), reasoning=reasoning)
    assert (await agent.prompt("x")).warnings == warnings
    events = [event async for event in agent.stream("x")]
    assert [event.message for event in events if event.type == "request_adjusted"] == list(warnings)


async def test_the_page_runs_no_hosted_tools(plug: Any):
    with pytest.raises(ConfigError, match="page has no web_search"):
        plug(said("Ahoy"), tools=[web_search()])


async def test_the_browsers_own_model_gets_pictures_and_sounds(monkeypatch: pytest.MonkeyPatch):
    engine = Engine(said("A cat."))
    monkeypatch.setitem(ENGINES, "prompt-api", lambda: engine)
    picture, sound = Image(data=b"x", media_type="image/webp"), Audio(data=b"y")
    assert (await Agent(EngineModel("prompt-api", "")).prompt(["What is this?", picture, sound])).text == "A cat."
    assert engine.asked[0]["messages"][0]["content"][1:] == [
        {"type": "image", "data": "eA==", "media_type": "image/webp"},
        {"type": "audio", "data": "eQ==", "media_type": "audio/wav"},
    ]
