"""What hooks see and what they can do, with models that follow a script."""

import asyncio
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import pytest

from staysail import (
    Agent,
    AskAgain,
    Completion,
    CompletionRequest,
    ConfigError,
    Hooks,
    Message,
    OutputError,
    ProviderError,
    RunContext,
    RunDone,
    RunStopped,
    Skip,
    StaysailError,
    Stop,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
    UsageLimitError,
    UsageLimits,
    cost,
    current_run,
    tool,
)
from staysail.testing import ScriptedClock, ScriptedModel

ADD = ToolCall("c1", "add", {"a": 2, "b": 3})
ran: list[tuple[int, int]] = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


@tool
async def add(a: int, b: int) -> int:
    """Adds."""
    ran.append((a, b))
    return a + b


async def drain(agent: Agent, prompt: str = "go", **options: Any) -> list:
    async with aclosing(agent.stream(prompt, **options)) as events:
        return [event async for event in events]


class Observer(Hooks):
    def __init__(self, name: str = "", log: list | None = None):
        self.name, self.log = name, [] if log is None else log

    async def on_start(self, context):
        self.log.append((self.name + "start", context.step))

    async def before_model(self, context, request):
        self.log.append((self.name + "before_model", context.step, len(request.messages)))

    async def after_model(self, context, completion):
        self.log.append((self.name + "after_model", context.step, completion.text, context.usage.total_tokens))

    async def before_tool(self, context, call):
        self.log.append((self.name + "before_tool", call.name, call.arguments))

    async def after_tool(self, context, call, result):
        self.log.append((self.name + "after_tool", call.id, result.text))

    def on_step(self, context, step):
        self.log.append((self.name + "step", step.completion.text, len(step.tool_results)))

    async def on_error(self, context, error):
        self.log.append((self.name + "error", type(error).__name__))

    async def on_done(self, context, reply):
        self.log.append((self.name + "done", reply.text))


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_hook_sees_the_run_in_the_order_in_which_it_happens(streamed: bool):
    seen = Observer()
    agent = Agent(ScriptedModel([ADD, "5"]), tools=[add], hooks=seen)
    await (drain(agent) if streamed else agent.prompt("2 + 3?"))
    assert seen.log == [
        ("start", 1),
        ("before_model", 1, 1),
        ("after_model", 1, "", 2),
        ("before_tool", "add", {"a": 2, "b": 3}),
        ("after_tool", "c1", "5"),
        ("step", "", 1),
        ("before_model", 2, 3),
        ("after_model", 2, "5", 4),
        ("step", "5", 0),
        ("done", "5"),
    ]


async def test_hooks_of_a_call_come_after_the_agents_own():
    log: list = []
    agent = Agent(ScriptedModel(["a", "b"]), hooks=[Observer("1 ", log), Observer("2 ", log)])
    await agent.prompt("go", hooks=Observer("3 ", log))
    assert [name for name, *_ in log if name.endswith("before_model")] == ["1 before_model", "2 before_model", "3 before_model"]
    log.clear()
    await agent.prompt("go")
    assert not [name for name, *_ in log if name.startswith("3")]


async def test_each_hook_is_given_what_the_one_before_made():
    class Add(Hooks):
        def __init__(self, word):
            self.word = word

        async def before_model(self, context, request):
            return request.replace(preamble=f"{request.preamble or ''}{self.word}")

        async def after_model(self, context, completion):
            return completion.replace(message=Message.assistant(completion.text + self.word))

        async def before_tool(self, context, call):
            return call.replace(id="no other", arguments={"a": call.arguments["a"] * 10, "b": 1})

        async def after_tool(self, context, call, result):
            return result.replace(content=Message.user(f"{result.text}{self.word}").content)

    model = ScriptedModel([ADD, "x"])

    class Both(Add):
        async def after_model(self, context, completion):
            return None if completion.tool_calls else await super().after_model(context, completion)

    reply = await Agent(model, tools=[add], hooks=[Both("a"), Both("b")]).prompt("go")
    assert model.requests[0].preamble == "ab"
    assert reply.text == "xab"
    assert ran == [(200, 1)]
    assert reply.messages[2].content[0].text == "201ab"
    assert reply.messages[2].content[0].id == "c1"


async def test_a_model_call_can_be_skipped():
    class Canned(Hooks):
        async def before_model(self, context, request):
            return Skip("from the hook") if request.messages[-1].text == "known" else None

    model = ScriptedModel(["from the model"])
    agent = Agent(model, hooks=Canned())
    assert (await agent.prompt("known")).text == "from the hook"
    events = await drain(agent, "known")
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["from the hook"]
    assert (await agent.prompt("new")).text == "from the model"
    assert len(model.requests) == 1


