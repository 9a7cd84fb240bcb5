"""Run in a page by test_toolfs.py: the attacks of tests/unit/fs/test_attacks.py, on a ToolFS that IndexedDB keeps."""

import asyncio
import inspect
import re
import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import staysail
from staysail.host.idb_records import IdbRecords

NAME = "attacks"
made = []


@contextmanager
def raises(kind, match=None):
    caught = SimpleNamespace(value=None)
    try:
        yield caught
    except kind as error:
        caught.value = error
    assert caught.value, f"{kind.__name__} was not raised"
    assert match is None or re.search(match, str(caught.value)), f"{match!r} is not in {caught.value}"


def parametrize(name, values):
    def mark(function):
        function.cases = [{name: value} for value in values]
        return function

    return mark


def fixture(function):
    function.is_fixture = True
    return function


class Kept(staysail.ToolFS):
    """Opened on what IndexedDB keeps."""

    def __init__(self) -> None:
        super().__init__(NAME)
        made.append(self)


async def run_attacks(source, most_cases):
    """What failed, in words, and how many were run."""
    pytest = ModuleType("pytest")
    pytest.raises, pytest.fixture, pytest.mark = raises, fixture, SimpleNamespace(parametrize=parametrize)
    sys.modules["pytest"] = pytest
    names = {"__name__": "attacks"}
    exec(compile(source, "test_attacks.py", "exec"), names)
    names["ToolFS"] = Kept
    failures, count = [], 0
    store = IdbRecords(f"staysail:toolfs:{NAME}")
    for name, test in [item for item in names.items() if item[0].startswith("test_")]:
        cases = getattr(test, "cases", [{}])
        for case in cases[:: -(-len(cases) // most_cases)]:
            await store.commit({}, await store.keys(""))
            toolfs = await names["toolfs"]()
            given = {"toolfs": toolfs} | case
            try:
                await asyncio.wait_for(test(**{key: given[key] for key in inspect.signature(test).parameters}), 60)
            except Exception as error:  # noqa: BLE001  told to whoever runs this
                failures.append(f"{name} {case}: {type(error).__name__}: {error}")
            count += 1
            for each in made:
                await each.close()
            made.clear()
    await store.destroy()
    del sys.modules["pytest"]
    return failures, count
