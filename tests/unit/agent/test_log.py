"""What the logger "staysail" says, at which level, and without secrets."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

import staysail
from staysail import Agent, McpServer, RateLimitError, Refuse, ServerError, ToolCall, tool
from staysail.core.retry import Retry
from staysail.core.secrets import remember
from staysail.testing import ScriptedModel
from tests.mcp.misbehaving import TOOL, misbehaving

SECRET = "sk-logged-4711-0815"


@pytest.fixture
def said(caplog):
    """Level and text of each record, tracebacks included."""
    caplog.set_level(logging.DEBUG, logger="staysail")

    def records():
        formatter = logging.Formatter()
        return [(record.levelname, formatter.format(record)) for record in caplog.records if record.name == "staysail"]

    return records


async def test_retries_and_fallbacks_are_warnings(said):
    remember(SECRET)
    tired = ScriptedModel([RateLimitError(f"slow down, {SECRET}", status=429, retryable=True), "well"], name="tired")
    await Agent(tired, retry=Retry(base_s=0.01)).prompt("go")
    broken = ScriptedModel([ServerError("it is down", status=500, retryable=True)], name="broken")
    await Agent([broken, ScriptedModel(["I stand in."], name="spare")]).prompt("go")
    (first, retried), (second, fell_back) = said()
    assert (first, second) == ("WARNING", "WARNING")
    assert retried.startswith("tired failed, attempt 2 comes in 0.")
    assert SECRET not in retried
    assert fell_back.startswith("broken failed, and the next model of the chain answers: it is down")


async def test_a_refused_tool_is_told_and_one_that_raised_with_its_traceback(said):
    @tool(approval="always")
    def sink() -> str:
        """Sinks."""
        return "sunk"

    @tool
    def leak() -> str:
        """Leaks."""
        raise RuntimeError(f"the key is {SECRET}")

    remember(SECRET)
    model = ScriptedModel([[ToolCall("1", "sink", {}), ToolCall("2", "leak", {}), ToolCall("3", "leak", {"x": 1})], "well"])
    await Agent(model, tools=[sink, leak], approve=lambda request: Refuse("not today")).prompt("go")
    records = dict.fromkeys(said())
    assert ("INFO", "a call of the tool sink was refused: not today") in records
    [(level, raised)] = [record for record in records if "leak raised" in record[1]]
    assert level == "WARNING"
    assert "RuntimeError: the key is [key removed]" in raised
    assert "in leak" in raised
    assert [level for level, text in records if text.startswith("the tool leak failed: ")] == ["INFO"]
    assert SECRET not in str(records)


async def test_what_a_server_offers_in_vain_is_a_warning(said):
    async def answer(call):
        await call.result({"tools": [TOOL, {"name": "odd", "inputSchema": "{}"}]})

    async with misbehaving({"tools/list": answer}) as server, McpServer(server.url) as client:
        await client.tools()
    [(level, text)] = said()
    assert level == "WARNING"
    assert "the tool 'odd' is left out" in text


def test_nothing_is_printed_where_logging_is_not_configured():
    program = "import staysail, logging; logging.getLogger('staysail').warning('nobody listens')"
    package = str(Path(staysail.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": package})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
