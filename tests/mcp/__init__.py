"""MCP servers that the clients are tested against: programs made with the official SDKs, and servers that misbehave."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving(*command: str) -> Iterator[dict[str, str]]:
    """Runs a program and yields the addresses that it prints once it serves, by their names."""
    with tempfile.TemporaryFile("w+") as complaints:
        program = subprocess.Popen([*command], cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True)
        try:
            assert program.stdout is not None
            line = program.stdout.readline()
            complaints.seek(0)
            assert line, complaints.read()
            yield json.loads(line)
        finally:
            program.kill()
            program.communicate()


def python_servers():
    return serving(sys.executable, "-m", "tests.mcp")
