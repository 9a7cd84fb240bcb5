"""staysail on CPython beside the libraries one would otherwise take: import, memory, a prompt and a long stream, with the same answers from
the same server; each client in a process of its own, one after another, in several rounds.

The peers come from bench/python-peers.txt, into an environment of their own. The processor's time is that of the client's process; it says
more than the time on the wall where others use the machine too."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from bench.harness import Bench, Row, median_row
from tests.server.answers import render

HERE = Path(__file__).parent
PYTHON = HERE / ".python" / "bin" / "python"
CLIENTS = {
    "bare": "httpx, by hand",
    "staysail": "staysail",
    "openai": "openai",
    "langchain": "LangChain (create_agent)",
    "pydantic_ai": "pydantic-ai",
}
STARTS, ROUNDS, PROMPTS, DELTAS = 4, 2, 100, 10_000
CHUNK_BYTES = 16_384
FIGURES = [
    ("start", "cpu_ms", "Import and make a client: processor's time", "ms"),
    ("start", "first_cpu_ms", "The same and a first answer: processor's time", "ms"),
    ("start", "mb", "Memory after a first answer, beside the interpreter's", "MB"),
    ("prompts", "cpu_ms", "A prompt: processor's time", "ms"),
    ("deltas", "rate", f"{DELTAS:,} deltas", "deltas/s"),
    ("deltas", "cpu_us", f"{DELTAS:,} deltas: processor's time", "us/delta"),
]


def measure(bench: Bench) -> list[Row]:
    options: dict[str, Any] = {"model": "m", "stream": True}
    body = b"".join(render({"text": " ".join(f"w{n % 1000}" for n in range(DELTAS))}, "/chat/completions", options, 1).pieces).decode()
    long = {"body": body, "headers": {"content-type": "text/event-stream"}, "chunk_bytes": CHUNK_BYTES}
    short = bench.server.box({"text": "Fine, thanks."}, loop=True).url
    urls = {
        "start": short,
        "prompts": short,
        "deltas": bench.server.box(long, loop=True).url,
    }
    counts = {"start": 0, "prompts": PROMPTS, "deltas": DELTAS}
    told: dict[tuple[str, str], list[Any]] = {}
    for work, rounds in (("start", STARTS + 1), ("prompts", ROUNDS), ("deltas", ROUNDS)):
        for at in range(rounds):
            for name in CLIENTS:
                found = _run(name, work, urls[work], counts[work])
                if not (work == "start" and at == 0):  # the first start compiles
                    told.setdefault((work, name), []).append(found)
    return _rows(told)


def _rows(told: dict[tuple[str, str], list[Any]]) -> list[Row]:
    rows: list[Row] = []
    for work, figure, title, unit in FIGURES:
        group = f"{title} (CPython)"
        for name, who in CLIENTS.items():
            values = [value for run in told[work, name] for value in (run[figure] if isinstance(run[figure], list) else [run[figure]])]
            rows.append(median_row(group, who, values, unit, floor="staysail", more_is_better=figure == "rate"))
    return rows


def _run(name: str, work: str, url: str, count: int) -> Any:
    env = {**os.environ, "PYTHONPATH": str(HERE.parent / "py")}
    command = [str(PYTHON), str(HERE / "cpython_client.py"), name, work, url, str(count)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{name}, {work}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
