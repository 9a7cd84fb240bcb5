"""Recorded scenarios as whole agent runs over real sockets: what the agent sends means what the recorded client sent."""

import json
from collections.abc import Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest

from staysail import (
    Agent,
    Audio,
    ConfigError,
    Image,
    MaxTurnsError,
    Message,
    OutputError,
    Part,
    ProviderError,
    Reasoning,
    Refusal,
    Reply,
    Text,
    ToolCall,
    ToolOutput,
)
from tests.replays.meaning import Expected, Meaning, Said, arguments, differences, formats, goes_on, is_of_same_run, keeps_reasoning
from tests.replays.scope import Scenario, ending, played
from tests.server import TestServer
from tests.server.recordings import as_answer


class RecordedTool:
    """Answers a call as the recorded tool did. outputs: by what it was called with. pictures: by the text of an output."""

    def __init__(self, name: str, definition: dict, outputs: dict[str, list[str]], pictures: dict[str, list[Part]]) -> None:
        self.name, self.description, self.parameters = name, definition["description"], definition["parameters"]
        self.strict = definition.get("strict")
        self._outputs, self._pictures = outputs, pictures
        self.function = self.call  # takes whatever arguments the recorded model made up, unchecked

    async def call(self, args: dict) -> str | list[Part]:
        recorded = self._outputs[repr(sorted(args.items()))]
        text = recorded.pop(0) if len(recorded) > 1 else recorded[0]
        return [Text(text), *self._pictures[text]] if text in self._pictures else text


def rebuild(said: list[Said], raw: dict, wire: str, form: Any) -> list[Message]:
    """Messages of what was said. form: the format it was said in."""
    names = {item[2]: item[3] for item in said if item[1] == "call"}
    messages: list[Message] = []
    for role, items in groupby(said, key=lambda item: item[0]):
        parts: list[Part] = []
        for item in items:
            if item[1] == "signature":
                parts[-1] = form.sign(parts[-1], item[2])
            else:
                known = form.part(item, raw) if hasattr(form, "part") else None
                parts.append(known or part(item, names, raw, wire))
        # Two things said by the user one after the other were two messages; an assistant's are one.
        messages += [Message(role, (one,)) for one in parts] if role in ("user", "system") else [Message(role, tuple(parts))]
    return messages


def part(item: Said, names: dict[str, str], raw: dict, wire: str):
    match item:
        case (_, "text", text):
            return Text(text)
        case (_, "refusal", text):
            return Refusal(text)
        case (_, "reasoning", proof):
            return Reasoning(proof, extra={wire: raw[proof]})
        case (_, "call", id, name, text):
            return ToolCall(id, name, arguments(text))
        case (_, "result", id, text):
            return ToolOutput(id, names.get(id, ""), (Text(text),))
        case (_, "media", text):
            given = json.loads(text)
            if given["type"] == "input_audio":
                return Audio(data=given["input_audio"]["data"], media_type=f"audio/{given['input_audio']['format']}")
            return Message.from_dict({"role": "user", "content": [given]}).content[0]
    raise AssertionError(f"tests/replays cannot rebuild this part yet: {item}")


def outputs_of(requests: list[Meaning]) -> dict[str, dict[str, list[str]]]:
    """What each recorded tool answered, by name and arguments, in order."""
    said = requests[-1].said
    results = {item[2]: item[3] for item in said if item[1] == "result"}
    out: dict[str, dict[str, list[str]]] = {}
    for item in said:
        if item[1] == "call" and item[2] in results:
            args = arguments(item[4])
            key = repr(sorted(args.items())) if isinstance(args, dict) else args
            out.setdefault(item[3], {}).setdefault(key, []).append(results[item[2]])
    return out


def pictures_of(requests: list[Meaning]) -> dict[str, list[Part]]:
    """The pictures that came with a result, by the result's text."""
    out: dict[str, list[Part]] = {}
    text = ""
    for item in requests[-1].said:
        text = item[3] if item[1] == "result" else text
        if item[1] == "media of a result":
            data = json.loads(item[2])["inlineData"]
            out.setdefault(text, []).append(Image(data=data["data"], media_type=data["mimeType"]))
    return out


@dataclass(slots=True)
class RecordedRun:
    """goes_on: with the conversation of the run before it."""

    interactions: list[dict]
    requests: list[Meaning]
    goes_on: bool = False


