"""Apps of MCP servers: what a server says of them, what the client reads, and what an app may call."""

import json
import shutil
from contextlib import aclosing

import pytest

from staysail import Agent, BadRequestError, McpServer, Message, StreamError, Text, ToolCall
from staysail.testing import ScriptedModel
from staysail.tools.mcp.apps import app_of, is_visible
from tests.mcp import serving


@pytest.fixture(scope="module")
def url():
    if not shutil.which("node"):
        pytest.skip("there is no Node to serve with")
    with serving("node", "tests/mcp/app_servers.mjs") as urls:
        yield urls["apps"]


async def test_a_server_is_told_that_its_apps_are_shown_where_they_are(url):
    for apps, told in ((True, {"mimeTypes": ["text/html;profile=mcp-app"]}), (False, None)):
        async with McpServer(url, apps=apps) as server:
            assert json.loads((await server.call_tool("told")).text) == told


async def test_the_model_gets_no_tool_that_a_server_has_for_its_apps(url):
    async with McpServer(url) as server:
        tools = {tool.name: tool.app for tool in await server.tools()}
        assert tools == {
            "chart": "ui://harbour/chart",
            "hostile": "ui://harbour/hostile",
            "reaching": "ui://harbour/reaching",
            "for_model": None,
            "told": None,
        }
        assert [tool["name"] for tool in await server.app_tools()] == ["chart", "hostile", "reaching", "refresh", "told"]


async def test_an_app_calls_the_tools_that_are_for_apps_and_no_other(url):
    async with McpServer(url) as server:
        result = await server.call_app_tool("refresh", {"by": 10})
        assert set(result["structuredContent"]) == {"total"}
        for name in ("for_model", "launch", ""):
            with pytest.raises(BadRequestError, match="for its apps"):
                await server.call_app_tool(name)


async def test_an_app_is_read_with_what_the_server_says_of_it(url):
    async with McpServer(url) as server:
        app = await server.read_app("ui://harbour/reaching")
        assert app.html.startswith("<!doctype html>")
        assert app.meta["csp"]["connectDomains"][1:] == ["https://192.168.0.1", "* ; script-src *"]
        listed = await server.read_app("ui://harbour/listed")
        assert (listed.html, listed.meta) == ("<p>é</p>", {"csp": {"connectDomains": ["https://a.example"]}})
        with pytest.raises(StreamError, match="media type is text/html, not text/html;profile=mcp-app"):
            await server.read_app("ui://harbour/plain")
        with pytest.raises(StreamError, match="more than 4194304 bytes"):
            await server.read_app("ui://harbour/huge")
        with pytest.raises(BadRequestError, match="begins with ui://"):
            await server.read_app("https://example.com/app")


async def test_the_structured_value_of_a_result_reaches_the_page_and_its_history_and_not_the_model(url):
    async with McpServer(url) as server:
        model = ScriptedModel([[ToolCall("1", "chart", {"points": [1, 2]})], "Done."])
        async with aclosing(Agent(model, tools=await server.tools()).stream("Draw.")) as events:
            told = [event async for event in events]
        [result] = [event for event in told if event.type == "tool_result"]
        assert result.content == (Text("A chart of 2 points."),)
        assert set(result.value) == {"total"}
        assert result.to_dict()["value"] == result.value
        [part] = [part for message in told[-1].reply.messages for part in message.content if part.type == "tool_result"]
        assert Message.from_dict(json.loads(json.dumps(Message("tool", (part,)).to_dict()))).content[0].extra == {"value": result.value}


def test_a_value_that_the_text_tells_is_kept_once():
    from staysail.core.events import ToolResult

    assert ToolResult("1", "t", (Text('{"a": 1}'),), value={"a": 1}).output.extra == {}
    assert ToolResult("1", "t", (Text("one"),), value={"a": 1}).output.extra == {"value": {"a": 1}}
    assert ToolResult("1", "t", (Text("one"),)).output.extra == {}


@pytest.mark.parametrize(
    ("meta", "app", "for_model", "for_app"),
    [
        ({}, None, True, True),
        ({"ui": {"resourceUri": "ui://a"}}, "ui://a", True, True),
        ({"ui/resourceUri": "ui://old"}, "ui://old", True, True),
        ({"ui": {"resourceUri": "https://a"}}, None, True, True),
        ({"ui": {"resourceUri": ["ui://a"]}}, None, True, True),
        ({"ui": "ui://a"}, None, True, True),
        ({"ui": {"visibility": ["app"]}}, None, False, True),
        ({"ui": {"visibility": ["model"]}}, None, True, False),
        ({"ui": {"visibility": []}}, None, False, False),
        ({"ui": {"visibility": [1, {}]}}, None, False, False),
        ({"ui": {"visibility": "app"}}, None, True, True),
    ],
)
def test_what_a_tool_says_of_its_app_is_read_whatever_it_is(meta, app, for_model, for_app):
    tool = {"name": "t", "_meta": meta}
    assert (app_of(tool), is_visible(tool, "model"), is_visible(tool, "app")) == (app, for_model, for_app)
