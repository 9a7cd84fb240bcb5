"""Approval over answers of each new kind: nothing runs before the answer, and the provider gets a result that it accepts after each."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from staysail import (
    Agent,
    Approve,
    GiveResult,
    Image,
    Refuse,
    Text,
    ToolFS,
    bash_tool,
    browser_tool,
    code_execution,
    computer_tool,
    custom_tool,
    load_model,
    mcp,
    tool,
    web_search,
)
from staysail.testing import ReplayTransport
from tests.contracts.spoken import recorded, speak
from tests.contracts.test_answers_on_record import HOSTING, Replies
from tests.contracts.test_native import MODELS
from tests.rules import RulesTransport

SCREEN = Image(data=b"\x89PNG\r\n\x1a\n", media_type="image/png")
ALL = {"/toolfs/data": "read list write delete"}


class Acts:
    """What tools did. `toolfs` counts as having acted where a file was written."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.toolfs = ToolFS(":memory:")
        self.toolfs.mount("/toolfs/data")
        self.session = self.toolfs.session("agent", ALL)

    def act(self, *args: Any, result: Any = "Done.", **named: Any) -> Any:
        self.done.append(args or named)
        return result

    def function(self) -> Any:
        @tool(approval="always")
        def look(at: str = "") -> str:
            """Looks."""
            self.done.append(at)
            return "Sea."

        return look

    async def calls(self) -> int:
        records = [record for record in await self.toolfs.audit.records() if record["session"] == "agent"]
        return len(self.done) + bool(records)


def calculate(acts: Acts) -> Any:
    return custom_tool(lambda text: acts.act(text), name="calculate", description="Calculates.", approval="always")


def screen(acts: Acts) -> Any:
    return computer_tool(lambda args: acts.act(args, result=SCREEN), width=1024, height=768, approval="always")


def programmatic(_: Any = None) -> Replies:
    """A call that a program at the provider made: {caller: {type: "program"}}."""
    caller = {"type": "program", "caller_id": "prog_1"}
    item = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": '{"at": "sea"}', "caller": caller}
    program = {"type": "program", "id": "prog_1", "call_id": "prog_1", "code": "look()", "fingerprint": "f"}
    body = {"id": "r1", "object": "response", "status": "completed", "output": [program, item], "usage": {}}

    def choose(request: Any) -> Any:
        items = json.loads(request.body)["input"]
        outputs = [one for one in items if one.get("type") == "function_call_output"]
        assert all(one.get("caller") == caller for one in outputs)
        return speak("responses", False, "Hello.") if outputs else recorded("responses", False, json.dumps(body))

    return Replies(choose)


def called_by_code(_: Any = None) -> Replies:
    """Anthropic's form of it: {caller: {type: "code_execution_…"}}."""
    caller = {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}
    content = [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": "look()"}},
        {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "sea"}, "caller": caller},
    ]
    body = {"id": "m", "type": "message", "role": "assistant", "content": content, "stop_reason": "tool_use", "usage": {}}

    def choose(request: Any) -> Any:
        messages = json.loads(request.body)["messages"]
        echoed = [
            block for message in messages for block in message["content"] if isinstance(block, dict) and block.get("type") == "tool_use"
        ]
        assert all(block["caller"] == caller for block in echoed)
        return speak("anthropic", False, "Hello.") if echoed else recorded("anthropic", False, json.dumps(body))

    return Replies(choose)


def rules(provider: str) -> Callable[[], Any]:
    return lambda: RulesTransport(provider)


