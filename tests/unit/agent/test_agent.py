"""The agent's own behaviour, with models that follow a script. What needs a network is in test_over_http.py."""

import asyncio
import dataclasses
import json
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any

import pytest

from staysail import (
    Agent,
    Completion,
    CompletionRequest,
    ConfigError,
    Image,
    MaxTurnsError,
    Message,
    OutputError,
    ProviderError,
    RateLimitError,
    Reasoning,
    Refusal,
    Reply,
    RequestAdjusted,
    RetryScheduled,
    Run,
    RunDone,
    StaysailError,
    StepDone,
    StepStarted,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallDone,
    ToolResult,
    Usage,
    tool,
)
from staysail.core.ports import ModelTraits
from staysail.testing import ScriptedClock, ScriptedModel

BUSY = RateLimitError("busy", retryable=True, status=429)
ADD = ToolCall("c1", "add", {"a": 2, "b": 3})


@tool
async def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@dataclasses.dataclass
class City:
    name: str
    population: int


async def events_of(agent: Agent, prompt: Any = "go", **options: Any) -> list:
    async with aclosing(agent.stream(prompt, **options)) as events:
        return [event async for event in events]


async def test_a_prompt_is_answered_with_the_whole_exchange():
    model = ScriptedModel(["Hello"], usage=Usage(3, 2, 5))
    reply = await Agent(model, preamble="Be brief.").prompt("Hi")
    assert str(reply) == reply.text == reply.output == "Hello"
    assert [(message.role, message.text) for message in reply.messages] == [("user", "Hi"), ("assistant", "Hello")]
    assert (reply.usage, reply.finish_reason, len(reply.steps)) == (Usage(3, 2, 5), "stop", 1)
    assert model.requests[0].preamble == "Be brief."


async def test_a_reply_is_the_next_history():
    model = ScriptedModel(["one", "two"])
    agent = Agent(model)
    first = await agent.prompt("a")
    second = await agent.chat("b", first.messages)
    assert [message.text for message in model.requests[1].messages] == ["a", "one", "b"]
    assert [message.text for message in second.messages] == ["a", "one", "b", "two"]


async def test_a_history_may_be_plain_dicts():
    model = ScriptedModel(["ok"])
    await Agent(model).chat("b", [{"role": "user", "content": "a"}, {"role": "assistant", "content": "x"}])
    assert [message.role for message in model.requests[0].messages] == ["user", "assistant", "user"]


async def test_a_prompt_may_hold_pictures():
    model = ScriptedModel(["ok"])
    await Agent(model).prompt(["What is this?", Image(data=b"x")])
    assert [part.type for part in model.requests[0].messages[0].content] == ["text", "image"]


async def test_a_tool_runs_and_its_result_goes_back():
    model = ScriptedModel([ADD, "5"])
    reply = await Agent(model, tools=[add]).prompt("2 + 3?")
    assert reply.text == "5"
    assert [message.role for message in reply.messages] == ["user", "assistant", "tool", "assistant"]
    assert reply.messages[2].content[0].text == "5"
    assert reply.usage == Usage(2, 2, 4)
    assert reply.finish_reason == "stop"


async def test_a_stream_tells_everything_in_order():
    agent = Agent(ScriptedModel([[Reasoning("hm"), ADD], "it is 5"]), tools=[add])
    events = await events_of(agent)
    assert [type(event).__name__ for event in events] == [
        "StepStarted",
        "ReasoningDelta",
        "ToolCallDelta",
        "ToolCallDone",
        "StepDone",
        "ToolResult",
        "StepStarted",
        "TextDelta",
        "TextDelta",
        "TextDelta",
        "StepDone",
        "RunDone",
    ]
    assert [event.step for event in events if isinstance(event, StepDone)] == [1, 2]
    assert events[-1].reply.text == "it is 5"
    assert all(json.dumps(event.to_dict()) for event in events)
    assert ToolCallDelta("c1", "add", '{"a": 2, "b": 3}') in events
    assert ToolCallDone("c1", "add", {"a": 2, "b": 3}) in events
    assert [event.text for event in events if isinstance(event, ToolResult)] == ["5"]


