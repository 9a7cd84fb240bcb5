"""Answers that failed, broke off or hold nothing: on every wire, whole and streamed, none of them counts as an answer, and no tool is run
out of one."""

import json
from contextlib import aclosing
from typing import Any

import pytest

from staysail import Agent, MaxTurnsError, Message, OutputError, Retry, StreamError, ToolResult, tool
from staysail.testing import ReplayTransport
from tests.contracts.specimens import SPECIMENS
from tests.contracts.spoken import MODELS, OBJECTS, recorded, speak

WIRES = pytest.mark.parametrize("wire", MODELS)
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
QUICK = Retry(attempts=3, base_s=0.001, max_s=0.002)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


class Played:
    """An agent whose provider gives these answers, and what came of it."""

    def __init__(self, wire: str, streamed: bool, *answers: dict[str, Any], **options: Any) -> None:
        self.ran: list[str] = []
        self.events: list[Any] = []
        self.streamed = streamed
        self.transport = ReplayTransport(list(answers))

        @tool
        def clean(folder: str = "/") -> str:
            """Empties a folder; the root by default."""
            self.ran.append(folder)
            return "emptied"

        base = {"base_url": "http://provider.example/v1"} if wire == "chat" else {}
        options = {"retry": False, "tools": [clean]} | base | options
        self.agent = Agent(MODELS[wire], api_key="k", transport=self.transport, **options)

    async def run(self, prompt: str = "Empty the folder old.") -> Any:
        if not self.streamed:
            return await self.agent.prompt(prompt)
        async with aclosing(self.agent.stream(prompt)) as events:
            async for event in events:
                self.events.append(event)
        return self.events[-1].reply

    def told(self) -> str:
        """What the model was told last, as the provider was sent it."""
        return json.dumps(self.transport.bodies[-1])


@WIRES
@STREAMED
@pytest.mark.parametrize("written", ["", "{}", '{"folder": "/"}', '{"folder": "/ol'])
async def test_a_call_of_an_answer_that_the_token_limit_cut_is_not_run(wire: str, streamed: bool, written: str):
    written = "{}" if wire in OBJECTS and written.endswith("ol") else written
    cut = speak(wire, streamed, "I will.", [("clean", written), ("clean", '{"folder": "b"}')], "length")
    played = Played(wire, streamed, cut, speak(wire, streamed, "Then not."))
    reply = await played.run()
    assert played.ran == []
    assert (reply.text, reply.finish_reason) == ("Then not.", "stop")
    assert "cut off by the token limit" in played.told()
    results = [result for step in reply.steps for result in step.tool_results]
    assert [result.is_error for result in results] == [True, True]
    if streamed:
        assert [event for event in played.events if isinstance(event, ToolResult)] == results


@WIRES
@STREAMED
async def test_a_model_that_is_cut_off_again_and_again_uses_up_its_turns(wire: str, streamed: bool):
    played = Played(wire, streamed, *[speak(wire, streamed, "", [("clean", "{}")], "length")] * 3, max_turns=3)
    with pytest.raises(MaxTurnsError) as raised:
        await played.run()
    assert played.ran == []
    assert [message.role for message in raised.value.history] == ["user", *["assistant", "tool"] * 3]


@WIRES
@STREAMED
async def test_an_answer_that_failed_is_tried_again_and_then_an_error(wire: str, streamed: bool):
    failed = speak(wire, streamed, "", [("clean", "{}")] if wire != "gemini" else (), "error")
    if not streamed or wire == "gemini":
        played = Played(wire, streamed, failed, speak(wire, streamed, "Well."), retry=QUICK)
        assert (await played.run()).text == "Well."
    played = Played(wire, streamed, failed)
    with pytest.raises(StreamError) as raised:
        await played.run()
    assert raised.value.retryable
    assert played.ran == []


@STREAMED
async def test_an_answer_that_the_providers_machines_had_no_room_for_is_tried_again(streamed: bool):
    """DeepSeek's `insufficient_system_resource`."""
    text = speak("chat", streamed, "", [], "error")
    body = text["response"]["body"]
    assert '"finish_reason": "error"' in body
    cut = text | {"response": text["response"] | {"body": body.replace('"error"', '"insufficient_system_resource"')}}
    played = Played("chat", streamed, cut)
    with pytest.raises(StreamError) as raised:
        await played.run()
    assert (raised.value.code, raised.value.retryable) == ("insufficient_system_resource", True)
    played = Played("chat", streamed, cut, speak("chat", streamed, "Whole."), retry=QUICK)
    assert (await played.run()).text == "Whole."