async def test_a_tool_call_can_be_skipped_refused_or_turned_back():
    class Guard(Hooks):
        async def before_tool(self, context, call):
            return {1: Skip({"sum": "cached"}), 2: AskAgain("ask for less")}.get(call.arguments["a"])

        async def after_tool(self, context, call, result):
            return AskAgain("that cannot be") if result.text == "103" else None

    calls = [ToolCall(str(n), "add", {"a": n, "b": 100}) for n in (1, 2, 3, 4)]
    reply = await Agent(ScriptedModel([calls, "ok"]), tools=[add], hooks=Guard()).prompt("go")
    told = [(output.text, output.is_error) for output in reply.messages[2].content]
    assert told == [('{"sum": "cached"}', False), ("ask for less", True), ("that cannot be", True), ("104", False)]
    assert ran == [(3, 100), (4, 100)]


async def test_an_answer_can_be_turned_back_with_words():
    class NoShouting(Hooks):
        async def after_model(self, context, completion):
            return AskAgain("Do not shout.") if completion.text.isupper() else None

    model = ScriptedModel(["HELLO", "Hello"])
    reply = await Agent(model, hooks=NoShouting()).prompt("Greet.")
    assert reply.text == "Hello"
    assert [message.text for message in reply.messages] == ["Greet.", "HELLO", "Do not shout.", "Hello"]
    assert reply.usage == Usage(2, 2, 4)


async def test_an_answer_that_asked_for_tools_is_turned_back_without_calling_them():
    class Never(Hooks):
        async def after_model(self, context, completion):
            return AskAgain("No tools, please.") if completion.tool_calls else None

    reply = await Agent(ScriptedModel([ADD, "5"]), tools=[add], hooks=Never()).prompt("go")
    assert ran == []
    assert reply.messages[2].content[0].is_error
    assert reply.messages[2].content[0].text == "Not run. No tools, please."
    assert reply.text == "5"


WHERE = ["on_start", "before_model", "after_model", "before_tool", "after_tool", "on_step"]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_run_can_be_stopped_anywhere_with_a_reason_and_loses_nothing(where: str, streamed: bool):
    class Stopper:
        pass

    hook = Stopper()
    setattr(hook, where, lambda *_: Stop("enough"))
    agent = Agent(ScriptedModel([ADD, "5"]), tools=[add], hooks=hook)
    with pytest.raises(RunStopped, match=r"^enough$") as raised:
        await (drain(agent) if streamed else agent.prompt("go"))
    roles = [message.role for message in raised.value.history]
    assert roles == (["user"] if where in ("on_start", "before_model") else ["user", "assistant", "tool"])
    assert raised.value.usage == (Usage() if len(roles) == 1 else Usage(1, 1, 2))
    assert ran == ([(2, 3)] if where in ("after_tool", "on_step") else [])
    assert raised.value.to_dict()["lineage"] == ["RunStopped", "StaysailError"]


async def test_a_failed_model_call_can_be_answered_or_made_again():
    class Fallback(Hooks):
        async def on_error(self, context, error):
            return Skip("Sorry, not now.") if isinstance(error, ProviderError) else None

    assert (await Agent(ScriptedModel([ProviderError("down")]), hooks=Fallback()).prompt("go")).text == "Sorry, not now."

    class Shorten(Hooks):
        async def before_model(self, context, request):
            return request.replace(messages=request.messages[-1:]) if context.state.get("short") else None

        async def on_error(self, context, error):
            context.state["short"] = True
            return AskAgain("")

    model = ScriptedModel([ProviderError("too long"), "fine"])
    reply = await Agent(model, hooks=Shorten()).prompt("c", history=["a", "b"])
    assert reply.text == "fine"
    assert [len(request.messages) for request in model.requests] == [3, 1]
    assert len(reply.messages) == 4


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_error_that_ends_the_run_is_told_once(streamed: bool):
    for answers, options, expected in [
        ([ProviderError("down")], {}, "ProviderError"),
        ([ADD], {"max_turns": 1}, "MaxTurnsError"),
        (["no"], {"output_type": int, "output_retries": 0}, "OutputError"),
        ([ADD], {"usage_limits": UsageLimits(tool_calls=0)}, "UsageLimitError"),
    ]:
        seen = Observer()
        agent = Agent(ScriptedModel(answers), tools=[add], hooks=seen, retry=False, **options)
        with pytest.raises(StaysailError):
            await (drain(agent) if streamed else agent.prompt("go"))
        assert [entry for entry in seen.log if entry[0] in ("error", "done")] == [("error", expected)]


