import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.server import Box, TestServer

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
SCRIPT = {
    "text": "Grüße, world",
    "reasoning": "hm, well",
    "tool_calls": [{"name": "f", "arguments": {"x": 1}}, {"name": "g", "arguments": "{bad"}],
}


def events(text: str) -> list[dict]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def test_a_scripted_answer_says_the_same_streamed_and_whole_as_chat_completions(box: Box):
    box.add(SCRIPT, SCRIPT)
    whole = httpx.post(f"{box.url}/chat/completions", json=CHAT).json()
    streamed = events(httpx.post(f"{box.url}/chat/completions", json=CHAT | {"stream": True}).text)
    deltas = [choice["delta"] for event in streamed for choice in event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == whole["choices"][0]["message"]["content"] == "Grüße, world"
    pieces = [call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", ())]
    assert "".join(pieces) == '{"x": 1}{bad'
    assert streamed[-1]["usage"] == whole["usage"]


def test_a_scripted_answer_says_the_same_streamed_and_whole_as_responses(box: Box):
    box.add(SCRIPT, SCRIPT)
    whole = httpx.post(f"{box.url}/responses", json={"model": "m", "input": "Hi"}).json()
    streamed = events(httpx.post(f"{box.url}/responses", json={"model": "m", "input": "Hi", "stream": True}).text)
    assert "".join(e["delta"] for e in streamed if e["type"] == "response.output_text.delta") == "Grüße, world"
    kinds = [item["type"] for item in whole["output"]]
    assert [item["type"] for item in streamed[-1]["response"]["output"]] == kinds
    assert kinds == ["reasoning", "message", "function_call", "function_call"]


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        ({"reset": "headers"}, httpx.ReadError),
        ({"reset": 5}, httpx.ReadError),
        ({"drop": 5}, httpx.RemoteProtocolError),
        ({"stall": 5}, httpx.ReadTimeout),
        ({"stall": "headers"}, httpx.ReadTimeout),
        ({"before_s": 30}, httpx.ReadTimeout),
    ],
)
def test_it_breaks_a_connection_as_told_and_says_who_ended_it(box: Box, manner: dict, error: type[Exception]):
    box.add(SCRIPT | manner)
    with pytest.raises(error), httpx.Client(timeout=0.3) as client:
        client.post(f"{box.url}/chat/completions", json=CHAT | {"stream": True})
    assert box.seen[0].wait_closed(2) == ("server" if "reset" in manner or "drop" in manner else "client")


async def test_it_sees_that_a_client_left_a_huge_answer_early(box: Box):
    box.add({"body": "x" * 50_000_000, "chunk_bytes": 100_000})
    async with httpx.AsyncClient() as client, client.stream("POST", box.url, json={}) as response:
        await anext(response.aiter_raw())
    assert await asyncio.to_thread(box.seen[0].wait_closed, 2) == "client"
    assert box.seen[0].sent_bytes < 50_000_000


def test_an_answer_can_wait_for_a_text_and_serve_several_times(box: Box):
    box.add({"text": "first", "times": 2}, {"if": "needle", "text": "found"}, {"text": "last"})
    asked = ["hay", "needle", "hay", "hay", "hay"]
    answers = [httpx.post(f"{box.url}/chat/completions", json={"messages": [{"role": "user", "content": text}]}) for text in asked]
    assert [answer.json()["choices"][0]["message"]["content"] for answer in answers[:4]] == ["first", "found", "first", "last"]
    assert answers[4].status_code == 501
    assert box.unused == 0


def test_a_page_may_ask_and_read_everything_unless_told_otherwise(box: Box):
    preflight = httpx.options(f"{box.url}/responses", headers={"access-control-request-headers": "authorization, x-odd"})
    assert preflight.headers["access-control-allow-headers"] == "authorization, x-odd"
    box.add({"text": "a"}, {"status": 401, "body": "no", "cors": False})
    told, refused = (httpx.post(f"{box.url}/responses", json={}) for _ in range(2))
    assert told.headers["access-control-allow-origin"] == "*"
    assert told.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in refused.headers
    assert len(box.preflights) == 1
    assert len(box.seen) == 2


def test_it_runs_as_a_program_and_is_controlled_over_http():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
        text=True,
    ) as program:
        assert program.stdin
        assert program.stdout
        url = json.loads(program.stdout.readline())["url"]
        made = httpx.post(f"{url}/_control/boxes", json={"answers": [{"echo": True}]}).json()
        httpx.post(f"{url}/_control/boxes/{made['id']}/answers", json=[{"text": "two"}])
        replies = [httpx.post(f"{made['url']}/chat/completions", json=CHAT).json() for _ in range(2)]
        assert [reply["choices"][0]["message"]["content"] for reply in replies] == ["Hi", "two"]
        told = httpx.get(f"{url}/_control/boxes/{made['id']}/seen", params={"count": 2, "closed": 2}).json()
        assert [(one["json"], one["ended"]) for one in told["seen"]] == [(CHAT, "whole")] * 2
        assert httpx.get(f"{url}/_control/nothing").status_code == 404
        program.stdin.close()
        assert program.wait(10) == 0


def test_two_servers_run_at_once():
    with TestServer() as one, TestServer() as other:
        assert one.url != other.url
        assert httpx.get(f"{other.url}/x").status_code == 501
        assert (len(one.root.seen), len(other.root.seen)) == (0, 1)
