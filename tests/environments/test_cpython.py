"""CPython as people have it: an environment with the wheel from an index, servers, notebooks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.environments.conftest import HERE, PYTHON, pythons
from tools.sources import ROOT

SERVERS = ROOT / "examples" / "python" / "servers"
NOTEBOOKS = ROOT / "examples" / "python" / "notebooks"
CLIENTS = 100


@pytest.mark.parametrize("python", pythons(), ids=lambda path: path.name)
def test_the_wheel_installs_and_works(python: Path, wheel, provider, record, tmp_path):
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True)
    own = tmp_path / "venv" / "bin" / "python"
    subprocess.run([own, "-m", "pip", "install", "--quiet", "--quiet", f"{wheel}[vectors]"], check=True)
    shutil.copy(HERE / "probe.py", tmp_path)
    answers = []
    for stage in ("first", "again"):
        program = f"import asyncio, probe\nprint(asyncio.run(probe.probe({provider.url!r}, 'kept', {stage!r})))"
        done = subprocess.run([own, "-c", program], cwd=tmp_path, env=clean(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout.splitlines()[-1])
    version = subprocess.run([own, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True)
    assert slow(provider).wait_closed(10) == "client"
    record.probed(f"CPython {version.stdout.strip()}", *answers, sandbox="in a page")


def test_fastapi_streams_to_a_hundred_clients_and_ends_the_request_of_one_that_leaves(installed, provider):
    async def main(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=None)) as client:
            assert (await client.get("/ask", params={"question": "Hi."})).json()["text"] == "Here."
            texts = await asyncio.gather(*(stream(client) for _ in range(CLIENTS)))
            assert set(texts) == {"one two three"}
            threads = await asyncio.gather(*(client.get("/ask-in-a-thread", params={"question": "Hi."}) for _ in range(CLIENTS)))
            assert {answer.json()["text"] for answer in threads} == {"Here."}
            async with client.stream("GET", "/stream", params={"question": "Slowly."}) as response:
                async for _ in response.aiter_text():
                    break
        assert await asyncio.to_thread(slow(provider).wait_closed, 10) == "client"

    async def stream(client: httpx.AsyncClient) -> str:
        async with client.stream("GET", "/stream", params={"question": "Count."}) as response:
            return "".join([text async for text in response.aiter_text()])

    with serving([PYTHON, "-m", "uvicorn", "fastapi_app:app", "--port", "PORT"], installed, provider, "/docs") as url:
        asyncio.run(main(url))


FLASK = [PYTHON, "-m", "flask", "--app", "flask_app", "run", "--port", "PORT"]
DJANGO = [PYTHON, "django_app.py", "runserver", "--noreload", "127.0.0.1:PORT"]


@pytest.mark.parametrize("command", [FLASK, DJANGO], ids=["flask", "django"])
def test_views_that_are_not_async_wait(command: list, installed, provider):
    with serving(command, installed, provider, "/ask?question=Hi.") as url:
        assert httpx.get(f"{url}/ask", params={"question": "Hi."}).json()["text"] == "Here."
        assert httpx.get(f"{url}/stream", params={"question": "Count."}).text == "one two three"
        with httpx.stream("GET", f"{url}/stream", params={"question": "Slowly."}, timeout=30) as response:
            next(response.iter_text())
        assert slow(provider).wait_closed(20) == "client"


RUN_NOTEBOOK = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], 4)
book.cells = [cell for cell in book.cells if not cell.source.startswith("%pip")]
NotebookClient(book, timeout=120).execute()
nbformat.write(book, sys.argv[2])
"""


def test_a_notebook_streams_into_one_output_and_shows_a_reply(installed, provider, tmp_path):
    environment = installed | {"STAYSAIL_OPENAI_BASE_URL": provider.url}
    provider.add({"tool_calls": [{"name": "temperature", "arguments": {"city": "Oslo"}}], "if": "Weather"})
    command = [PYTHON, "-c", RUN_NOTEBOOK, NOTEBOOKS / "agent.ipynb", tmp_path / "run.ipynb"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    streamed, shown = [cell for cell in json.loads((tmp_path / "run.ipynb").read_text("utf-8"))["cells"] if cell["cell_type"] == "code"][
        -2:
    ]
    assert [output["output_type"] for output in streamed["outputs"]] == ["display_data"]
    for output in (streamed["outputs"][0], shown["outputs"][0]):
        html = "".join(output["data"]["text/html"])
        assert "<details" in html
        assert "temperature" in html
        assert "".join(output["data"]["text/markdown"]).startswith("**temperature**")


def slow(provider):
    return next(seen for seen in reversed(provider.seen) if b"Slowly." in seen.body)


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@contextmanager
def serving(command: list, environment: dict[str, str], provider, ready: str) -> Iterator[str]:
    """A server of examples/python/servers, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = environment | {"STAYSAIL_OPENAI_BASE_URL": provider.url}
    process = subprocess.Popen(
        [str(part).replace("PORT", str(port)) for part in command],
        cwd=SERVERS,
        env=environment,
        stdout=sys.stderr,
        stderr=sys.stderr,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the server ended"
            try:
                httpx.get(url + ready, timeout=10)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)