async def test_a_hook_hears_of_cancelling_and_of_a_stream_that_is_left():
    seen = Observer()
    agent = Agent(ScriptedModel(["a b c"], delay_s=0.01), hooks=seen)
    async with aclosing(agent.stream("go")) as events:
        async for _ in events:
            break
    assert seen.log[-1] == ("error", "RunCancelled")
    seen.log.clear()
    task = asyncio.create_task(Agent(ScriptedModel(["a"], delay_s=60), hooks=seen).prompt("go"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen.log[-1] == ("error", "RunCancelled")


async def test_a_hook_that_fails_ends_the_run_as_itself():
    class Broken(Hooks):
        async def before_tool(self, context, call):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await Agent(ScriptedModel([ADD]), tools=[add], hooks=Broken()).prompt("go")


async def test_what_a_hook_may_not_return_is_said():
    class Wrong(Hooks):
        async def after_model(self, context, completion):
            return "text"

    with pytest.raises(ConfigError, match="after_model returned str; it may return a Completion, AskAgain, Stop or None"):
        await Agent(ScriptedModel(["a"]), hooks=Wrong()).prompt("go")
    with pytest.raises(ConfigError, match="a hook has some of the methods"):
        Agent(ScriptedModel([]), hooks=[object()])


async def test_events_are_told_as_they_pass():
    told = []

    class Watcher(Hooks):
        def on_event(self, context, event):
            told.append(event)

    events = await drain(Agent(ScriptedModel([ADD, "five it is"]), tools=[add], hooks=Watcher()))
    assert told == events
    assert isinstance(told[-1], RunDone)


async def test_runs_that_go_on_at_once_have_contexts_of_their_own():
    contexts: dict[str, RunContext] = {}

    @tool
    async def whose() -> str:
        await asyncio.sleep(0)
        context = current_run()
        assert context
        return context.state["prompt"]

    class Remember(Hooks):
        async def on_start(self, context):
            context.state["prompt"] = context.run.messages[-1].text
            contexts[context.state["prompt"]] = context

    async def answer(request: CompletionRequest) -> Any:
        await asyncio.sleep(0)
        return (
            [ToolCall("1", "whose", {}), ToolCall("2", "whose", {})]
            if request.messages[-1].role == "user"
            else request.messages[-1].content[0].text
        )

    agent = Agent(ScriptedModel([answer], repeat=True), tools=[whose], hooks=Remember())
    replies = await asyncio.gather(*(agent.prompt(f"run {n}") for n in range(20)))
    assert [reply.text for reply in replies] == [f"run {n}" for n in range(20)]
    assert len({context.id for context in contexts.values()}) == 20
    assert current_run() is None


async def test_hooks_work_without_an_event_loop():
    assert Agent(ScriptedModel([ADD, "5"]), tools=[add], hooks=Observer()).prompt_sync("go").text == "5"


# Limits


async def stopped_by(answers: list, limits: UsageLimits, **options: Any) -> UsageLimitError:
    with pytest.raises(UsageLimitError) as raised:
        await Agent(ScriptedModel(answers, name="x:small"), tools=[add], usage_limits=limits, **options).prompt("go")
    return raised.value


async def test_requests_and_tool_calls_are_never_passed():
    error = await stopped_by([ADD, ADD, ADD, "x"], UsageLimits(requests=2))
    assert (error.limit, error.most, error.used) == ("requests", 2, 3)
    assert error.usage == Usage(2, 2, 4)
    assert [message.role for message in error.history] == ["user", "assistant", "tool", "assistant", "tool"]
    assert len(ran) == 2
    ran.clear()
    error = await stopped_by([[ADD, ADD.replace(id="c2")], "x"], UsageLimits(tool_calls=1))
    assert (error.limit, error.used, ran) == ("tool_calls", 2, [])
    assert (
        await Agent(ScriptedModel([ADD, "5"]), tools=[add], usage_limits=UsageLimits(requests=2, tool_calls=1)).prompt("go")
    ).text == "5"


@pytest.mark.parametrize("name", ["input_tokens", "output_tokens", "total_tokens"])
async def test_tokens_end_the_run_before_the_tools_are_called(name: str):
    error = await stopped_by([ADD, "x"], UsageLimits(**{name: 0}))
    assert (error.limit, ran) == (name, [])
    most = 2 if name == "total_tokens" else 1
    error = await stopped_by([ADD, "x"], UsageLimits(**{name: most}))
    assert (error.limit, ran, error.usage) == (name, [(2, 3)], Usage(1, 1, 2))


async def test_an_answer_that_passed_the_limit_is_in_the_errors_history():
    error = await stopped_by(["a long story"], UsageLimits(total_tokens=1))
    assert error.history[-1].text == "a long story"
    assert "limit of 1 total tokens (it would be or is 2)" in str(error)


async def test_money_counts_as_the_provider_tells_it_and_not_knowing_it_is_an_error():
    def priced(text: Any, usd: float) -> Completion:
        message = Message.assistant(text)
        return Completion(message, Usage(1, 1, 2), "tool_calls" if message.tool_calls else "stop", raw={"usage": {"cost": usd}})

    error = await stopped_by([priced(ADD, 0.4), priced(ADD, 0.4), "x"], UsageLimits(cost=0.5))
    assert (error.limit, error.used, len(ran)) == ("cost", 0.8, 1)
    with pytest.raises(ConfigError, match=r'no price of openai:made-up is known.*prices=\{"openai:made-up": '):
        await Agent(ScriptedModel(["x"], name="openai:made-up"), usage_limits=UsageLimits(cost=1)).prompt("go")


async def test_prices_that_are_given_limit_the_money_of_models_that_do_not_tell():
    prices = {"x:small": {"input": 200_000, "output": 400_000}}  # US dollars for a million tokens: 0.6 an answer
    error = await stopped_by([ADD, ADD, "x"], UsageLimits(cost=1, prices=prices))
    assert (error.limit, error.used, len(ran)) == ("cost", pytest.approx(1.2), 1)
    told = Completion(Message.assistant("x"), Usage(1, 1, 2), raw={"usage": {"cost": 0.1}})
    assert cost(told, "x:small", prices).total_usd == Decimal("0.1")  # the provider knows better
    cached = Usage(1_000_000, 0, 1_000_000, 400_000)
    assert cost(cached, "m", {"m": {"input": 10, "output": 1}}).total_usd == 10
    spent = cost(cached, "m", {"m": {"input": 10, "output": 1, "cached_input": 1}})
    assert (spent.total_usd, spent.source) == (Decimal("6.4"), "prices")
    for wrong in ({"input": 1}, {"input": 1, "output": "2"}, {"input": 1, "output": 2, "more": 3}):
        with pytest.raises(ConfigError, match="the price of m is"):
            UsageLimits(cost=1, prices={"m": wrong})


async def test_time_ends_the_run_whatever_it_is_doing():
    clock = ScriptedClock()

    @tool
    async def wait() -> None:
        await clock.sleep(3)

    with pytest.raises(UsageLimitError) as raised:
        await Agent(ScriptedModel([ToolCall("1", "wait", {})]), tools=[wait], clock=clock, usage_limits=UsageLimits(seconds=2)).prompt("go")
    assert raised.value.limit == "seconds"

    @tool
    async def forever() -> None:
        await asyncio.Event().wait()

    for hooks, limits in ((UsageLimits(seconds=0.05), None), (None, UsageLimits(seconds=0.05))):
        agent = Agent(ScriptedModel([ToolCall("1", "forever", {})] * 2), tools=[forever], hooks=hooks, usage_limits=limits)
        for work in (agent.prompt("go"), drain(agent)):
            with pytest.raises(UsageLimitError, match=r"limit of 0\.05 seconds") as raised:
                await work
            assert raised.value.usage == Usage(1, 1, 2)


async def test_skipped_calls_do_not_count():
    class Canned(Hooks):
        async def before_model(self, context, request):
            return Skip("canned")

    assert (await Agent(ScriptedModel([]), hooks=Canned(), usage_limits=UsageLimits(requests=0)).prompt("go")).text == "canned"


def test_limits_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="requests is a number from 0"):
        UsageLimits(requests=-1)
    with pytest.raises(ConfigError, match="there is no limit 'tokens'"):
        Agent(ScriptedModel([]), usage_limits={"tokens": 3})


async def test_an_answer_out_of_shape_is_still_counted_when_a_hook_stops_there():
    class Stopper(Hooks):
        async def after_model(self, context, completion):
            return Stop("no")

    with pytest.raises(RunStopped) as raised:
        await Agent(ScriptedModel(["not a number"]), hooks=Stopper(), output_type=int, output_retries=0).prompt("go")
    assert not isinstance(raised.value, OutputError)
    assert raised.value.usage == Usage(1, 1, 2)


async def test_a_failed_tool_reaches_after_tool():
    results: list[ToolResult] = []

    class Watch(Hooks):
        async def after_tool(self, context, call, result):
            results.append(result)

    @tool
    async def fail() -> None:
        raise ValueError("broken")

    await Agent(ScriptedModel([ToolCall("1", "fail", {}), "ok"]), tools=[fail], hooks=Watch()).prompt("go")
    assert [(result.is_error, result.text) for result in results] == [(True, "ValueError: broken")]
