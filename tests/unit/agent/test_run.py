import copy
import json
import pickle
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import (
    CallModel,
    CallTools,
    Completion,
    ConfigError,
    Finish,
    MaxTurnsError,
    Message,
    OutputError,
    Reply,
    Run,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def said(text: str) -> Completion:
    return Completion(Message.assistant(text), Usage(2, 1, 3))


def asked(*calls: ToolCall) -> Completion:
    return Completion(Message.assistant(list(calls)), Usage(2, 1, 3), "tool_calls")


def result(call: ToolCall, text: str = "ok") -> ToolResult:
    return ToolResult(call.id, call.name, (Text(text),))


def saved_and_loaded(run: Run) -> Run:
    return Run.from_dict(json.loads(json.dumps(run.to_dict())))


def check_pairs(messages: tuple[Message, ...]) -> None:
    """Every call has one result, in the message after it, in the order of the calls."""
    for position, message in enumerate(messages):
        calls = [call.id for call in message.tool_calls]
        if calls:
            answer = messages[position + 1]
            assert answer.role == "tool"
            assert [output.id for output in answer.content] == calls  # type: ignore[attr-defined]
    assert sum(message.role == "tool" for message in messages) == sum(bool(message.tool_calls) for message in messages)


STEPS = st.sampled_from(["text", "json", "bad json", "one call", "three calls", "output tool", "bad output tool", "output beside a call"])


def completion_of(kind: str, turn: int) -> Completion:
    calls = [ToolCall(f"c{turn}.{n}", f"tool{n}", {"turn": turn}) for n in range(3)]
    return {
        "text": said("done"),
        "json": said('```json\n{"n": 3}\n```'),
        "bad json": said('{"n": "x"}'),
        "one call": asked(calls[0]),
        "three calls": asked(*calls),
        "output tool": asked(ToolCall(f"f{turn}", "final_answer", {"n": 4})),
        "bad output tool": asked(ToolCall(f"f{turn}", "final_answer", {"n": None})),
        "output beside a call": asked(calls[0], ToolCall(f"f{turn}", "final_answer", {"n": 4})),
    }[kind]


@given(
    st.lists(STEPS, max_size=7),
    st.sampled_from(["text", "native", "tool"]),
    st.integers(1, 6),
    st.integers(0, 2),
    st.randoms(use_true_random=False),
)
def test_a_run_saved_and_loaded_at_every_step_goes_on_as_the_one_that_was_not(
    kinds: list[str], mode: Any, max_turns: int, output_retries: int, order: random.Random
):
    schema = None if mode == "text" else SCHEMA
    run = Run("go", max_turns=max_turns, output_schema=schema, output_mode=mode, output_retries=output_retries)
    twin = run
    waiting = list(kinds)
    ended: Any = None
    while ended is None:
        twin = saved_and_loaded(twin)
        assert twin.to_dict() == run.to_dict()
        check_pairs(run.history)
        assert run.usage == Usage(2 * run.turn, run.turn, 3 * run.turn)
        try:
            action = run.next()
            assert twin.next() == action
            match action:
                case Finish(reply):
                    ended = reply
                case CallTools(calls):
                    call = order.choice(calls)
                    run.answer(result(call))
                    twin.answer(result(call))
                case CallModel(messages, turn):
                    assert turn == run.turn + 1
                    assert messages[: len(messages)] == run.history
                    completion = completion_of(waiting.pop(0) if waiting else "text", turn)
                    try:
                        run.complete(completion)
                    finally:
                        with_same_end(twin, completion, run)
        except (MaxTurnsError, OutputError) as error:
            ended = error
    if isinstance(ended, Reply):
        assert ended.messages == run.history
        assert ended.usage == run.usage
        assert len(ended.steps) == run.turn
        if mode == "text":
            assert ended.output == ended.text
        else:
            assert ended.output in ({"n": 3}, {"n": 4})
    else:
        assert ended.history == run.history
        assert ended.usage == run.usage
        check_pairs(ended.history)


def with_same_end(twin: Run, completion: Completion, run: Run) -> None:
    """The twin takes the completion and comes to the same state; the error, where there is one, is the run's own to raise."""
    with suppress(OutputError):
        twin.complete(completion)
    assert twin.to_dict() == run.to_dict()


def test_results_may_come_in_any_order_and_stand_in_the_order_of_the_calls():
    first, second = ToolCall("1", "a", {}), ToolCall("2", "b", {})
    run = Run("go")
    run.complete(asked(first, second))
    assert run.next() == CallTools((first, second))
    run.answer(result(second, "late"))
    assert run.next() == CallTools((first,))
    run.answer(result(first, "early"))
    assert [output.text for output in run.history[-1].content] == ["early", "late"]  # type: ignore[attr-defined]


def test_two_calls_with_one_id_are_both_answered():
    twice = ToolCall("", "a", {"x": 1}), ToolCall("", "a", {"x": 2})
    run = Run("go")
    run.complete(asked(*twice))
    run.answer(result(twice[0]))
    assert len(run.tool_calls_pending()) == 1
    run.answer(result(twice[1]))
    assert run.phase == "model"


def test_a_result_nobody_asked_for_is_refused():
    run = Run("go")
    run.complete(asked(ToolCall("1", "a", {})))
    with pytest.raises(ConfigError, match="no call of 'b' with id '1'"):
        run.answer(ToolResult("1", "b"))


def test_what_comes_out_of_turn_is_refused():
    run = Run("go")
    with pytest.raises(ConfigError, match="phase 'model'"):
        run.answer(ToolResult("1", "a"))
    run.complete(said("done"))
    with pytest.raises(ConfigError, match="phase 'done'"):
        run.complete(said("again"))


def test_history_is_whole_while_tools_are_still_at_work():
    run = Run("go")
    run.complete(asked(ToolCall("1", "a", {}), ToolCall("2", "b", {})))
    run.answer(ToolResult("1", "a", (Text("ok"),)))
    check_pairs(run.history)
    assert [output.is_error for output in run.history[-1].content] == [False, True]  # type: ignore[attr-defined]


def test_the_last_turn_may_answer_and_the_one_after_it_may_not_ask():
    run = Run("go", max_turns=2)
    call = ToolCall("1", "a", {})
    run.complete(asked(call))
    run.answer(result(call))
    assert isinstance(run.next(), CallModel)
    run.complete(asked(call))
    run.answer(result(call))
    with pytest.raises(MaxTurnsError, match="2 turns") as raised:
        run.next()
    assert raised.value.usage == Usage(4, 2, 6)
    check_pairs(raised.value.history)


def test_an_answer_that_does_not_fit_is_told_what_is_wrong():
    run = Run("go", output_schema=SCHEMA, output_mode="native")
    run.complete(said('{"n": "x"}'))
    action = run.next()
    assert isinstance(action, CallModel)
    assert "n: expected integer" in action.messages[-1].text
    run.complete(said('{"n": 1}'))
    assert run.next().reply.output == {"n": 1}  # type: ignore[union-attr]


def test_other_calls_beside_a_wrong_answer_are_still_run():
    run = Run("go", output_schema=SCHEMA, output_mode="tool")
    call = ToolCall("1", "a", {})
    run.complete(asked(call, ToolCall("2", "final_answer", {"n": "x"})))
    assert run.next() == CallTools((call,))
    run.answer(result(call))
    assert [output.is_error for output in run.history[-1].content] == [False, True]  # type: ignore[attr-defined]


def test_a_decoder_may_refuse_too():
    def decode(value: Any) -> int:
        if value["n"] < 0:
            raise OutputError("n is below nothing")
        return value["n"]

    run = Run("go", output_schema=SCHEMA, output_mode="native", decode=decode)
    run.complete(said('{"n": -1}'))
    assert "below nothing" in run.next().messages[-1].text  # type: ignore[union-attr]
    run.complete(said('{"n": 5}'))
    again = Run.from_dict(json.loads(json.dumps(run.to_dict())), decode=decode)
    assert again.next().reply.output == run.next().reply.output == 5  # type: ignore[union-attr]


def test_data_of_another_version_is_refused():
    with pytest.raises(ConfigError, match="another version"):
        Run.from_dict({"version": 99})


def test_no_turns_at_all_are_refused():
    with pytest.raises(ConfigError, match="at least 1"):
        Run("go", max_turns=0)


def test_a_run_is_pickled_and_copied_at_any_point():
    run = Run("Go.", output_schema={"type": "object"}, output_mode="native", decode=lambda value: ("decoded", value))
    for again, output in ((pickle.loads(pickle.dumps(run)), {"a": 1}), (copy.deepcopy(run), ("decoded", {"a": 1}))):
        assert again.to_dict() == run.to_dict()
        again.complete(said('{"a": 1}'))
        assert again.next().reply.output == output
    assert run.phase == "model"
