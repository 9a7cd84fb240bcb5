"""Recorded answers, spoilt in every way: whatever comes, a call ends in an answer or in an error of ours, and all that is told of it
is plain JSON that every reader takes."""

import json
import os
import time
from contextlib import aclosing, suppress
from random import Random
from typing import Any

import pytest

from staysail import (
    Agent,
    Completion,
    CompletionRequest,
    EmbeddingModel,
    ImageModel,
    Reranker,
    SpeechModel,
    StaysailError,
    TranscriptionModel,
    list_models,
    load_model,
)
from staysail.testing import ReplayTransport
from tests.replays.mutations import spoil_stream, spoil_whole
from tests.replays.scope import PLAYED, Scenario, ending, played, scenarios
from tests.replays.test_answers import is_answer, is_streamed

EVERY = bool(os.environ.get("STAYSAIL_EVERY"))
MUTANTS = 6_000 if EVERY else 400
"""Of each wire format, whole and streamed."""
AGENT_RUNS = 600 if EVERY else 40
LONGEST = 12_000
TOOL = {"name": "f", "parameters": {"type": "object"}}
SEED = int(os.environ.get("STAYSAIL_SEED", "15"))


def recorded_answers() -> dict[tuple[str, bool], list[tuple[Scenario, dict[str, Any]]]]:
    """Returns the recorded answers by wire format and by whether they are streams."""
    found: dict[tuple[str, bool], list[tuple[Scenario, dict[str, Any]]]] = {}
    for scenario in played():
        for interaction in filter(is_answer, scenario.interactions):
            if len(interaction["response"]["body"]) <= LONGEST:
                found.setdefault((ending(interaction), is_streamed(interaction)), []).append((scenario, interaction))
    return found


def spoil(interaction: dict[str, Any], random: Random) -> dict[str, Any]:
    response = interaction["response"]
    ndjson = "ndjson" in response["headers"].get("content-type", "")
    streamed = is_streamed(interaction)
    body = spoil_stream(response["body"], random, "\n" if ndjson else "\n\n") if streamed else spoil_whole(response["body"], random)
    return {"request": {}, "response": response | {"body": body}}


