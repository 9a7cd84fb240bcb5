"""A VectorStore in a directory, as a server has it: processes that die, and packages that are missing."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from staysail import VectorStore

WRITER = """
import asyncio
from staysail import VectorStore


async def main():
    store = VectorStore("notes", dim=4)
    n = 0
    while True:
        await store.upsert([{"id": str(n), "text": f"note {n}"}], vectors=[[1.0, n % 7, n % 5, n % 3]])
        print(n, flush=True)
        n += 1
        if n % 5 == 0:
            await store.compact()


asyncio.run(main())
"""


@pytest.mark.parametrize("written", [1, 4, 23])
def test_a_process_that_is_killed_while_it_writes_loses_nothing_that_it_had_written(written: int, tmp_path: Path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer.stdout:
        told = [int(writer.stdout.readline()) for _ in range(written)]
        writer.kill()
        told += [int(line) for line in writer.stdout]
    writer.wait()

    async def check() -> None:
        store = VectorStore(str(tmp_path / "notes"))
        count = await store.count()
        assert len(told) <= count <= len(told) + 1  # one may have been written and not told
        assert {*await store.ids()} == {str(n) for n in range(count)}
        assert store.damage == ()
        assert [kept["document"] for kept in await store.get([str(told[-1])])] == [f"note {told[-1]}"]
        await store.close()

    asyncio.run(check())


MISSING = """
import asyncio, sys
sys.modules["numpy"] = sys.modules["numkong"] = None
from staysail import ConfigError, VectorStore

try:
    asyncio.run(VectorStore("notes", dim=2).add([{"text": "a"}], vectors=[[1.0, 0.0]]))
except ConfigError as error:
    print(error)
"""


def test_what_vector_search_needs_is_said_with_the_line_that_installs_it(tmp_path: Path):
    done = subprocess.run([sys.executable, "-c", MISSING], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "vector search needs numpy here: pip install 'staysail[vectors]'\n"
