"""Tools that models were trained on: calls of them reach the caller's tool on every provider, and results go back as that wants."""

import json
from typing import Any

import pytest

from staysail import (
    Agent,
    ApprovalRequest,
    ConfigError,
    Image,
    ToolFS,
    UsageLimits,
    bash_tool,
    browser_tool,
    computer_tool,
    custom_tool,
    load_model,
    mcp,
)
from tests.rules import RulesTransport

MODELS = {
    "openai": "gpt-6-sol",
    "openai-chat": "gpt-6-sol",
    "anthropic": "claude-opus-5-5",
    "gemini": "gemini-3.8-flash",
    "gemini-interactions": "gemini-3.8-flash",
    "xai": "grok-4.7",
    "mistral": "mistral-large-4",
    "mistral-conversations": "mistral-large-4",
    "cohere": "command-a-03-2025",
    "ollama": "qwen3:8b",
    "openrouter": "openai/gpt-6-sol",
    "openrouter-responses": "openai/gpt-6-sol",
}
SCREEN = Image(data=b"\x89PNG\r\n\x1a\n", media_type="image/png")
both = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
everywhere = pytest.mark.parametrize("provider", MODELS)


async def ask(provider: str, tools: list[Any], prompt: str, streamed: bool = False, **options: Any) -> tuple[Any, list[dict[str, Any]]]:
    transport = RulesTransport(provider)
    agent = Agent(load_model(f"{provider}:{MODELS[provider]}", api_key="k", transport=transport), tools=tools, retry=False, **options)
    if streamed:
        reply = [event async for event in agent.stream(prompt)][-1].reply
    else:
        reply = await agent.prompt(prompt)
    assert transport.refused == []
    return reply, transport.bodies


