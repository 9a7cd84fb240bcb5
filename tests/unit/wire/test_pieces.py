"""Answers put together from pieces of plain JSON."""

import pytest

from staysail import CompletionRequest, ConfigError, Message, Reasoning, StreamError, Text, ToolCall, ToolCallDelta, ToolCallDone
from staysail.core.events import ReasoningDelta, TextDelta
from staysail.core.ports import ModelTraits
from staysail.wire.call_ids import CallIds
from staysail.wire.own_model import OwnModel, render
from staysail.wire.pieces import PieceReader


def read(*pieces, taken=()):
    reader = PieceReader("toy", CallIds(taken))
    events = [event for piece in pieces for event in reader.feed(piece)]
    return [*events, *reader.close()], reader.finish()


END = {"type": "finish"}


def test_texts_are_joined_until_a_piece_says_more_than_its_text():
    _, completion = read(
        {"type": "reasoning", "text": "a"},
        {"type": "reasoning", "text": "b", "signature": "s"},
        {"type": "reasoning", "text": "c"},
        {"type": "text", "text": "d"},
        {"type": "text", "text": "", "citations": [{"url": "https://example.org"}]},
        {"type": "text", "text": "e"},
        END,
    )
    parts = completion.message.content
    assert parts[:2] == (Reasoning("ab", "s"), Reasoning("c"))
    assert parts[2:] == (Text("d", ({"url": "https://example.org"},)), Text("e"))
    assert completion.finish_reason == "stop"


def test_a_call_whose_arguments_came_in_pieces_is_whole_at_the_end():
    events, completion = read(
        {"type": "tool_call_delta", "id": "c", "name": "look", "arguments_delta": '{"at":'},
        {"type": "tool_call_delta", "id": "c", "arguments_delta": "1}"},
        END,
    )
    assert events == [ToolCallDelta("c", "look", '{"at":'), ToolCallDelta("c", "look", "1}"), ToolCallDone("c", "look", {"at": 1})]
    assert completion.tool_calls == (ToolCall("c", "look", {"at": 1}),)
    assert completion.finish_reason == "tool_calls"


def test_ids_of_calls_do_not_repeat_those_of_the_conversation():
    _, completion = read(
        {"type": "tool_call", "id": "c", "name": "look", "arguments": {}}, {"type": "tool_call", "name": "look"}, END, taken=["c"]
    )
    first, second = (call.id for call in completion.tool_calls)
    assert first == "c-2"
    assert second not in ("c", first)


def test_thinking_in_tags_is_reasoning():
    events, completion = read({"type": "text", "text": "<think>hm</think>"}, {"type": "text", "text": "yes"}, END)
    assert events == [ReasoningDelta("hm"), TextDelta("yes")]
    assert completion.message.content == (Reasoning("hm"), Text("yes"))


def test_an_answer_without_its_end_is_an_error():
    with pytest.raises(StreamError, match="stopped in the middle"):
        read({"type": "text", "text": "a"})
    with pytest.raises(StreamError, match="failed"):
        read({"type": "text", "text": "a"}, {"type": "finish", "finish_reason": "error"})


def test_a_piece_of_an_unknown_type_is_named():
    with pytest.raises(ConfigError, match="'telegram'"):
        read({"type": "telegram"}, END)


def test_a_request_holds_its_documents_as_messages_and_every_call_has_a_result():
    request = CompletionRequest(
        (Message.user("a"), Message("assistant", (ToolCall("c", "look", {}),)), Message.user("b")), documents=("the ship is blue",)
    )
    told = render(request, "low")
    assert told["reasoning"] == "low"
    assert "documents" not in told
    assert [message["role"] for message in told["messages"]] == ["user", "assistant", "tool", "user", "user"]


async def test_warnings_of_the_fitting_and_of_the_model_are_in_the_answer():
    class Port:
        async def answer(self, request, *, streamed):
            yield {"type": "warning", "message": "seed was left out"}
            yield {"type": "text", "text": "hi"}
            yield END

    model = OwnModel("toy", Port(), ModelTraits(sampling="never"))
    completion = await model.complete(CompletionRequest((Message.user("a"),), temperature=0.5))
    assert completion.warnings == ("temperature was left out: toy takes none", "seed was left out")
