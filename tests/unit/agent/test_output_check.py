"""The caller's check of the output, which sends the answer back to the model."""

import dataclasses

import pytest

from staysail import Agent, AuthError, ConfigError, OutputError, RunContext, ToolCall, ToolError
from staysail.agent.replay import Replay
from staysail.core.completion import OUTPUT_TOOL
from staysail.core.ports import ModelTraits
from staysail.testing import ScriptedModel


@dataclasses.dataclass
class Trip:
    harbour: str
    nights: int


def at_most_three(trip: Trip) -> None:
    if trip.nights > 3:
        raise ToolError(f"{trip.harbour} has berths for at most 3 nights")


NATIVE = ModelTraits(native_output=True)
BY_TOOL = ModelTraits(native_output=False, tools=True)


def written(nights: int) -> str:
    return f'{{"harbour": "Oslo", "nights": {nights}}}'


def called(nights: int) -> list[ToolCall]:
    return [ToolCall(f"c{nights}", "final_answer", {"harbour": "Oslo", "nights": nights})]


async def test_the_model_is_asked_again_with_what_the_check_raised():
    model = ScriptedModel([written(9), written(2)], traits=NATIVE)
    reply = await Agent(model, output_type=Trip, output_check=at_most_three).prompt("A trip.")
    assert reply.output == Trip("Oslo", 2)
    asked = model.requests[1].messages[-1].text
    assert "at most 3 nights" in asked
    assert "JSON alone" in asked


async def test_a_typed_answer_given_through_a_tool_is_refused_in_its_result():
    answers = [[call.replace(name=OUTPUT_TOOL) for call in called(nights)] for nights in (9, 2)]
    model = ScriptedModel(answers, traits=BY_TOOL)
    reply = await Agent(model, output_type=Trip, output_check=at_most_three).prompt("A trip.")
    assert reply.output == Trip("Oslo", 2)
    [result] = model.requests[1].messages[-1].content
    assert result.is_error
    assert "at most 3 nights" in result.content[0].text
    assert reply.steps[0].tool_results[0].is_error


async def test_text_is_checked_too_with_the_context():
    async def names_the_ship(context: RunContext[str], text: str) -> None:
        if context.deps not in text:
            raise ValueError(f"the answer must name {context.deps}")

    model = ScriptedModel(["Fair winds.", "Fair winds, Ada."])
    reply = await Agent(model, output_check=names_the_ship).prompt("Greet.", deps="Ada")
    assert reply.text == "Fair winds, Ada."
    assert "must name Ada" in model.requests[1].messages[-1].text


async def test_after_the_retries_the_run_ends_with_the_reason():
    model = ScriptedModel([written(9)] * 3, traits=NATIVE)
    with pytest.raises(OutputError, match="refused: Oslo has berths") as caught:
        await Agent(model, output_type=Trip, output_check=at_most_three).prompt("A trip.")
    assert caught.value.raw == Trip("Oslo", 9)
    assert len(caught.value.history) == 6
    assert caught.value.usage.total_tokens == 6


async def test_a_misfit_and_a_refusal_share_the_retries():
    model = ScriptedModel(["{}", written(9), written(9)], traits=NATIVE)
    with pytest.raises(OutputError):
        await Agent(model, output_type=Trip, output_check=at_most_three, output_retries=1).prompt("A trip.")
    assert len(model.requests) == 2


async def test_any_exception_is_for_the_model_but_errors_of_the_library_end_the_run():
    def broken(_: str) -> None:
        raise KeyError("harbour")

    def without_a_key(_: str) -> None:
        raise AuthError("no key")

    model = ScriptedModel(["a"] * 3)
    with pytest.raises(OutputError, match="KeyError: 'harbour'"):
        await Agent(model, output_check=broken).prompt("?")
    with pytest.raises(AuthError):
        await Agent(ScriptedModel(["a"]), output_check=without_a_key).prompt("?")


async def test_a_check_that_answers_instead_of_raising_is_told_so():
    with pytest.raises(ConfigError, match="returned False; it raises"):
        await Agent(ScriptedModel(["a"]), output_check=lambda text: text != "a").prompt("?")
    reply = await Agent(ScriptedModel(["a"]), output_check=lambda text: text).prompt("?")
    assert reply.text == "a"
    with pytest.raises(ConfigError, match="output_check is a function of the output"):
        Agent(ScriptedModel([]), output_check=lambda: None)


async def test_a_durable_run_remembers_what_was_refused():
    model = ScriptedModel([written(9), RuntimeError("gone"), written(2)], traits=NATIVE)
    agent = Agent(model, output_type=Trip, output_check=at_most_three, durable=":memory:")
    with pytest.raises(RuntimeError):
        await agent.prompt("A trip.")
    log = agent.settings.durable
    [run_id] = [info.id for info in await log.runs() if info.state == "failed"][:1]
    kinds = [record["kind"] for record in await log.read(run_id, 0)]
    assert kinds.count("rejected") == 1
    replay = Replay(run_id, agent.settings.output_codec.decode)
    replay.take_all(await log.read(run_id, 0))
    assert replay.run.phase == "model"
    assert replay.run.output_retries == 1
    assert "at most 3 nights" in replay.run.messages[-1].text


async def test_a_rejected_run_round_trips_as_plain_data():
    agent = Agent(ScriptedModel([written(9)], traits=NATIVE), output_type=Trip)
    run = agent.start("A trip.")
    run.complete(await agent.model.complete(agent.request(run.next().messages, 1, agent.settings, run, [])))
    assert run.phase == "done"
    run.reject("too long")
    again = agent.restore(run.to_dict())
    assert again.to_dict() == run.to_dict()
    assert again.next().messages[-1].text.startswith("Your answer was refused: too long.")
