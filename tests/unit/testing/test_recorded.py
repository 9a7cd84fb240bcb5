import json
from pathlib import Path

import pytest

from staysail import Agent, ConfigError
from staysail.host.httpx_transport import HttpxTransport
from staysail.testing import Recorder, ReplayTransport
from staysail.testing.recorded import load_scenarios
from tests.server import Box

KEY = "sk-recorded-0123456789"


@pytest.mark.parametrize("model", ["openai:m", "openai-chat:m"])
async def test_what_was_recorded_replays_without_the_key(box: Box, tmp_path: Path, model: str):
    box.add({"text": f"Grüße {KEY}", "headers": {"set-cookie": KEY}}, {"text": "zwei drei", "chunk_bytes": 5})
    recorder = Recorder(HttpxTransport())
    agent = Agent(model, api_key=KEY, base_url=box.url, transport=recorder)
    await agent.prompt("eins")
    recorded = [event async for event in agent.stream("zwei")][-1].reply
    recorder.save(tmp_path / "traffic.jsonl", "own/scenario")
    recorder.save(tmp_path / "traffic.jsonl", "own/again")
    assert KEY not in (tmp_path / "traffic.jsonl").read_text(encoding="utf-8")
    first, _ = load_scenarios(tmp_path / "traffic.jsonl")
    assert first["scenario"] == "own/scenario"
    for chunk_bytes in (None, 1, 7):
        transport = ReplayTransport(first["interactions"], chunk_bytes=chunk_bytes)
        again = Agent(model, api_key="other", transport=transport)
        assert (await again.prompt("eins")).text == "Grüße [key removed]"
        assert [event async for event in again.stream("zwei")][-1].reply.messages == recorded.messages
        assert transport.bodies == box.bodies


async def test_a_request_that_was_not_recorded_is_refused():
    with pytest.raises(ConfigError, match="0 answers were recorded"):
        await Agent("openai:m", api_key="k", transport=ReplayTransport([])).prompt("x")


async def test_bytes_are_recorded_as_base64(box: Box):
    box.add({"body": b"\xff\x00", "headers": {"content-type": "audio/wav"}})
    recorder = Recorder(HttpxTransport())
    from staysail.core.ports import HttpRequest

    async with recorder.send(HttpRequest("POST", box.url, {}, b"{}")) as response:
        body = b"".join([chunk async for chunk in response.chunks()])
    (interaction,) = json.loads(json.dumps(recorder.interactions))
    assert interaction["response"]["body_encoding"] == "base64"
    async with ReplayTransport([interaction]).send(HttpRequest("POST", box.url)) as response:
        assert b"".join([chunk async for chunk in response.chunks()]) == body
