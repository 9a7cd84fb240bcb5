"""A fitted history, as every wire format renders it: each tool call has its result right after it, and each result its call."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from staysail import Agent, CompletionRequest, Conversations, Message, SlidingWindow, SummaryCompaction, Text, TokenWindow, ToolCall
from staysail import tool as as_tool
from staysail.agent.exchanges import unpaired
from staysail.core.tokens import message_tokens
from staysail.testing import ScriptedModel
from tests.contracts.specimens import MODEL
from tests.contracts.walk import chat_wires, dialect_of

WIRES = chat_wires()
TURNS = 200 if os.environ.get("STAYSAIL_EVERY") else 100  # each reads what all before it said
WINDOW = 2_000


@as_tool
def look(at: int) -> str:
    """Looks."""
    return f"seen at {at}: " + "the sea is calm " * (at % 7)


def steps(wire: str, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """("say", role), ("call", id) and ("result", id) in the order of the wire; the name where a format has no ids."""
    match wire:
        case "responses":
            for item in body["input"]:
                kind = item.get("type")
                yield {"function_call": ("call", item.get("call_id")), "function_call_output": ("result", item.get("call_id"))}.get(
                    kind, ("say", item.get("role"))
                )
        case "anthropic":
            for message in body["messages"]:
                blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text"}]
                for block in blocks:
                    match block["type"]:
                        case "tool_use":
                            yield "call", block["id"]
                        case "tool_result":
                            yield "result", block["tool_use_id"]
                        case _:
                            yield "say", message["role"]
        case "gemini":
            for content in body["contents"]:
                for part in content["parts"]:
                    if call := part.get("functionCall"):
                        yield "call", call.get("id") or call["name"]
                    elif response := part.get("functionResponse"):
                        yield "result", response.get("id") or response["name"]
                    else:
                        yield "say", content["role"]
        case "interactions":
            for step in body["input"]:
                for item in [step] if step["type"] == "function_call" else step["content"]:
                    kinds = {"function_call": ("call", item.get("id")), "function_result": ("result", item.get("call_id"))}
                    yield kinds.get(item["type"], ("say", "assistant" if step["type"] in ("model_output", "thought") else "user"))
        case "conversations":
            for entry in body["inputs"]:
                kinds = {"function.call": "call", "function.result": "result"}
                kind = kinds.get(entry["type"])
                yield (kind, entry["tool_call_id"]) if kind else ("say", entry["role"])
        case _:
            for message in body["messages"]:
                if message["role"] == "tool":
                    yield "result", message.get("tool_call_id") or message.get("tool_name") or message.get("name")
                    continue
                if message.get("content"):
                    yield "say", message["role"]
                for call in message.get("tool_calls") or ():
                    yield "call", call.get("id") or call["function"]["name"]


def check_pairs(wire: str, body: dict[str, Any]) -> int:
    """How many pairs there are. Nothing is said between a call and its result."""
    waiting: list[Any] = []
    pairs = 0
    for kind, what in steps(wire, body):
        if kind == "call":
            waiting.append(what)
        elif kind == "result":
            assert what in waiting, f"a result of {what} without its call"
            waiting.remove(what)
            pairs += 1
        else:
            assert not waiting, f"{what} speaks before {waiting} were answered"
    assert not waiting
    return pairs


def policies() -> dict[str, Any]:
    writer = ScriptedModel(["They look at the sea."], repeat=True)
    both = [SummaryCompaction(writer, over_tokens=2 * WINDOW, summary_tokens=300), SlidingWindow(41), TokenWindow(WINDOW)]
    return {
        "summary": SummaryCompaction(writer, over_tokens=WINDOW, summary_tokens=200),
        "tokens": TokenWindow(WINDOW),
        "one after another": both,
    }


@pytest.fixture(scope="module")
async def requests() -> dict[str, list[CompletionRequest]]:
    """Every request of a long conversation with rounds of tools, its memory summed up; and every 25th turn of it under the other
    policies."""
    conversations, memories = Conversations(":memory:"), policies()
    made: dict[str, list[CompletionRequest]] = {name: [] for name in memories}
    calls = iter(range(10_000))
    for turn in range(TURNS):
        rounds = [
            [Text("Looking."), *(ToolCall(f"call_{next(calls)}", "look", {"at": n}) for n in range(1 + turn % 2))] for _ in range(turn % 3)
        ]
        answers = [*rounds, f"Turn {turn} is done. " + "So it was. " * (turn % 9)]
        prompt = f"Turn {turn}: what is to be seen? " + "Tell me. " * (turn % 5)
        history = (await conversations.load("long")).messages if turn % 25 == 24 else ()
        for name, memory in memories.items():
            place = {"conversations": conversations, "conversation": "long"} if name == "summary" else {"history": history}
            if name == "summary" or history:
                model = ScriptedModel(answers)
                await Agent(model, tools=[look], memory=memory, preamble="Be brief.").prompt(prompt, **place)
                made[name] += model.requests
    return made


@pytest.mark.parametrize("wire", list(WIRES))
async def test_a_long_conversation_stays_in_the_window_with_every_pair_whole_on_the_wire(requests, wire: str):
    dialect, format = dialect_of(wire), WIRES[wire]
    for name, asked in requests.items():
        assert len(asked) > (TURNS if name == "summary" else TURNS / 25)
        pairs = 0
        for request in asked[:: 2 if len(asked) > TURNS else 1]:
            assert unpaired(request.messages) == []
            body = json.loads(json.dumps(format.render(request, MODEL, dialect, streamed=True)))
            pairs += check_pairs(wire, body)
            first = next(what for kind, what in steps(wire, body) if what not in ("system", "developer"))
            assert first == "user", f"{name}: the first to speak is {first}"
        assert pairs > len(asked) / 2


async def test_the_window_holds(requests):
    for name, asked in requests.items():
        sizes = [sum([await message_tokens(message) for message in request.messages]) for request in asked]
        assert max(sizes) <= WINDOW, name
        assert name == "one after another" or max(sizes) > WINDOW / 4, "and is made use of"
        assert all(any(message.text.startswith("Turn ") for message in request.messages) for request in asked)


def test_the_check_itself_finds_a_broken_pair_which_no_body_has():
    call = Message.assistant(ToolCall("c", "look", {}))
    messages = (Message.user("x"), call, Message.user("y"))
    assert unpaired(messages) == ["c"]
    for wire, format in WIRES.items():
        body = format.render(CompletionRequest(messages), MODEL, dialect_of(wire), streamed=False)
        assert check_pairs(wire, body) == 1
