"""What type checkers say of a program that uses tools: nothing, but for the lines that are wrong."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.typing.tools_and_types import main

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("tools_and_types.py")
WRONG = {n for n, line in enumerate(PROGRAM.read_text("utf-8").splitlines(), 1) if line.endswith("# wrong")}


def lines_told(output: str) -> set[int]:
    return {int(found[1]) for found in re.finditer(rf"{PROGRAM.name}:(\d+)(?::\d+)?\S* ?-? ?(?:error|.*error:)", output)}


def test_mypy_finds_the_mistakes_and_nothing_else():
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental", str(PROGRAM)]
    done = subprocess.run(command, cwd=ROOT, env={"MYPYPATH": "py", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert lines_told(done.stdout) == WRONG, done.stdout


def test_pyright_finds_the_mistakes_and_nothing_else():
    pyright = ROOT / "web" / "node_modules" / "pyright" / "index.js"
    node = shutil.which("node")
    if not (pyright.is_file() and node):
        pytest.fail("pyright is missing; run `make setup`")
    command = [node, str(pyright), "--project", str(PROGRAM.parent), "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert lines_told(done.stdout) == WRONG, done.stdout


async def test_the_program_runs():
    assert await main() == ["Fair winds.", "Oslo 1", "Oslo 1 for 1 nights, paid by card"]