def item_of(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(item for item in body["input"] if item.get("type") == kind)


@both
@everywhere
async def test_free_text_reaches_a_custom_tool(provider: str, streamed: bool):
    asked: list[str] = []

    def calculate(text: str) -> str:
        """Calculates."""
        asked.append(text)
        return "2"

    tool = custom_tool(calculate, grammar="start: /[0-9+ ]+/")
    reply, bodies = await ask(provider, [tool], "Use calculate.", streamed)
    assert reply.text
    assert asked == ["1 + 1" if provider == "openai" else "x"]
    if provider == "openai":
        assert bodies[0]["tools"][0]["format"] == {"type": "grammar", "syntax": "lark", "definition": "start: /[0-9+ ]+/"}
        assert item_of(bodies[1], "custom_tool_call")["input"] == "1 + 1"
        assert item_of(bodies[1], "custom_tool_call_output")["output"] == "2"


@both
@everywhere
async def test_a_shell_runs_what_the_model_wants(provider: str, streamed: bool):
    ran: list[str] = []

    async def run(command: str) -> str:
        ran.append(command)
        return "a.txt"

    reply, bodies = await ask(provider, [bash_tool(run)], "Use bash.", streamed)
    assert reply.text
    assert len(ran) == (0 if reply.steps[0].tool_results[0].text.startswith("There is nothing to restart") else 1)
    if provider == "openai":
        assert ran == ["ls\npwd"]
        assert bodies[0]["tools"] == [{"type": "shell", "environment": {"type": "local"}}]
        output = item_of(bodies[1], "shell_call_output")["output"]
        assert output == [{"stdout": "a.txt", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]
    if provider == "anthropic":
        assert ran == ["ls"]
        assert bodies[0]["tools"] == [{"type": "bash_20250124", "name": "bash"}]


@both
async def test_a_patch_changes_a_file(streamed: bool):
    toolfs = ToolFS(":memory:")
    toolfs.mount("/toolfs/data")
    session = toolfs.session("agent", {"/toolfs/data": "read list write delete"})
    reply, bodies = await ask("openai", [toolfs.apply_patch(session)], "Use apply_patch.", streamed)
    assert await toolfs.read_text("/toolfs/data/new.txt", session) == "one\n"
    assert reply.steps[0].tool_results[0].text == "created /toolfs/data/new.txt"
    assert item_of(bodies[1], "apply_patch_call_output")["status"] == "completed"
    await ask("openai", [toolfs.apply_patch(session)], "Use apply_patch.", streamed)  # there already: told as a failure
    await toolfs.close()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_a_screen_is_shown_to_models_that_have_one(provider: str):
    acted: list[dict[str, Any]] = []

    def act(args: dict[str, Any]) -> Image:
        acted.append(args)
        return SCREEN

    reply, bodies = await ask(provider, [computer_tool(act, width=1024, height=768)], "Use computer.")
    assert reply.text
    assert acted == [{"actions": [{"type": "screenshot"}]} if provider == "openai" else {"action": "screenshot"}]
    if provider == "openai":
        assert item_of(bodies[1], "computer_call_output")["output"]["image_url"].startswith("data:image/png;base64,")


@both
async def test_a_browser_is_a_toolset_whose_members_are_actions(streamed: bool):
    acted: list[dict[str, Any]] = []

    def act(args: dict[str, Any]) -> str:
        acted.append(args)
        return "A page about tides."

    reply, bodies = await ask("anthropic", [browser_tool(act, without=["javascript_exec"])], "Use browser.", streamed)
    assert reply.text
    assert acted == [{"action": "navigate", "url": "https://example.org/"}]
    assert bodies[0]["tools"] == [{"type": "browser_toolset_20260801", "configs": {"javascript_exec": {"enabled": False}}}]
    call = bodies[1]["messages"][1]["content"][-1]
    assert call == call | {"name": "navigate", "toolset_name": "browser", "input": {"url": "https://example.org/"}}
    assert [call.name for call in reply.messages[1].tool_calls] == ["browser"]
    stored = [json.loads(json.dumps(message.to_dict())) for message in reply.messages]
    again = Agent(load_model("anthropic:claude-opus-5-5", api_key="k", transport=RulesTransport("anthropic")), tools=[browser_tool(act)])
    assert (await again.prompt("And?", history=stored)).text == "Hello."
    for provider in MODELS:
        if provider != "anthropic":
            with pytest.raises(ConfigError, match="no browser tool"):
                await ask(provider, [browser_tool(act)], "x")


@pytest.mark.parametrize("provider", [name for name in MODELS if name not in ("openai", "anthropic")])
async def test_no_other_model_gets_a_screen(provider: str):
    with pytest.raises(ConfigError, match="no computer tool"):
        await ask(provider, [computer_tool(lambda args: SCREEN, width=1, height=1)], "x")


@everywhere
@both
async def test_memory_is_files_that_every_model_can_use(provider: str, streamed: bool):
    toolfs = ToolFS(":memory:")
    toolfs.mount("/toolfs/data")
    session = toolfs.session("agent", {"/toolfs/data": "read list write delete"})
    await toolfs.write("/toolfs/data/memories/likes.md", "Tea.", session)
    tools = [toolfs.memory_tool(session, "/toolfs/data/memories"), toolfs.text_editor(session)]
    reply, bodies = await ask(provider, tools, "Use memory.", streamed)
    result = reply.steps[0].tool_results[0]
    if provider == "anthropic":
        assert result.text == "Here're the files and directories up to 2 levels deep in /memories:\n/memories/likes.md"
        assert [tool["type"] for tool in bodies[0]["tools"]] == ["memory_20250818", "text_editor_20250728"]
    else:
        assert result.is_error  # the rules server makes up a path
    await toolfs.close()


@both
async def test_a_question_of_the_providers_mcp_waits_for_approval(streamed: bool):
    tools = [mcp("https://mcp.example/sse", name="docs", approval="always")]
    reply, bodies = await ask("openai", tools, "Look it up.", streamed)
    (request,) = reply.pending
    assert isinstance(request, ApprovalRequest)
    assert (request.tool, request.arguments) == ("mcp_docs", {"tool": "lookup", "arguments": {"q": "x"}})
    assert bodies[0]["tools"][0]["require_approval"] == "always"
    for answer, approve in ((True, True), (False, False)):
        transport = RulesTransport("openai")
        agent = Agent(load_model("openai:gpt-6-sol", api_key="k", transport=transport), tools=tools)
        done = await agent.resume(json.loads(json.dumps(reply.run.to_dict())), {request.id: answer})
        assert transport.refused == []
        told = item_of(transport.bodies[0], "mcp_approval_response")
        assert (told["approval_request_id"], told["approve"]) == (request.id, approve)
        assert ("reason" in told) is not approve
        assert done.text == "Hello."


async def test_approval_durable_runs_and_limits_hold_for_them(tmp_path: Any):
    """A custom tool that needs approval, in a durable run, under limits."""
    transport = RulesTransport("openai")
    ran: list[str] = []

    def query(text: str) -> str:
        """Asks the database."""
        ran.append(text)
        return "3 rows"

    def agent() -> Agent:
        model = load_model("openai:gpt-6-sol", api_key="k", transport=transport)
        return Agent(model, tools=[custom_tool(query, approval="always")], durable=str(tmp_path), usage_limits=UsageLimits(tool_calls=1))

    reply = await agent().prompt("Use query.")
    assert ran == []
    assert reply.pending[0].arguments == {"input": "1 + 1"}
    done = await agent().resume(reply.run_id, {reply.pending[0].id: True})
    assert ran == ["1 + 1"]
    assert done.text == "Hello."
    assert transport.refused == []


async def test_a_run_of_one_provider_goes_on_with_another():
    def calculate(text: str) -> str:
        """Calculates."""
        return "2"

    reply, _ = await ask("openai", [custom_tool(calculate), bash_tool(lambda command: "a.txt")], "Use calculate.")
    for provider, model in MODELS.items():
        transport = RulesTransport(provider)
        agent = Agent(load_model(f"{provider}:{model}", api_key="k", transport=transport), tools=[custom_tool(calculate)])
        assert (await agent.prompt("So?", history=reply.messages)).text == "Hello."
        assert transport.refused == []
        assert "custom_tool_call" not in json.dumps(transport.bodies) or provider == "openai"