def check_plain(value: Any) -> None:
    """Raises for data that JavaScript cannot read, or a store cannot keep."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        assert "raw" in text or "body" in text  # a provider's own words are kept as they came, and escaped where they are written


async def ask(provider: str, answer: dict[str, Any], *, streamed: bool) -> None:
    transport = ReplayTransport([answer])
    model = load_model(f"{provider}:m", api_key="test-key", base_url="http://127.0.0.1", transport=transport)
    request = CompletionRequest("x", tools=[TOOL] if model.traits.tools else [])
    completion: Completion | None = None
    if streamed:
        async with aclosing(model.stream(request)) as events:
            async for event in events:
                check_plain(event.to_dict())
                completion = event if isinstance(event, Completion) else completion
    else:
        completion = await model.complete(request)
    assert completion is not None
    check_plain(completion.to_dict())
    json.dumps(completion.message.to_dict(), ensure_ascii=False).encode()
    assert Completion.from_dict(json.loads(json.dumps(completion.to_dict()))).message == completion.message
    assert all(isinstance(count, int) and count >= 0 for count in completion.usage.to_dict().values())
    ids = [call.id for call in completion.tool_calls]
    assert all(isinstance(id, str) and id for id in ids)
    assert len(ids) == len(set(ids))


GROUPS = recorded_answers()
NAMES = [f"{wire.strip('/')}-{'streamed' if streamed else 'whole'}" for wire, streamed in GROUPS]


@pytest.mark.parametrize(("wire", "streamed"), GROUPS, ids=NAMES)
async def test_a_spoilt_answer_is_an_answer_or_an_error_of_ours(wire: str, streamed: bool):
    random = Random(f"{SEED} {wire} {streamed}")
    for number in range(MUTANTS):
        scenario, interaction = random.choice(GROUPS[wire, streamed])
        answer = spoil(interaction, random)
        try:
            await ask(PLAYED[scenario.file][wire], answer, streamed=streamed)
        except StaysailError as error:
            check_plain(error.to_dict())
            cause = error.__cause__  # a field that the format reads without looking at its type
            assert not isinstance(cause, TypeError | AttributeError | LookupError), f"mutant {number} of {scenario}: {cause!r}"
        except Exception as error:
            raise AssertionError(f"mutant {number} of {scenario}: {answer['response']['body'][:3000]}") from error


@pytest.mark.parametrize(("wire", "streamed"), GROUPS, ids=NAMES)
async def test_a_run_goes_through_spoilt_answers_or_ends_in_an_error_of_ours(wire: str, streamed: bool):
    random = Random(f"{SEED} runs {wire} {streamed}")
    for number in range(AGENT_RUNS):
        chosen = [random.choice(GROUPS[wire, streamed]) for _ in range(2)]
        provider = PLAYED[chosen[0][0].file][wire]
        chosen = [(scenario, item) for scenario, item in chosen if PLAYED[scenario.file].get(wire) == provider]
        answers = [spoil(interaction, random) for _, interaction in chosen]
        transport = ReplayTransport(answers)
        model = load_model(f"{provider}:m", api_key="test-key", base_url="http://127.0.0.1", transport=transport)

        tools = [Anything()] if model.traits.tools else []
        agent = Agent(model, tools=tools, max_turns=2, retry=False)
        try:
            if streamed:
                async with aclosing(agent.stream("x")) as events:
                    async for event in events:
                        check_plain(event.to_dict())
            else:
                check_plain((await agent.prompt("x")).to_dict())
        except StaysailError as error:
            check_plain(error.to_dict())
        except Exception as error:
            bodies = [answer["response"]["body"][:2000] for answer in answers]
            raise AssertionError(f"run {number} of {chosen[0][0]}: {bodies}") from error


class Anything:
    """A tool of many names, which takes and gives back anything."""

    name, description = "f", "Does."
    parameters: dict[str, Any] = {"type": "object"}

    async def call(self, args: dict[str, Any]) -> Any:
        return args


def services() -> list[tuple[str, str, dict[str, Any]]]:
    """Returns (kind, provider, interaction) of the recorded calls that are no conversations."""
    kinds = {"embed": "embeddings", "rerank": "rerank", "images": "images", "audio/speech": "speech", "transcriptions": "transcription"}
    found = []
    for scenario in scenarios():
        for interaction in scenario.all:
            path, response = interaction["request"]["path"], interaction["response"]
            kind = next((kind for word, kind in kinds.items() if word in path), "models" if path.endswith(("/models", "/tags")) else "")
            if kind and is_answer(interaction) and not response.get("body_encoding") and 0 < len(response["body"]) <= 200_000:
                found.append(
                    (
                        kind,
                        {"doubleword": "openai-compatible", "venice": "openai-compatible"}.get(scenario.file, scenario.file),
                        interaction,
                    )
                )
    return found


async def test_a_spoilt_answer_of_a_service_is_an_answer_or_an_error_of_ours():
    random = Random(f"{SEED} services")
    if not (recorded := services()):
        pytest.skip("no recordings beside the checkout")
    tried: dict[str, int] = {}
    for _ in range(6_000 if EVERY else 400):
        kind, provider, interaction = random.choice(recorded)
        try:
            body = spoil_whole(interaction["response"]["body"], random)
        except ValueError:
            continue
        answer = {"request": {}, "response": interaction["response"] | {"body": body}}
        options: dict[str, Any] = {"api_key": "k", "base_url": "http://127.0.0.1", "transport": ReplayTransport([answer])}
        tried[kind] = tried.get(kind, 0) + 1
        with suppress(StaysailError):
            if kind == "models":
                json.dumps([info.raw for info in await list_models(provider, **options)], allow_nan=False)
                continue
            options |= {"retry": False}
            match kind:
                case "embeddings":
                    found = await EmbeddingModel(f"{provider}:m", **options).embed_texts(["a", "b"])
                    check_plain([one.vec for one in found])
                case "rerank":
                    ranked = await Reranker(f"{provider}:m", **options).rerank("q", ["a", "b"])
                    check_plain([[one.index, one.score, one.document] for one in ranked])
                case "images":
                    await ImageModel(f"{provider}:m", **options).generate("a")
                case "speech":
                    await SpeechModel(f"{provider}:m", **options).speak("a")
                case "transcription":
                    said = await TranscriptionModel(f"{provider}:m", **options).transcribe(b"RIFF")
                    check_plain([said.text, said.language, said.duration_s, list(said.segments)])
    assert len(tried) >= 4, tried


async def test_the_mutants_are_quick_to_read():
    """A mutant that takes long is one that hangs a page."""
    random = Random(SEED)
    slowest = 0.0
    for (wire, streamed), group in GROUPS.items():
        for _ in range(20):
            scenario, interaction = random.choice(group)
            answer = spoil(interaction, random)
            began = time.process_time()
            with suppress(StaysailError):
                await ask(PLAYED[scenario.file][wire], answer, streamed=streamed)
            slowest = max(slowest, time.process_time() - began)
    assert slowest < 5