def in_runs(interactions: Iterable[dict]) -> list[RecordedRun]:
    """The interactions, grouped by the run that made them."""
    runs: list[RecordedRun] = []
    for interaction in interactions:
        request = read(interaction, json.loads(interaction["request"]["body"]))
        last = runs[-1] if runs else None
        follows = last is not None and is_answer(last.interactions[-1]) and goes_on(last.requests[-1], told(last.interactions[-1]), request)
        if last and follows and is_of_same_run(last.requests[-1], request):
            last.interactions.append(interaction)
            last.requests.append(request)
        else:
            goes = last is not None and follows and keeps_reasoning(last.requests[-1], told(last.interactions[-1]), request)
            runs.append(RecordedRun([interaction], [request], goes))
    return runs


def read(interaction: dict, body: dict, path: str = "") -> Meaning:
    """What a request means that was sent to `path`; without one, to where the recorded one went."""
    form = formats()[ending(interaction)]
    meaning: Meaning = form.meaning(body)
    if hasattr(form, "address"):
        form.address(meaning, path or interaction["request"]["path"])
    return meaning


def told(interaction: dict) -> Expected:
    return formats()[ending(interaction)].expected(interaction["response"])


def is_answer(interaction: dict) -> bool:
    return interaction["response"]["status"] < 400


def is_refused_schema(interaction: dict) -> bool:
    """Whether the provider refused a tool for its schema."""
    words = str(interaction["response"]["body"])
    return interaction["response"]["status"] == 400 and ("input_schema" in words or "Circular reference detected in schema" in words)


async def play(run: RecordedRun, provider: str, url: str, history: tuple[Message, ...] | None) -> Reply | None:
    """An agent made from the first recorded request does what the recorded client did. history: of the conversation it goes on with."""
    first = run.requests[0]
    preamble = first.said[0][2] if first.said[0][:2] == ("system", "text") else None
    wire = ending(run.interactions[0]).rpartition("/")[2].replace("completions", "chat")
    form = formats()[ending(run.interactions[0])]
    *before, prompt = rebuild(first.said[1:] if preamble else first.said, first.raw, wire, form)
    outputs, pictures = outputs_of(run.requests), pictures_of(run.requests)
    agent = Agent(
        f"{provider}:{first.model}",
        api_key="test-key",
        base_url=url,
        preamble=preamble,
        tools=[RecordedTool(name, definition, outputs.get(name, {}), pictures) for name, definition in first.tools.items()],
        tool_choice=first.choice.removeprefix("tool ") if first.choice != "auto" else None,
        temperature=first.temperature,
        max_tokens=first.max_tokens,
        output_type=first.schema,
        output_retries=0,
        additional_params=first.rest,
        max_turns=len(run.requests),
        retry=False,
    )
    history = before if history is None else history
    # The recorded run went no further: its model may have asked for tools, answered what does not fit, or refused.
    with suppress(MaxTurnsError, OutputError, ProviderError):
        if not first.streamed:
            return await agent.prompt(prompt, history=history)
        async with aclosing(agent.stream(prompt, history=history)) as events:
            async for event in events:
                if event.type == "run_done":
                    return event.reply
    return None


@pytest.mark.parametrize("scenario", played(), ids=str)
async def test_an_agent_sends_what_the_recorded_client_sent(scenario: Scenario, server: TestServer):
    reply: Reply | None = None
    for run in in_runs(scenario.interactions):
        box = server.box(*(as_answer(interaction, chunk_bytes=1_400) for interaction in run.interactions))
        provider = scenario.provider_of(run.interactions[0])
        try:
            reply = await play(run, provider, box.url, reply.messages if run.goes_on and reply else None)
        except ConfigError:
            # What the provider refused, an agent may refuse too, without asking.
            assert not is_answer(run.interactions[0])
            continue
        sent = [read(run.interactions[0], seen.json, seen.path) for seen in box.seen]
        if is_refused_schema(run.interactions[0]):
            # An agent makes such a schema into one that is taken, or leaves the tool out.
            assert sent[0].tools != run.requests[0].tools
            continue
        pairs = enumerate(zip(run.requests, sent, strict=False), 1)
        assert [f"request {n}: {text}" for n, (ours, theirs) in pairs for text in differences(ours, theirs)] == []
        assert len(sent) == len(run.requests)