async def test_a_stream_and_a_prompt_come_to_the_same_reply():
    def agent() -> Agent:
        return Agent(ScriptedModel([ADD, "5"]), tools=[add])

    streamed, prompted = (await events_of(agent()))[-1].reply, await agent().prompt("go")
    assert streamed.messages == prompted.messages
    assert (streamed.text, streamed.usage, streamed.finish_reason) == (prompted.text, prompted.usage, prompted.finish_reason)


async def test_a_model_that_cannot_stream_streams_all_the_same():
    agent = Agent(ScriptedModel([ADD, "it is 5"], traits=ModelTraits(streaming=False)), tools=[add])
    events = await events_of(agent)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["it is 5"]


async def test_turns_are_limited_and_the_error_holds_what_was_done():
    agent = Agent(ScriptedModel([ADD], repeat=True), tools=[add], max_turns=3)
    with pytest.raises(MaxTurnsError) as raised:
        await agent.prompt("go")
    assert raised.value.usage == Usage(3, 3, 6)
    assert [message.role for message in raised.value.history] == ["user", *["assistant", "tool"] * 3]
    with pytest.raises(MaxTurnsError):
        await events_of(agent)


async def test_multi_turn_counts_rounds_of_tools():
    agent = Agent(ScriptedModel([ADD, ADD, "done"]), tools=[add])
    assert (await agent.prompt_multi_turn("go", 2)).text == "done"
    agent = Agent(ScriptedModel([ADD, ADD, "done"]), tools=[add])
    with pytest.raises(MaxTurnsError):
        await agent.prompt_multi_turn("go", 1)


async def test_a_batch_is_answered_in_order_whatever_the_order_of_the_answers():
    running = most = 0

    async def answer(request: CompletionRequest) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        text = request.messages[-1].text
        for _ in range(10 - int(text)):
            await asyncio.sleep(0)
        running -= 1
        return f"re {text}"

    replies = await Agent(ScriptedModel([answer], repeat=True)).batch_prompt([str(n) for n in range(7)], concurrency=3)
    assert [str(reply) for reply in replies] == [f"re {n}" for n in range(7)]
    assert most == 3


async def test_a_prompt_of_a_batch_that_fails_is_its_error():
    def answer(request: CompletionRequest) -> str:
        if request.messages[-1].text == "bad":
            raise ProviderError("no")
        return "ok"

    replies = await Agent(ScriptedModel([answer], repeat=True)).batch_prompt(["a", "bad", "", "b"])
    assert [type(reply) for reply in replies] == [Reply, ProviderError, ConfigError, Reply]


async def test_options_of_a_batch_that_cannot_work_are_refused_at_once():
    agent = Agent(ScriptedModel(["ok"]))
    with pytest.raises(ConfigError, match="no option 'colour'"):
        await agent.batch_prompt(["a"], colour="red")  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="concurrency"):
        await agent.batch_prompt(["a"], concurrency=0)


@pytest.mark.parametrize("native", [True, False])
async def test_an_answer_is_extracted_as_a_type(native: bool):
    fields = {"name": "Oslo", "population": 700_000}
    answer: Any = json.dumps(fields) if native else ToolCall("1", "final_answer", fields)
    model = ScriptedModel([answer], traits=ModelTraits(native_output=native))
    assert await Agent(model).extract("Oslo?", City) == City("Oslo", 700_000)
    request = model.requests[0]
    assert (request.output is not None) == native
    assert [tool.name for tool in request.tools] == ([] if native else ["final_answer"])


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(("kind", "value"), [(int, 3), (list[int], [1, 2]), (bool, True), (City | None, None)])
async def test_a_type_that_is_no_object_travels_in_one(native: bool, kind: Any, value: Any):
    answer: Any = json.dumps({"value": value}) if native else ToolCall("1", "final_answer", {"value": value})
    agent = Agent(ScriptedModel([answer], traits=ModelTraits(native_output=native)))
    assert await agent.extract("?", kind) == value


async def test_a_schema_may_stand_for_a_type():
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    agent = Agent(ScriptedModel(['{"x": 1}'], traits=ModelTraits(native_output=True)), output_type=schema)
    assert (await agent.prompt("?")).output == {"x": 1}