@WIRES
@STREAMED
async def test_an_empty_answer_is_tried_again_and_then_an_error(wire: str, streamed: bool):
    empty = speak(wire, streamed)
    played = Played(wire, streamed, empty, empty, speak(wire, streamed, "Here."), retry=QUICK)
    assert (await played.run()).text == "Here."
    played = Played(wire, streamed, empty, empty, empty, retry=QUICK)
    with pytest.raises(StreamError, match="answered nothing") as raised:
        await played.run()
    assert raised.value.code == "empty_answer"
    assert raised.value.history[-1] == Message.user("Empty the folder old.")


@WIRES
@STREAMED
async def test_an_unknown_reason_spoils_no_text_and_excuses_no_empty_answer(wire: str, streamed: bool):
    if wire != "responses":  # whose reasons are those of an incomplete answer
        reply = await Played(wire, streamed, speak(wire, streamed, "Done.", reason="novel")).run()
        assert (reply.text, reply.finish_reason, reply.steps[0].completion.raw_finish_reason) == ("Done.", "other", "novel")
    with pytest.raises(StreamError):
        await Played(wire, streamed, speak(wire, streamed, reason="novel")).run()


@WIRES
@STREAMED
async def test_a_model_may_say_all_before_its_last_tool_call(wire: str, streamed: bool):
    played = Played(wire, streamed, speak(wire, streamed, "All is said.", [("clean", '{"folder": "old"}')]), speak(wire, streamed))
    reply = await played.run()
    assert (played.ran, reply.text, reply.finish_reason) == (["old"], "All is said.", "stop")


@WIRES
@STREAMED
async def test_an_answer_that_is_cut_off_before_it_says_anything_is_an_error_that_says_what_to_do(wire: str, streamed: bool):
    with pytest.raises(OutputError, match="raise max_tokens") as raised:
        await Played(wire, streamed, speak(wire, streamed, reason="length")).run()
    assert raised.value.code == "cut_off"
    reply = await Played(wire, streamed, speak(wire, streamed, "Half of", reason="length")).run()
    assert (reply.text, reply.finish_reason) == ("Half of", "length")


@WIRES
@STREAMED
async def test_a_call_beside_a_refusal_is_not_run_and_ends_the_run(wire: str, streamed: bool):
    reply = await Played(wire, streamed, speak(wire, streamed, "I will not.", [("clean", "{}")], "filter")).run()
    assert (reply.text, reply.finish_reason) == ("I will not.", "content_filter")
    assert [message.role for message in reply.messages] == ["user", "assistant", "tool"]


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
@STREAMED
async def test_half_of_a_typed_answer_is_not_taken_for_the_whole(wire: str, streamed: bool):
    half, all_of_it = speak(wire, streamed, '{"n": 12', reason="length"), speak(wire, streamed, '{"n": 1234}')
    played = Played(wire, streamed, half, all_of_it, output_type=SCHEMA, tools=[])
    assert (await played.run()).output == {"n": 1234}
    assert "cut off by the token limit" in played.told()


@WIRES
async def test_a_stream_without_its_end_is_an_error_that_carries_what_came(wire: str):
    body = speak(wire, True, "Half of it", [("clean", '{"folder": "old"}')])["response"]["body"]
    frames = body.splitlines(keepends=True) if wire == "ollama" else [f"{frame}\n\n" for frame in body.split("\n\n") if frame]
    if wire == "chat":
        frames.remove("data: [DONE]\n\n")
    ends = 2 if wire == "anthropic" else 1
    played = Played(wire, True, recorded(wire, True, "".join(frames[:-ends])))
    with pytest.raises(StreamError, match="middle of the answer") as raised:
        await played.run()
    assert (raised.value.code, raised.value.retryable, raised.value.partial.text) == ("incomplete_stream", True, "Half of it")
    assert json.loads(json.dumps(raised.value.to_dict()))["partial"]["content"][0]["text"] == "Half of it"
    assert played.ran == []


@WIRES
@STREAMED
async def test_what_a_cut_answer_came_to_is_the_same_after_a_reload(wire: str, streamed: bool):
    cut = speak(wire, streamed, "I will.", [("clean", "{}")], "length")
    played = Played(wire, streamed, cut, speak(wire, streamed, "Then not."), durable=":memory:")
    reply = await played.run()
    again = await played.agent.resume(reply.run_id)
    assert again.messages == reply.messages
    assert played.ran == []


@WIRES
async def test_an_error_within_a_stream_carries_what_came_before(wire: str):
    specimen = SPECIMENS[wire]()
    with pytest.raises(StreamError, match=r"(?i)overloaded") as raised:
        await Played(wire, True, recorded(wire, True, specimen.fault.decode())).run()
    assert raised.value.partial.reasoning
    assert raised.value.retryable
