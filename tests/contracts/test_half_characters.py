"""Half of an emoji and numbers that are none, wherever they come from: the run goes on, its record and its conversation hold them, and a
side effect happens once."""

import asyncio
import json
import logging
import math
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from staysail import Agent, Conversations, Message, OcrModel, TranscriptionModel, tool
from staysail.bridge.peer import Peer
from staysail.core.messages import Text, ToolCall
from staysail.testing import ReplayTransport, ScriptedModel
from tests.contracts.spoken import MODELS, speak

HALF = "Ship \ud83d"
WHERE = {
    "the prompt": {"prompt": HALF},
    "the preamble": {"preamble": HALF},
    "the arguments": {"arguments": {"at": HALF}},
    "a result": {"result": HALF},
    "a result of fields": {"result": {HALF: [HALF]}},
    "an error of a tool": {"failure": HALF},
    "the answer": {"answer": HALF},
    "NaN in the arguments": {"arguments": {"at": "sea", "depth": math.nan}},
    "Infinity in a result": {"result": {"depth": math.inf, "all": [math.nan]}},
}


@pytest.mark.parametrize("where", WHERE)
async def test_a_durable_run_and_its_conversation_keep_them(where: str, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL)  # a log of the tool's error holds the half too, which no report of xdist can carry
    given: dict[str, Any] = WHERE[where]
    ran: list[Any] = []

    @tool
    def note(at: str, depth: float | None = None) -> Any:
        """Writes a note."""
        ran.append(at)
        if "failure" in given:
            raise ValueError(given["failure"])
        return given.get("result", "noted")

    call = ToolCall("c1", "note", given.get("arguments", {"at": "sea"}))
    model = ScriptedModel([[Text("Noting."), call], given.get("answer", "Done.")])
    conversations = Conversations(str(tmp_path / "said"))
    agent = Agent(
        model,
        preamble=given.get("preamble"),
        tools=[note],
        durable=str(tmp_path / "runs"),
        conversations=conversations,
        conversation="c",
    )
    async with aclosing(agent.stream(given.get("prompt", "Note it."))) as events:
        told = [event async for event in events]
    reply = told[-1].reply
    assert len(ran) == 1
    assert [info.state for info in await agent.runs()] == ["done"]
    again = await agent.resume(reply.run_id)
    assert len(ran) == 1
    assert again.text == reply.text
    kept = (await conversations.load("c")).messages
    assert [message.role for message in kept] == [message.role for message in reply.messages]
    for event in told:
        assert "NaN" not in json.dumps(event.to_dict(), default=str).replace('"NaN"', "")


@pytest.mark.parametrize("wire", MODELS)
async def test_every_provider_is_sent_whole_characters_and_finite_numbers(wire: str):
    @tool
    def note(at: str) -> Any:
        """Writes a note."""
        return {"half": HALF, "depth": math.nan}

    base = {"base_url": "http://x/v1"} if wire == "chat" else {}
    transport = ReplayTransport([speak(wire, False, "", [("note", '{"at": "sea"}')]), speak(wire, False, "Done.")])
    agent = Agent(MODELS[wire], api_key="k", transport=transport, tools=[note], preamble=HALF, context=[HALF], **base)
    await agent.prompt(HALF, history=[Message.user(HALF), Message.assistant(HALF)])
    for request in transport.requests:
        body = request.body.decode()  # strict: no half of a character
        assert "\\ud83d" not in body.replace("\\\\", "")
        assert json.loads(body, parse_constant=pytest.fail)
    assert "Ship \ufffd" in transport.requests[0].body.decode()


async def test_javascript_is_told_no_number_that_its_json_refuses():
    sent: list[str] = []
    peer = Peer(lambda text, *_: sent.append(text), asyncio.get_running_loop())

    async def method(params: Any) -> Any:
        return {"depth": math.nan, "all": [math.inf, HALF]}

    peer.methods["method"] = method
    peer.receive('{"type": "call", "id": 1, "method": "method"}')
    while not sent:
        await asyncio.sleep(0)
    assert json.loads(sent[0], parse_constant=pytest.fail)["value"] == {"depth": None, "all": [None, HALF]}


async def test_half_a_character_in_a_transcription_reaches_nobody():
    answer = {"response": {"status": 200, "headers": {"content-type": "application/json"}, "body": '{"text": "a \\ud83d"}'}}
    said = await TranscriptionModel("openai:m", api_key="k", transport=ReplayTransport([answer])).transcribe(b"RIFF")
    assert said.text == "a \ufffd"


async def test_half_a_character_on_a_scanned_page_reaches_nobody():
    answer = {
        "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": '{"pages": [{"markdown": "a \\ud83d"}]}'}
    }
    result = await OcrModel("mistral:m", api_key="k", transport=ReplayTransport([answer])).read(b"%PDF-")
    assert result.pages[0].markdown == "a \ufffd"
