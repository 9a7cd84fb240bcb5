"""What type checkers say of programs that use the package: nothing, but for the lines that are wrong."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import staysail
from tests.typing import harbour, services, tools_and_types

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = [Path(__file__).with_name(f"{name}.py") for name in ("tools_and_types", "harbour", "services")]
WRONG = {
    (program.name, n)
    for program in PROGRAMS
    for n, line in enumerate(program.read_text("utf-8").splitlines(), 1)
    if line.endswith("# wrong")
}


def lines_told(output: str) -> set[tuple[str, int]]:
    return {(found[1], int(found[2])) for found in re.finditer(r"(\w+\.py):(\d+)(?::\d+)?\S* ?-? ?(?:error|.*error:)", output)}


def test_mypy_finds_the_mistakes_and_nothing_else():
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-incremental", *map(str, PROGRAMS)]
    done = subprocess.run(command, cwd=ROOT, env={"MYPYPATH": "py", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert lines_told(done.stdout) == WRONG, done.stdout


def test_pyright_finds_the_mistakes_and_nothing_else():
    pyright = ROOT / "web" / "node_modules" / "pyright" / "index.js"
    node = shutil.which("node")
    if not (pyright.is_file() and node):
        pytest.fail("pyright is missing; run `make setup`")
    command = [node, str(pyright), "--project", str(Path(__file__).parent), "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert lines_told(done.stdout) == WRONG, done.stdout


async def test_the_programs_run():
    assert await tools_and_types.main() == ["Fair winds.", "Oslo 1", "Oslo 1 for 1 nights, paid by card"]
    booking = harbour.Booking("B2", 2)
    assert await harbour.main() == [booking, ("done", "Fair winds."), 3, "Oslo: 2 free", ["1", "Hello.", "a", "x"], "run_done"]
    assert await services.main() == [
        ["fog", "fog", "sun", "ToolIndex", "title", "user", "Sun."],
        ['The user changed the arguments to {"berth": "B2"}.\nB2 in step 1 by reserve', "Ahoy", "echo", "True", "call with 1", "True"],
        6,
    ]


def test_the_programs_use_every_public_name():
    words = set(re.findall(r"\w+", "".join(program.read_text("utf-8") for program in PROGRAMS)))
    assert [name for name in staysail.__all__ if name not in words] == []
