"""One agent, one vector store and one directory of conversations and runs behind `def` and `async def` endpoints of FastAPI."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from staysail import Conversations, VectorStore

CLIENTS = 40
ROOT = Path(__file__).resolve().parents[3]
ENDPOINTS = {
    "sync": "Ahoy, {}.",
    "async": "Ahoy, {}.",
    "keep-sync": "remembered {}",
    "keep-async": "remembered {}",
    "stream-sync": "Ahoy, {}.",
    "stream-async": "Ahoy, {}.",
}


@pytest.fixture
def server(tmp_path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.unit.host.fastapi_app:app", "--port", str(port), "--log-level", "error"]
    env = {**os.environ, "STORES": str(tmp_path), "PYTHONPATH": f"{ROOT / 'py'}:{ROOT}"}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            httpx.get(f"{url}/count", timeout=10)
            break
        except httpx.HTTPError:
            assert time.monotonic() < until
            time.sleep(0.1)
    try:
        yield url
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
        assert errors == ""


async def test_endpoints_of_both_kinds_share_an_agent_and_its_stores(server: str, tmp_path: Path):
    async with httpx.AsyncClient(base_url=server, timeout=120, limits=httpx.Limits(max_connections=CLIENTS)) as client:

        async def visit(endpoint: str, user: str) -> str:
            response = await client.get(f"/{endpoint}/{user}")
            assert response.status_code == 200, response.text
            return response.text.strip('"')

        visits = [(endpoint, f"user{n}") for n in range(CLIENTS) for endpoint in ENDPOINTS]
        answers = await asyncio.gather(*(visit(*each) for each in visits))
        assert answers == [ENDPOINTS[endpoint].format(user) for endpoint, user in visits]
        assert (await client.get("/count")).json() == CLIENTS
    conversations = Conversations(tmp_path / "conversations")
    for n in range(CLIENTS):
        for kind in ("sync", "async"):
            kept = await conversations.load(f"{kind} user{n}")
            assert [message.text for message in kept.messages] == [f"user{n}", f"Ahoy, user{n}."]
    store = VectorStore(str(tmp_path / "notes"), dim=2)
    assert {*await store.ids()} == {f"user{n}" for n in range(CLIENTS)}
    await store.close()
