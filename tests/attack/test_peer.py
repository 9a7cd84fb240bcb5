"""Messages between JavaScript and Python, cut, mutated and nested: whatever comes, the next call is answered."""

import asyncio
import json
from random import Random
from typing import Any

from staysail.bridge.peer import Peer

KINDS = ["call", "pull", "cancel", "event", "done", "fault", "odd"]
VALUES: list[Any] = [None, True, -1, 0, 2**60, 1.5, "", "x", [], [1], {}, {"a": 1}, {"$bytes": 1}]
ADDITIONS = ["[", "]", "{", "}", '"', "\\", "NaN", "1e999", "9" * 5000, "\x00", "\ud800", "[" * 8000, '{"a":' * 8000]


def message(random: Random, asked: int) -> str:
    body: dict[str, Any] = {"type": random.choice(KINDS), "id": random.choice([1, asked, asked, 99, -1, "1", None, 1.5])}
    for name in ("method", "params", "parent", "count", "values", "value", "error"):
        if random.random() < 0.4:
            body[name] = random.choice([*VALUES, "echo", "endless"])
    if random.random() < 0.3:
        body = dict(random.sample(list(body.items()), len(body)))
    text = json.dumps(body, separators=(",", ":"))
    for _ in range(random.randrange(3)):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(ADDITIONS) + text[at + random.randrange(4) :]
    return text


async def echo(params: Any) -> Any:
    return params


async def endless(params: Any) -> Any:
    while True:
        yield params
        await asyncio.sleep(0)


async def test_no_message_leaves_a_call_without_an_end(attack):
    for random in attack.random("mutated messages", least=100):
        sent: list[dict[str, Any]] = []
        peer = Peer(lambda text, *_, sent=sent: sent.append(json.loads(text)), asyncio.get_running_loop())
        peer.methods |= {"echo": echo, "endless": endless}
        asked = asyncio.ensure_future(peer.call("ask", {}))
        await asyncio.sleep(0)
        texts = [message(random, sent[0]["id"]) for _ in range(random.randrange(1, 8))]
        for text in texts:
            peer.receive(text, random.choice([None, None, b"bytes"]))
            await asyncio.sleep(0)
        peer.receive('{"type":"call","id":1000,"method":"echo","params":"alive"}')
        for _ in range(5):
            await asyncio.sleep(0)
        ended = [end for end in sent if end["id"] == 1000 and end["type"] == "done"]
        closed = asked.done()
        assert ended == [{"type": "done", "id": 1000, "value": "alive"}] or closed, texts
        peer.close()
        await asyncio.gather(asked, return_exceptions=True)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