async def test_an_answer_that_does_not_fit_is_asked_for_again_and_then_given_up():
    model = ScriptedModel(["nonsense", '{"name": 1}', '{"name": "Oslo"}'], traits=ModelTraits(native_output=True))
    with pytest.raises(OutputError, match="missing population") as raised:
        await Agent(model).extract("Oslo?", City)
    assert len(model.requests) == 3
    assert "it is not JSON" in model.requests[1].messages[-1].text
    assert raised.value.usage == Usage(3, 3, 6)
    assert len(raised.value.history) == 6


async def test_tools_run_before_the_output_tool_is_called():
    model = ScriptedModel([ADD, ToolCall("2", "final_answer", {"value": 5})])
    assert await Agent(model, tools=[add]).extract("2 + 3?", int) == 5
    assert [tool.name for tool in model.requests[0].tools] == ["add", "final_answer"]


async def test_options_of_a_call_override_the_agents_for_that_call_alone():
    model = ScriptedModel(["a", "b"])
    agent = Agent(model, preamble="old", temperature=0.1, max_tokens=5)
    await agent.prompt("x", preamble="new", temperature=1.5, tools=[add], additional_params={"seed": 1}, headers={"x-a": "1"})
    await agent.prompt("x")
    first, second = model.requests
    assert (first.preamble, first.temperature, first.max_tokens, len(first.tools)) == ("new", 1.5, 5, 1)
    assert (first.additional_params, first.headers) == ({"seed": 1}, {"x-a": "1"})
    assert (second.preamble, second.temperature, second.tools, second.additional_params) == ("old", 0.1, (), {})


async def test_a_forced_tool_is_forced_once():
    model = ScriptedModel([ADD, "5"])
    await Agent(model, tools=[add], tool_choice="add").prompt("go")
    assert [request.tool_choice for request in model.requests] == ["add", None]


