"""Durable runs, tracing and limits over answers of each new kind: the process dies at every record, and the run goes on."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from staysail import (
    Agent,
    RunLog,
    Tracer,
    UsageLimitError,
    UsageLimits,
    code_execution,
    custom_tool,
    load_model,
    tool,
    web_search,
)
from staysail.agent.run_log import ProcessRunLocks
from staysail.core.memory_records import MemoryRecords
from staysail.testing import ReplayTransport
from staysail.wire import background
from tests.contracts.spoken import recorded, speak
from tests.contracts.test_going_on import DONE, QUEUED, continued, paused
from tests.rules import RulesTransport
from tests.unit.agent.test_durable import Died, Mortal

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}


HOSTING = {
    "anthropic": "claude-opus-5-5",
    "openai": "gpt-6-sol",
    "xai": "grok-4.7",
    "gemini": "gemini-4-argon",
    "gemini-interactions": "gemini-4-argon",
    "mistral-conversations": "mistral-large-4",
}
"""Providers that have web search and code execution, and a model of each."""


class Replies:
    """A provider whose answer depends on the request alone, as a process that begins anew sees it."""

    def __init__(self, choose: Callable[[Any], dict[str, Any]]) -> None:
        self._choose = choose

    @asynccontextmanager
    async def send(self, request: Any) -> AsyncGenerator[Any]:
        async with ReplayTransport([self._choose(request)]).send(request) as response:
            yield response


@tool
def weather(city: str) -> str:
    """Current weather."""
    return f"Sun in {city}"


def calculate(text: str) -> str:
    """Calculates."""
    return "2"


def pausing(request: Any) -> dict[str, Any]:
    return speak("anthropic", True, "and the rest.") if b"Half of it" in request.body else paused(True)


def going_on(request: Any) -> dict[str, Any]:
    token = json.loads(request.body).get("continuationToken")
    return speak("gemini", True, "two.") if token else continued(True, "One, ", "t1", marked=True)


def in_background(request: Any) -> dict[str, Any]:
    return recorded("responses", False, json.dumps(QUEUED if request.method == "POST" else DONE))


# name: (model, transport, options of the agent, prompt, least requests of the run)
KINDS: dict[str, tuple[str, Callable[[], Any], dict[str, Any], str, int]] = {
    "a paused turn": ("anthropic:claude-sonnet-4-5", lambda: Replies(pausing), {}, "Go.", 2),
    "a continuation": ("gemini:gemini-4-argon", lambda: Replies(going_on), {}, "Go.", 2),
    "a background response": (
        "openai:gpt-6-sol",
        lambda: Replies(in_background),
        {"additional_params": {"background": True}},
        "Go.",
        1,
    ),
    "a typed answer": ("openai:gpt-6-sol", lambda: RulesTransport("openai"), {"output_type": CITY}, "Where?", 1),
    "a custom tool": ("openai:gpt-6-sol", lambda: RulesTransport("openai"), {"tools": [custom_tool(calculate)]}, "Use calculate.", 2),
} | {
    f"hosted tools of {provider}": (
        f"{provider}:{model}",
        lambda provider=provider: RulesTransport(provider),  # type: ignore[misc]
        {"tools": [web_search(), code_execution(), weather], "reasoning": "low"},
        "Use weather.",
        2,
    )
    for provider, model in HOSTING.items()
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(background, "FIRST_DELAY_S", 0.001)


def agent_of(kind: str, **options: Any) -> Agent:
    model, transport, own, _, _ = KINDS[kind]
    return Agent(load_model(model, api_key="k", transport=transport()), retry=False, **(own | options))


async def go(agent: Agent, prompt: str) -> Any:
    runs = await agent.runs()
    yes = {"approve": lambda request: True}  # a call that the death interrupted may be made again
    stream = agent.resume_stream(runs[0].id, **yes) if runs else agent.stream(prompt, **yes)
    return [event async for event in stream][-1].reply


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_at_every_record_the_run_ends_with_the_same_messages(kind: str):
    prompt = KINDS[kind][3]
    kept = Counted()
    expected = await go(agent_of(kind, durable=RunLog(kept, ProcessRunLocks())), prompt)
    messages = [message.to_dict() for message in expected.messages]
    assert kept.commits > 3
    for after in (False, True):
        for dies_at in range(1, kept.commits + 1):
            records = MemoryRecords()
            with suppress(Died):
                await go(agent_of(kind, durable=RunLog(Mortal(records, dies_at, after=after), ProcessRunLocks())), prompt)
            reply = await go(agent_of(kind, durable=RunLog(records, ProcessRunLocks())), prompt)
            assert [message.to_dict() for message in reply.messages] == messages, (dies_at, after)
            assert reply.output == expected.output
            assert reply.usage == expected.usage


class Counted(MemoryRecords):
    commits = 0

    async def commit(self, puts: Any, deletes: Any = ()) -> None:
        self.commits += 1
        await super().commit(puts, deletes)


@pytest.mark.parametrize("kind", KINDS)
async def test_each_model_call_is_a_span_and_counts_against_the_limits(kind: str):
    prompt, requests = KINDS[kind][3:]
    spans: list[Any] = []
    events = [event async for event in agent_of(kind, hooks=[Tracer(spans.append, content=True)]).stream(prompt)]
    reply = events[-1].reply
    calls = [span for span in spans if str(span.name).startswith("chat ")]
    assert len(calls) == len(reply.steps) == requests
    assert reply.text or reply.output
    if requests > 1:
        with pytest.raises(UsageLimitError):
            [event async for event in agent_of(kind, usage_limits=UsageLimits(requests=requests - 1)).stream(prompt)]