# name: (model, transport, tools, prompt)
KINDS: dict[str, tuple[str, Callable[[], Any], Callable[[Acts], list[Any]], str]] = {
    "a custom tool": ("openai:gpt-6-sol", rules("openai"), lambda acts: [calculate(acts)], "Use calculate."),
    "a shell of OpenAI's": ("openai:gpt-6-sol", rules("openai"), lambda acts: [bash_tool(acts.act, approval="always")], "Use bash."),
    "a shell of Anthropic's": (
        "anthropic:claude-opus-5-5",
        rules("anthropic"),
        lambda acts: [bash_tool(acts.act, approval="always")],
        "Use bash.",
    ),
    "a patch": (
        "openai:gpt-6-sol",
        rules("openai"),
        lambda acts: [acts.toolfs.apply_patch(acts.session, approval="always")],
        "Use apply_patch.",
    ),
    "a screen of OpenAI's": ("openai:gpt-6-sol", rules("openai"), lambda acts: [screen(acts)], "Use computer."),
    "a screen of Anthropic's": ("anthropic:claude-opus-5-5", rules("anthropic"), lambda acts: [screen(acts)], "Use computer."),
    "a browser": (
        "anthropic:claude-opus-5-5",
        rules("anthropic"),
        lambda acts: [browser_tool(lambda args: acts.act(args), approval="always")],
        "Use browser.",
    ),
    "a text editor": (
        "anthropic:claude-opus-5-5",
        rules("anthropic"),
        lambda acts: [acts.toolfs.text_editor(acts.session, approval="always")],
        "Use str_replace_based_edit_tool.",
    ),
    "a memory": (
        "anthropic:claude-opus-5-5",
        rules("anthropic"),
        lambda acts: [acts.toolfs.memory_tool(acts.session, "/toolfs/data/memories", approval="always")],
        "Use memory.",
    ),
    "a call by a program": ("openai:gpt-6-sol", programmatic, lambda acts: [acts.function()], "Go."),
    "a call by code at Anthropic": (
        "anthropic:claude-opus-5-5",
        called_by_code,
        lambda acts: [code_execution(), acts.function()],
        "Go.",
    ),
} | {
    f"a function beside hosted tools of {provider}": (
        f"{provider}:{model}",
        rules(provider),
        lambda acts: [web_search(), code_execution(), acts.function()],
        "Use look.",
    )
    for provider, model in HOSTING.items()
}
KINDS |= {
    f"a function of {name}": (name, rules(name.partition(":")[0]), lambda acts: [acts.function()], "Use look.")
    for name in ("gemini-interactions:gemini-4-argon", "mistral-conversations:mistral-large-4", "openrouter-responses:openai/gpt-6-sol")
}
ANSWERS = {"approved": Approve(), "refused": Refuse("Not now."), "given": GiveResult("Given by hand.")}
ways = pytest.mark.parametrize("way", ["paused", "paused stream", "in the process"])


async def ask(agent: Agent, prompt: str, streamed: bool, **options: Any) -> Any:
    if not streamed:
        return await agent.prompt(prompt, **options)
    return [event async for event in agent.stream(prompt, **options)][-1].reply


def results(reply: Any) -> list[Any]:
    return [result for step in reply.steps for result in step.tool_results if not getattr(result, "hosted", False)]


@ways
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_runs_before_the_answer_and_the_run_goes_on_after_it(kind: str, answer: str, way: str):
    name, make_transport, tools, prompt = KINDS[kind]
    acts, transport = Acts(), make_transport()

    def agent() -> Agent:
        return Agent(load_model(name, api_key="k", transport=transport), tools=tools(acts), retry=False)

    if way == "in the process":
        asked: list[Any] = []

        async def approve(request: Any) -> Any:
            asked.append((request, await acts.calls()))
            return ANSWERS[answer]

        reply = await ask(agent(), prompt, True, approve=approve)
        ((_, before),) = asked
        assert before == 0
    else:
        paused = await ask(agent(), prompt, way == "paused stream")
        (request,) = paused.pending
        assert await acts.calls() == 0
        reply = await agent().resume(json.loads(json.dumps(paused.run.to_dict())), {request.id: ANSWERS[answer]})
    assert reply.text
    assert not reply.pending
    assert getattr(transport, "refused", []) == []
    (result,) = results(reply)[-1:]
    assert await acts.calls() == (1 if answer == "approved" else 0), result
    if answer == "refused":
        assert result.is_error
        assert "Not now." in result.text
    if answer == "given":
        assert result.text == "Given by hand."
    await acts.toolfs.close()