@pytest.mark.parametrize("choice", ["add", "required"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_forced_tool_that_the_server_ignores_is_a_warning(choice, streamed):
    """As llama.cpp does, which reads no tool's name in that option."""
    agent = Agent(ScriptedModel(["Five."]), tools=[add], tool_choice=choice)
    adjusted = []
    if streamed:
        async for event in agent.stream("2 + 3?"):
            if isinstance(event, RequestAdjusted):
                adjusted.append(event.message)
            if isinstance(event, RunDone):
                reply = event.reply
    else:
        reply = await agent.prompt("2 + 3?")
        adjusted = list(reply.warnings)
    wanted = "the tool add" if choice == "add" else "a tool"
    assert reply.text == "Five."
    assert adjusted == [*reply.warnings] == [f"tool_choice asks for {wanted}, and the model called none: its server ignores the option"]


async def test_a_forced_tool_that_was_called_is_none():
    model = ScriptedModel([[ToolCall("1", "add", {"a": 2, "b": 3})], "5"])
    assert (await Agent(model, tools=[add], tool_choice="add").prompt("go")).warnings == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temperature": 3}, "between 0 and 2"),
        ({"temperature": "hot"}, "between 0 and 2"),
        ({"max_tokens": 0}, "greater than 0"),
        ({"max_tokens": "many"}, "greater than 0"),
        ({"tool_concurrency": 0}, "tool_concurrency is at least 1"),
        ({"tools": [add, add]}, "two tools have the name 'add'"),
        ({"tools": [3]}, "is no tool"),
        ({"context": [3]}, "a document is text"),
        ({"colour": "red"}, "no option 'colour'"),
        ({"api_key": "k"}, "api_key belong"),
    ],
)
def test_options_that_cannot_work_are_refused_at_once(options: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        Agent(ScriptedModel([]), **options)


@pytest.mark.parametrize("prompt", ["", "  \n", []])
async def test_an_empty_prompt_is_refused(prompt: Any):
    with pytest.raises(ConfigError, match="empty"):
        await Agent(ScriptedModel([])).prompt(prompt)


@pytest.mark.parametrize(("max_turns", "output"), [(0, None), (1, complex)])
async def test_a_run_that_cannot_begin_says_why(max_turns: int, output: Any):
    with pytest.raises(ConfigError):
        await Agent(ScriptedModel(["a"]), max_turns=max_turns, output_type=output).prompt("x")


async def test_a_failed_call_is_tried_again_and_told():
    clock = ScriptedClock()
    model = ScriptedModel([BUSY, RateLimitError("busy", retryable=True, retry_after_s=7), "ok"])
    events = await events_of(Agent(model, clock=clock))
    retries = [event for event in events if isinstance(event, RetryScheduled)]
    assert [(event.attempt, event.error, event.code, event.status) for event in retries] == [
        (2, "busy", "rate_limit", 429),
        (3, "busy", "rate_limit", None),
    ]
    assert clock.slept == [event.delay_s for event in retries]
    assert 0.25 <= clock.slept[0] <= 0.5
    assert clock.slept[1] == 7
    assert events[-1].reply.text == "ok"


async def test_a_prompt_is_tried_again_as_often_as_allowed():
    clock = ScriptedClock()
    model = ScriptedModel([BUSY], repeat=True)
    with pytest.raises(RateLimitError, match="busy") as raised:
        await Agent(model, clock=clock, retry=3).prompt("go")
    assert len(model.requests) == 3
    assert len(clock.slept) == 2
    assert raised.value.history == (Message.user("go"),)
    assert raised.value.usage == Usage()


async def test_nothing_is_tried_again_once_output_was_handed_on():
    class Breaks(ScriptedModel):
        async def stream(self, request: CompletionRequest):
            self.requests.append(request)
            yield TextDelta("half")
            raise BUSY

    model = Breaks([])
    async with aclosing(Agent(model, clock=ScriptedClock()).stream("go")) as events:
        assert [await anext(events), await anext(events)] == [StepStarted(1), TextDelta("half")]
        with pytest.raises(RateLimitError):
            await anext(events)
    assert len(model.requests) == 1


async def test_a_step_that_fails_late_carries_the_steps_before_it():
    with pytest.raises(ProviderError) as raised:
        await Agent(ScriptedModel([ADD, ProviderError("gone")]), tools=[add]).prompt("go")
    assert raised.value.usage == Usage(1, 1, 2)
    assert [message.role for message in raised.value.history] == ["user", "assistant", "tool"]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_cancelled_run_carries_its_history_and_usage(streamed: bool):
    started = asyncio.Event()
    stopped = asyncio.Event()

    @tool
    async def forever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    calls = [ToolCall("1", "forever", {}), ToolCall("2", "add", {"a": 1, "b": 1})]
    agent = Agent(ScriptedModel([calls]), tools=[forever, add])
    task = asyncio.ensure_future(events_of(agent) if streamed else agent.prompt("go"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    assert task.cancelled()
    assert stopped.is_set()
    assert raised.value.usage == Usage(1, 1, 2)
    assert [output.id for output in raised.value.history[-1].content] == ["1", "2"]


async def test_cancelling_reaches_an_agent_that_is_a_tool_and_no_model_is_told():
    inside = asyncio.Event()

    async def wait(request: CompletionRequest) -> str:
        inside.set()
        await asyncio.Event().wait()
        return ""

    inner = Agent(ScriptedModel([wait]))

    @tool
    async def ask(question: str) -> str:
        return str(await inner.prompt(question))

    outer = ScriptedModel([ToolCall("1", "ask", {"question": "?"}), "never"])
    task = asyncio.ensure_future(Agent(outer, tools=[ask]).prompt("go"))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(outer.requests) == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_run_ends_when_its_time_is_up_whatever_it_is_doing(streamed: bool):
    @tool
    async def forever() -> None:
        await asyncio.Event().wait()

    agent = Agent(ScriptedModel([ToolCall("1", "forever", {})]), tools=[forever], timeout_s=0.05)
    with pytest.raises(ProviderError, match=r"longer than its limit of 0\.05 s") as raised:
        await (events_of(agent) if streamed else agent.prompt("go"))
    assert raised.value.code == "timeout"
    assert raised.value.usage == Usage(1, 1, 2)
    assert raised.value.history[-1].role == "tool"


async def test_a_timeout_of_the_models_own_is_not_taken_for_the_runs():
    with pytest.raises(TimeoutError, match="mine"):
        await Agent(ScriptedModel([TimeoutError("mine")])).prompt("go")


async def test_leaving_a_stream_stops_its_tools():
    started, stopped = asyncio.Event(), asyncio.Event()

    @tool
    async def forever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    calls = [ToolCall("1", "forever", {}), ToolCall("2", "add", {"a": 1, "b": 1})]
    async with aclosing(Agent(ScriptedModel([calls]), tools=[forever, add]).stream("go")) as events:
        async for event in events:
            if isinstance(event, ToolResult):
                await started.wait()
                break
    assert stopped.is_set()


async def test_a_saved_run_is_resumed():
    run = Agent(ScriptedModel([]), tools=[add]).start("2 + 3?")
    run.complete(Completion(Message.assistant(ADD), Usage(1, 1, 2), "tool_calls"))
    saved = json.dumps(run.to_dict())
    agent = Agent(ScriptedModel(["5"]), tools=[add])
    reply = await agent.resume(agent.restore(json.loads(saved)))
    assert reply.text == "5"
    assert reply.usage == Usage(2, 2, 4)


async def test_a_restored_run_reads_its_answer_as_the_agent_does():
    agent = Agent(ScriptedModel(['{"name": "Oslo", "population": 1}'], traits=ModelTraits(native_output=True)), output_type=City)
    run = agent.restore(json.loads(json.dumps(agent.start("?").to_dict())))
    assert isinstance(run, Run)
    assert (await agent.resume(run)).output == City("Oslo", 1)


def test_prompt_sync_needs_no_loop():
    assert Agent(ScriptedModel([ADD, "5"]), tools=[add]).prompt_sync("go").text == "5"


async def test_prompt_sync_works_inside_a_running_loop_and_in_the_callers_context():
    user: ContextVar[str] = ContextVar("user")
    user.set("ann")
    agent = Agent(ScriptedModel([lambda request: f"for {user.get()}"]))
    assert agent.prompt_sync("go").text == "for ann"


def test_prompt_sync_raises_what_prompt_raises():
    with pytest.raises(ProviderError, match="no"):
        Agent(ScriptedModel([ProviderError("no")])).prompt_sync("go")


async def test_many_runs_of_one_agent_do_not_mix():
    async def answer(request: CompletionRequest) -> Any:
        await asyncio.sleep(0)
        last = request.messages[-1]
        if last.role == "user":
            return ToolCall("same-id", "add", {"a": int(last.text), "b": 1000})
        return f"{request.messages[0].text} -> {last.content[0].text}"

    agent = Agent(ScriptedModel([answer], repeat=True), tools=[add])
    replies = await asyncio.gather(*(agent.prompt(str(n)) for n in range(30)))
    assert [reply.text for reply in replies] == [f"{n} -> {n + 1000}" for n in range(30)]
    assert all(len(reply.messages) == 4 for reply in replies)


async def test_a_reply_is_plain_json():
    reply = await Agent(ScriptedModel([[Text("a"), ADD], "b"]), tools=[add]).prompt("go")
    told = json.loads(json.dumps(reply.to_dict()))
    assert (told["text"], told["output"], told["usage"]["total_tokens"]) == ("b", "b", 4)
    assert [message["role"] for message in told["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert told["steps"][0]["tool_results"][0]["text"] == "5"


async def test_the_last_event_of_a_run_is_its_end_and_only_the_last():
    events = await events_of(Agent(ScriptedModel(["a"])))
    assert [isinstance(event, RunDone) for event in events] == [False] * (len(events) - 1) + [True]


async def test_an_agent_shows_its_model_and_its_tools():
    assert repr(Agent(ScriptedModel([], name="x:y"), tools=[add])) == "Agent('x:y', tools=['add'])"


async def test_a_refusal_is_no_answer_to_correct():
    model = ScriptedModel([Refusal("I will not.")], traits=ModelTraits(native_output=True))
    with pytest.raises(OutputError, match=r"refused: I will not\.") as raised:
        await Agent(model).extract("?", City)
    assert len(model.requests) == 1
    assert isinstance(raised.value, StaysailError)
    assert raised.value.history[-1].text == "I will not."


async def test_a_tool_with_the_output_tools_name_is_refused_where_it_would_be_mistaken():
    def final_answer(x: int) -> int:
        return x

    with pytest.raises(ConfigError, match="rename"):
        await Agent(ScriptedModel(["1"]), tools=[final_answer], output_type=int).prompt("Hi")
    assert str(await Agent(ScriptedModel(["fine"]), tools=[final_answer]).prompt("Hi")) == "fine"
