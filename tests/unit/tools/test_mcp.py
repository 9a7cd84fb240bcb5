"""The client against servers of the official Python SDK, which run in a process of their own."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from staysail import Agent, AuthError, BadRequestError, ConfigError, Image, McpServer, NetworkError, OAuth, Text, ToolCall, ToolError
from staysail.core.errors import ProviderError
from staysail.testing import ScriptedModel
from staysail.tools.mcp.eras import encode_header, mirror_headers, mirrored
from staysail.tools.mcp.server import Progress
from tests.mcp import python_servers

MODERN, HANDSHAKE = "2026-07-28", ["2025-11-25", "2025-06-18", "2025-03-26"]
KINDS = [(kind, None) for kind in ("stateful", "json", "stateless")] + [("stateful", version) for version in HANDSHAKE]
KINDS += [("json", "2025-11-25"), ("stateless", "2025-06-18")]


@pytest.fixture(scope="module")
def urls():
    with python_servers() as found:
        yield found


@pytest.fixture
async def seen(urls):
    """Returns a function that reads what the servers have recorded since its last call."""
    done = 0

    async def look():
        nonlocal done
        async with httpx.AsyncClient() as client:
            told = (await client.get(urls["stateful"].replace("/mcp", "/seen"))).json()
        told["requests"], done = told["requests"][done:], len(told["requests"])
        return told

    await look()
    return look


@pytest.mark.parametrize(("kind", "protocol"), KINDS)
async def test_everything_works_with_each_version_and_way_of_answering(urls, kind, protocol):
    async with McpServer(urls[kind], protocol=protocol) as server:
        info = await server.connect()
        assert (info.name, info.version, info.protocol, info.instructions) == (kind, "1.2.3", protocol or MODERN, "Ask nicely.")
        tools = {tool.name: tool for tool in await server.tools()}
        assert tools["add"].description == "Add two numbers."
        assert tools["add"].parameters["required"] == ["a", "b"]
        result = await server.call_tool("add", {"a": 2, "b": 3})
        assert result.structured == {"total": 5}
        assert json.loads(result.text) == {"total": 5}
        failed = await server.call_tool("fail")
        assert failed.is_error
        assert "the reef was too shallow" in failed.text
        assert [resource["uri"] for resource in await server.resources()] == ["notes://log", "notes://dot"]
        assert [template["uriTemplate"] for template in await server.resource_templates()] == ["notes://crew/{name}"]
        assert await server.read_resource("notes://crew/Ada") == [Text("Ada steers.")]
        [dot] = await server.read_resource("notes://dot")
        assert isinstance(dot, Image)
        assert dot.data is not None
        assert dot.data.startswith(b"\x89PNG")
        assert [(prompt["name"], prompt["arguments"][0]["name"]) for prompt in await server.prompts()] == [("greet", "name")]
        [message] = await server.get_prompt("greet", {"name": "Ada"})
        assert (message.role, message.text) == ("user", "Greet Ada.")


async def test_an_agent_uses_the_tools_and_reads_what_a_tool_calls_an_error(urls):
    async with McpServer(urls["json"]) as server:
        tools = await server.tools(prefix="ship_", allow=["add", "fa*", "picture"])
        assert [tool.name for tool in tools] == ["ship_add", "ship_fail", "ship_picture"]
        model = ScriptedModel(
            [
                [ToolCall("1", "ship_add", {"a": 2, "b": 3})],
                [ToolCall("2", "ship_fail", {}), ToolCall("3", "ship_picture", {})],
                "5",
            ]
        )
        async with aclosing(Agent(model, tools=tools).stream("2 + 3?")) as events:
            results = {event.name: event async for event in events if event.type == "tool_result"}
        assert json.loads(results["ship_add"].text) == {"total": 5}
        assert results["ship_fail"].is_error
        assert "the reef was too shallow" in results["ship_fail"].text
        assert [part.type for part in results["ship_picture"].content] == ["text", "image"]


async def test_a_tool_of_the_allow_list_that_is_not_there_is_told_with_those_that_are(urls):
    async with McpServer(urls["json"]) as server:
        with pytest.raises(ConfigError, match="has no tool subtract; it has add, fail"):
            await server.tools(allow=["add", "subtract"])


@pytest.mark.parametrize("protocol", [None, "2025-11-25"])
async def test_progress_is_told_while_a_tool_works(urls, protocol):
    told: list[Progress] = []
    async with McpServer(urls["stateful"], protocol=protocol) as server:
        [count] = await server.tools(allow=["count"], on_progress=told.append)
        assert await count.call({"to": 3}) == [Text("counted to 3")]
    assert told == [Progress("count", n, 3, f"at {n}") for n in (1, 2, 3)]


@pytest.mark.parametrize("protocol", [None, "2025-11-25"])
async def test_cancelling_a_call_cancels_it_on_the_server(urls, seen, protocol):
    before, calls = (await seen())["cancelled"], (await seen())["calls"]
    async with McpServer(urls["stateful"], protocol=protocol) as server:
        call = asyncio.create_task(server.call_tool("wait", {"seconds": 60}))
        while (await seen())["calls"] == calls and not call.done():
            await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with asyncio.timeout(20):
            while (await seen())["cancelled"] == before:
                await asyncio.sleep(0.05)
        assert (await server.call_tool("add", {"a": 1, "b": 1})).structured == {"total": 2}


async def test_an_answer_that_breaks_off_goes_on_after_its_last_event_and_is_not_asked_for_again(urls, seen):
    before = (await seen()).get("cuts", 0)
    async with McpServer(urls["stateful"], protocol="2025-11-25") as server:
        assert (await server.call_tool("cut")).text == "after the cut"
    told = await seen()
    assert told["cuts"] == before + 1
    assert [method for method, headers in told["requests"] if "last-event-id" in headers] == ["GET"]


async def test_a_session_is_named_in_each_request_opened_anew_when_forgotten_and_ended(urls, seen):
    async with McpServer(urls["stateful"], protocol="2025-06-18") as server:
        await server.call_tool("add", {"a": 1, "b": 1})
        async with httpx.AsyncClient() as client:
            await client.get(urls["stateful"].replace("/mcp", "/forget"))
        assert (await server.call_tool("add", {"a": 1, "b": 2})).structured == {"total": 3}
    requests = (await seen())["requests"]
    sessions = [headers.get("mcp-session-id") for _, headers in requests]
    first, second = dict.fromkeys(filter(None, sessions))
    assert sessions == [None, first, first, first, None, second, second, second]
    assert [method for method, _ in requests] == ["POST"] * 7 + ["DELETE"]
    assert {headers.get("mcp-protocol-version") for _, headers in requests if headers.get("mcp-session-id")} == {"2025-06-18"}


async def test_the_newer_era_has_no_session_and_repeats_in_headers_what_is_asked(urls, seen):
    async with McpServer(urls["stateful"]) as server:
        [tool] = await server.tools(allow=["in_region"])
        assert await tool.call({"region": "Øst"}) == [Text("Øst as =?base64?w5hzdA==?=")]
        assert (await server.call_tool("in_region", {"region": "us-west1"})).text == "us-west1 as us-west1"
        await server.read_resource("notes://log")
    requests = (await seen())["requests"]
    assert [(headers["mcp-method"], headers.get("mcp-name")) for _, headers in requests] == [
        ("server/discover", None),
        ("tools/list", None),
        ("tools/call", "in_region"),
        ("tools/call", "in_region"),
        ("resources/read", "notes://log"),
    ]
    assert {headers["mcp-protocol-version"] for _, headers in requests} == {MODERN}


async def test_a_tool_called_before_its_schema_is_known_gets_its_headers_after_a_look_at_it(urls):
    async with McpServer(urls["stateful"]) as server:
        assert (await server.call_tool("in_region", {"region": "eu"})).text == "eu as eu"


async def test_pages_are_joined_names_made_fit_for_models_and_tools_with_wrong_headers_left_out(urls):
    async with McpServer(urls["paged"], answerers={"elicitation/create": lambda params: {"action": "accept", "content": {}}}) as server:
        tools = await server.tools()
        assert [tool.name for tool in tools] == [f"tool_{n}" for n in range(6)]
        assert await server.resources() == []


async def test_what_the_server_asks_in_the_middle_of_a_call_is_answered_in_both_eras(urls):
    def accept(params):
        return {"action": "accept", "content": {"name": params["message"]}}

    async with McpServer(urls["paged"], answerers={"elicitation/create": accept}) as server:
        assert (await server.call_tool("tool.1")).text == "tool.1 accept s1"
    async with McpServer(urls["stateful"], protocol="2025-11-25", answerers={"elicitation/create": accept}) as server:
        assert (await server.call_tool("ask_name")).text == "hello Who are you?"


async def test_what_nothing_answers_is_the_tools_failure(urls):
    async with McpServer(urls["stateful"], protocol="2025-11-25") as server:
        with pytest.raises(BadRequestError, match="answerers"):
            await server.call_tool("ask_name")


@pytest.mark.parametrize("protocol", [None, "2025-11-25"])
async def test_a_change_of_the_tools_is_told_unasked(urls, protocol):
    heard: asyncio.Queue[str] = asyncio.Queue()
    kind = "stateful" if protocol else "json"
    async with McpServer(urls[kind], protocol=protocol, on_notification=lambda method, params: heard.put_nowait(method)) as server:
        async with asyncio.timeout(20):
            while heard.empty():  # until the stream of notifications stands
                await server.call_tool("grow")
                await asyncio.sleep(0.1)
        assert await heard.get() == "notifications/tools/list_changed"
        assert "grown" in [tool.name for tool in await server.tools()]


async def test_an_unknown_tool_is_told_to_the_model_and_other_faults_raise(urls):
    async with McpServer(urls["json"]) as server:
        with pytest.raises(BadRequestError):
            await server.read_resource("notes://nowhere")
        [add] = await server.tools(allow=["add"])
        add.server_name = "gone"
        with pytest.raises(ToolError, match="gone"):
            await add.call({})
    with pytest.raises(NetworkError):
        await McpServer("http://127.0.0.1:9/mcp").connect()
    with pytest.raises(ProviderError, match="404"):
        await McpServer(urls["json"].replace("/mcp", "/nothing")).connect()
    with pytest.raises(ConfigError, match="versions of MCP"):
        McpServer(urls["json"], protocol="2030-01-01")
    with pytest.raises(ConfigError, match="starts with http"):
        McpServer("example.com/mcp")


async def test_a_server_that_is_silent_for_too_long_is_given_up(urls):
    server = McpServer(urls["json"], timeout_s=0.5)
    with pytest.raises(NetworkError, match=r"0\.5 s"):
        await server.call_tool("wait", {"seconds": 30})


def test_one_server_is_used_from_event_loops_one_after_another_and_in_threads(urls):
    server = McpServer(urls["stateful"], protocol="2025-11-25", on_notification=lambda method, params: None)

    def add(number):
        return asyncio.run(server.call_tool("add", {"a": 1, "b": number})).structured["total"]

    assert [add(number) for number in range(3)] == [1, 2, 3]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(add, range(12))) == [number + 1 for number in range(12)]
    asyncio.run(server.close())


class TestOAuth:
    @staticmethod
    def user(visited, change=lambda url: url):
        """Follows the address as a browser would, and returns the address that it comes back to."""

        async def authorize(url):
            visited.append(url)
            async with httpx.AsyncClient() as client:
                response = await client.get(url, follow_redirects=False)
            assert response.status_code == 302, response.text
            return change(response.headers["location"])

        return authorize

    async def test_a_token_is_got_used_and_renewed_and_never_told(self, urls, seen, caplog):
        visited: list[str] = []
        auth = OAuth(self.user(visited), redirect_uri="http://127.0.0.1:1/back")
        async with McpServer(urls["oauth"], auth=auth) as server:
            assert (await server.call_tool("add", {"a": 1, "b": 1})).structured == {"total": 2}
            [url] = visited
            asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
            assert asked["resource"] == urls["oauth"]
            assert asked["code_challenge_method"] == "S256"
            assert asked["scope"] == "sail"
            first = await auth.token()
            assert first is not None
            assert first.startswith("secret-")
            async with httpx.AsyncClient() as client:
                await client.get(urls["stateful"].replace("/mcp", "/expire"))
            refreshed = (await seen()).get("refreshed", 0)
            calls = [server.call_tool("add", {"a": 1, "b": n}) for n in range(3)]
            assert [result.structured["total"] for result in await asyncio.gather(*calls)] == [1, 2, 3]
            assert (await seen())["refreshed"] == refreshed + 1
            assert len(visited) == 1
            second = await auth.token()
            assert second != first
            told = f"{auth!r}{server!r}{server._connection!r}{caplog.text}"
            assert first not in told
            assert second not in told

    async def test_without_a_token_the_refusal_says_so(self, urls):
        with pytest.raises(AuthError):
            await McpServer(urls["oauth"]).connect()
        with pytest.raises(AuthError) as caught:
            await McpServer(urls["oauth"], auth="a-wrong-token-of-mine").connect()
        assert "a-wrong-token-of-mine" not in f"{caught.value}{caught.value.body}"

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda url: url.replace("state=", "state=x"), "state is another"),
            (lambda url: url + "&iss=http%3A%2F%2Felsewhere", "is not of"),
            (lambda url: url.split("?")[0] + "?error=access_denied&state=" + parse_qs(urlsplit(url).query)["state"][0], "access_denied"),
            (lambda url: "", "gave nothing"),
        ],
    )
    async def test_an_answer_that_is_not_the_authorization_servers_is_refused(self, urls, change, why):
        auth = OAuth(self.user([], change), redirect_uri="http://127.0.0.1:1/back")
        with pytest.raises(AuthError, match=why):
            await McpServer(urls["oauth"], auth=auth).connect()

    async def test_a_code_alone_will_do_where_the_server_does_not_name_itself(self, urls):
        auth = OAuth(self.user([], lambda url: parse_qs(urlsplit(url).query)["code"][0]), redirect_uri="http://127.0.0.1:1/back")
        async with McpServer(urls["oauth"], auth=auth) as server:
            assert [tool.name for tool in await server.tools(allow=["add"])] == ["add"]

    async def test_each_server_needs_one_of_its_own(self, urls):
        auth = OAuth(self.user([]), redirect_uri="http://127.0.0.1:1/back")
        McpServer(urls["oauth"], auth=auth)
        with pytest.raises(ConfigError, match="of its own"):
            McpServer(urls["json"], auth=auth)


async def test_a_function_gives_a_token_for_each_request(urls):
    given = []

    async def token():
        given.append(f"token-number-{len(given)}")
        return given[-1]

    with pytest.raises(AuthError) as caught:
        await McpServer(urls["oauth"], auth=token).connect()
    assert len(given) > 1
    assert "token-number" not in f"{caught.value}{caught.value.body}"


def test_header_values_are_plain_where_they_can_be():
    cases = {"us-west1": "us-west1", "Hello, 世界": "=?base64?SGVsbG8sIOS4lueVjA==?=", " padded ": "=?base64?IHBhZGRlZCA=?="}
    cases |= {"line1\nline2": "=?base64?bGluZTEKbGluZTI=?=", "=?base64?literal?=": "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="}
    assert {value: encode_header(value) for value in cases} == cases


def test_arguments_are_mirrored_from_where_the_schema_says_and_nowhere_else():
    number = {"type": "integer", "x-mcp-header": "N"}
    schema = {"properties": {"in": {"properties": {"n": number}}, "on": {"type": "boolean", "x-mcp-header": "On"}}}
    assert mirror_headers(schema, {"in": {"n": 42}, "on": True}) == {"mcp-param-n": "42", "mcp-param-on": "true"}
    assert mirror_headers(schema, {"in": None}) == {}
    twice = {"properties": {"a": number, "b": {"type": "string", "x-mcp-header": "n"}}}
    for wrong in (twice, {"properties": {"a": {"items": number}}}, {"properties": {"a": {"type": "string", "x-mcp-header": "a b"}}}):
        with pytest.raises(ValueError):
            mirrored(wrong)