@pytest.mark.parametrize("kind", ["a custom tool", "a shell of OpenAI's", "a shell of Anthropic's", "a browser", "a call by a program"])
async def test_a_person_may_change_what_is_called(kind: str):
    name, make_transport, tools, prompt = KINDS[kind]
    acts, transport = Acts(), make_transport()
    agent = Agent(load_model(name, api_key="k", transport=transport), tools=tools(acts), retry=False)
    paused = await agent.prompt(prompt)
    (request,) = paused.pending
    key = next(iter(request.arguments))
    reply = await agent.resume(paused.run, {request.id: Approve(dict(request.arguments) | {key: "changed"})})
    assert reply.text
    assert getattr(transport, "refused", []) == []
    assert "changed" in json.dumps(acts.done, default=str)


async def test_screens_that_the_provider_warns_of_wait_for_approval_and_others_do_not():
    checks = [{"id": "sc_1", "code": "malicious_instructions", "message": "Careful."}]
    acts = Acts()

    def answer(pending: list[Any]) -> Any:
        call = {
            "type": "computer_call",
            "id": "cu_1",
            "call_id": "c1",
            "actions": [{"type": "screenshot"}],
            "pending_safety_checks": pending,
        }
        return recorded("responses", False, json.dumps({"id": "r", "status": "completed", "output": [call], "usage": {}}))

    tools = [computer_tool(lambda args: acts.act(args, result=SCREEN), width=1, height=1)]
    for pending, waits in (([], False), (checks, True)):
        transport = ReplayTransport([answer(pending), speak("responses", False, "Hello.")])
        agent = Agent(load_model("openai:gpt-6-sol", api_key="k", transport=transport), tools=tools)
        reply = await agent.prompt("Go.")
        assert bool(reply.pending) is waits
    saved = json.loads(json.dumps(reply.run.to_dict()))
    for approval, acknowledged in ((True, ["sc_1"]), (Refuse("Not now."), None)):
        transport = ReplayTransport([speak("responses", False, "Hello.")])
        agent = Agent(load_model("openai:gpt-6-sol", api_key="k", transport=transport), tools=tools)
        done = await agent.resume(saved, {reply.pending[0].id: approval})
        assert done.text == "Hello."
        (output,) = [item for item in transport.bodies[0]["input"] if item.get("type") == "computer_call_output"]
        checks = output.get("acknowledged_safety_checks")
        assert (checks and [check["id"] for check in checks]) == acknowledged


@pytest.mark.parametrize("answer", [Refuse("Not now."), GiveResult("Nothing to see.")], ids=["refused", "given"])
async def test_a_screen_that_gave_no_picture_says_why_in_words(answer: Any):
    acts, transport = Acts(), RulesTransport("openai")
    agent = Agent(load_model("openai:gpt-6-sol", api_key="k", transport=transport), tools=[screen(acts)], approve=lambda request: answer)
    assert (await agent.prompt("Use computer.")).text
    output, words = transport.bodies[1]["input"][-2:]
    assert output["output"]["image_url"].startswith("data:image/png;base64,")
    assert words["content"][0]["text"] in ("Error: The user refused this call: Not now.", "Nothing to see.")


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_words_beside_a_picture_of_the_screen_reach_the_model(provider: str):
    transport = RulesTransport(provider)
    tools = [computer_tool(lambda args: [Text("The page did not load."), SCREEN], width=1024, height=768)]
    agent = Agent(load_model(f"{provider}:{MODELS[provider]}", api_key="k", transport=transport), tools=tools)
    assert (await agent.prompt("Use computer.")).text
    assert transport.refused == []
    sent = json.dumps(transport.bodies[1])
    assert "The page did not load." in sent
    assert SCREEN.base64 in sent


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_mcp_server_of_the_provider_is_answered_in_the_process_too(streamed: bool):
    transport = RulesTransport("openai")
    tools = [mcp("https://mcp.example/sse", name="docs", approval="always")]
    agent = Agent(load_model("openai:gpt-6-sol", api_key="k", transport=transport), tools=tools, approve=lambda request: Refuse("No."))
    reply = await ask(agent, "Look it up.", streamed)
    assert reply.text == "Hello."
    assert transport.refused == []
    (told,) = [item for item in transport.bodies[1]["input"] if item.get("type") == "mcp_approval_response"]
    assert (told["approve"], told["reason"]) == (False, "The user refused this call: No.")
