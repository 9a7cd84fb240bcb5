"""What a model is still told of a long history."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail import (
    Agent,
    ConfigError,
    Conversations,
    Message,
    SlidingWindow,
    StaysailError,
    SummaryCompaction,
    Text,
    TokenWindow,
    ToolCall,
    ToolOutput,
    Usage,
    estimate_tokens,
    tool,
)
from staysail.agent.compaction import INTRODUCTION
from staysail.agent.exchanges import cut_back, unpaired
from staysail.core.tokens import message_tokens
from staysail.testing import ScriptedModel
from tests.unit.agent.histories import exchange, histories, prompt_of


@tool
def look(at: int) -> str:
    """Looks."""
    return "x " * 40


async def fitted(messages: list[Message], memory, **options) -> list[Message]:
    """What a model is told of them, when the last of them is the prompt."""
    model = ScriptedModel(["ok"])
    await Agent(model, memory=memory, **options).prompt(messages[-1], history=messages[:-1])
    return list(model.requests[0].messages)


async def fit_by(policy, messages: list[Message]) -> list[Message]:
    """The same, in the midst of a run too."""
    agent = Agent(ScriptedModel(["ok"]), memory=policy)
    prompt = prompt_of(messages)
    run = agent.start(messages[prompt], history=messages[:prompt])
    run.messages[prompt + 1 :] = messages[prompt + 1 :]
    await agent.resume(run)
    return list(agent.model.requests[0].messages)


def summarising(**options) -> SummaryCompaction:
    return SummaryCompaction(ScriptedModel(["The user asks, and looks are had."], repeat=True), summary_tokens=50, **options)


def words(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


POLICIES = {
    "sliding": lambda size: SlidingWindow(size),
    "tokens": lambda size: TokenWindow(size * 12),
    "summary": lambda size: summarising(over_tokens=100 + size * 12, keep_last=size),
    "both": lambda size: [summarising(over_tokens=100 + size * 20, keep_last=4), SlidingWindow(size), TokenWindow(size * 9)],
}


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=25, deadline=None)
@given(messages=histories(), size=st.integers(1, 60))
async def test_no_policy_parts_a_call_from_its_result_nor_loses_the_prompt_or_a_rule(policy: str, messages: list[Message], size: int):
    left = await fit_by(POLICIES[policy](size), messages)
    assert unpaired(left) == []
    assert messages[prompt_of(messages)] in left
    assert left[-1] == messages[-1]
    assert [message for message in left if message.role == "system"] == [message for message in messages if message.role == "system"]
    said = [message for message in left if message.role != "system"]
    if len(left) < len(messages):
        assert said[0].role == "user" or said[0] == messages[0]
    places = [messages.index(message) for message in left if message in messages and message != messages[prompt_of(messages)]]
    assert places == sorted(places) or len({repr(message) for message in messages}) < len(messages)
    assert not any(a.role == "tool" and b.role == "tool" for a, b in pairwise(left))


@settings(max_examples=25, deadline=None)
@given(messages=histories(), size=st.integers(1, 60))
async def test_windows_hold_no_more_than_they_say_where_a_prompt_and_a_round_fit(messages: list[Message], size: int):
    rules = [message for message in messages if message.role == "system"]
    last = len(messages) - (messages[-1].role == "tool") - 1
    always = [*rules, *messages[prompt_of(messages) : prompt_of(messages) + 1], *messages[max(last, prompt_of(messages) + 1) :]]
    sliding = await fit_by(SlidingWindow(size), messages)
    assert len(sliding) - len(rules) <= max(size, len(always) - len(rules))
    tokens = await fit_by(TokenWindow(size * 12), messages)
    sizes = [sum([await message_tokens(message) for message in part]) for part in (tokens, always)]
    assert sizes[0] <= max(size * 12, sizes[1])


async def test_a_history_that_fits_is_told_as_it_is():
    messages = [*exchange(1, 2), *exchange(2), Message.user("And?")]
    for memory in (SlidingWindow(100), TokenWindow(10_000), summarising(over_tokens=10_000)):
        assert await fitted(messages, memory) == messages


async def test_a_sliding_window_begins_where_the_user_spoke():
    messages = [*exchange(1), *exchange(2, 1), *exchange(3), Message.user("And?")]
    assert words(await fitted(messages, SlidingWindow(4)))[0].startswith("Question 3.")
    assert words(await fitted(messages, SlidingWindow(6)))[0].startswith("Question 3.")
    assert words(await fitted(messages, SlidingWindow(7)))[0].startswith("Question 2.")
    assert words(await fitted(messages, SlidingWindow(1))) == ["And?"]


async def test_a_token_window_counts_preamble_documents_and_tools():
    messages = [*exchange(1, size=20), *exchange(2, size=20), Message.user("And?")]
    bare = await fitted(messages, TokenWindow(260))
    dressed = await fitted(messages, TokenWindow(260), preamble="word " * 60, context=["word " * 30], tools=[look])
    assert len(dressed) < len(bare)


async def test_a_counter_may_give_a_number_or_the_tokens_and_may_be_async():
    messages = [*exchange(1), *exchange(2), Message.user("And?")]

    async def letters(text: str) -> int:
        return len(text)

    exact = [await fitted(messages, TokenWindow(200, counter)) for counter in (len, str.encode, letters)]
    assert exact[0] == exact[1] == exact[2]
    assert len(exact[0]) < len(messages)


async def test_a_summary_stands_for_what_is_old_and_is_made_once():
    conversations = Conversations(":memory:")
    writer = ScriptedModel(["Notes one."], repeat=True)
    memory = SummaryCompaction(writer, over_tokens=1000, keep_last=4, summary_tokens=100)
    model = ScriptedModel(["So it is. " * 20], repeat=True)
    agent = Agent(model, memory=memory, conversations=conversations, conversation="long", preamble="Be brief.")
    for number in range(40):
        await agent.prompt(f"Question {number}. " + "Please look. " * 10)
    assert 2 <= len(writer.requests) <= 8, "made once in many turns"
    last = list(model.requests[-1].messages)
    assert last[0] == Message.user(INTRODUCTION + "Notes one.")
    assert last[-1].text.startswith("Question 39.")
    assert "Notes one." in writer.requests[1].messages[0].text, "each is made of the one before"
    assert "Question 0." not in writer.requests[1].messages[0].text
    assert len((await conversations.load("long")).messages) == 80, "the history itself stays whole"
    before = len(writer.requests)
    again = Agent(model, memory=SummaryCompaction(writer, over_tokens=1000, keep_last=4, summary_tokens=100))
    await again.prompt("And?", conversations=conversations, conversation="long")
    assert len(writer.requests) == before, "another agent finds it with the conversation"


async def test_a_fork_uses_the_summaries_that_cover_it_and_no_others():
    conversations = Conversations(":memory:")
    writer = ScriptedModel([lambda request: f"Notes on {request.messages[0].text.count('User:')} questions."], repeat=True)
    memory = SummaryCompaction(writer, over_tokens=700, keep_last=2, summary_tokens=100)
    agent = Agent(ScriptedModel(["Yes. " * 20], repeat=True), memory=memory, conversations=conversations)
    for number in range(30):
        await agent.prompt(f"Question {number}. " + "Please look. " * 10, conversation="a")
    made = len(writer.requests)
    fork = await conversations.fork("a")
    await agent.prompt("And?", conversation=fork)
    assert len(writer.requests) - made <= 1
    early = await conversations.fork("a", 4)
    await agent.prompt("And?", conversation=early)
    assert [message.text[:9] for message in agent.model.requests[-1].messages] == [
        "Question ",
        "Yes. Yes.",
        "Question ",
        "Yes. Yes.",
        "And?",
    ]


async def test_a_summary_counts_in_the_usage_and_is_of_the_agents_own_model_unless_said_otherwise():
    messages = [*(message for number in range(4) for message in exchange(number, size=60)), Message.user("And?")]
    model = ScriptedModel(["Notes.", "ok"], usage=Usage(10, 5, 15))
    reply = await Agent(model, memory=SummaryCompaction(over_tokens=1200, keep_last=3, summary_tokens=50)).prompt(
        "And?", history=messages[:-1]
    )
    assert reply.usage == Usage(20, 10, 30)
    assert "transcript" in model.requests[0].messages[0].text
    assert not model.requests[0].tools


async def test_a_transcript_longer_than_the_window_is_put_into_words_piece_by_piece():
    writer = ScriptedModel(["Notes."], repeat=True)
    messages = [message for number in range(30) for message in exchange(number, 1, size=40)]
    memory = SummaryCompaction(writer, over_tokens=1000, keep_last=2, summary_tokens=100)
    left = await fitted([*messages, Message.user("And?")], memory)
    assert len(writer.requests) > 5
    for request in writer.requests:
        assert sum([await message_tokens(message) for message in request.messages]) < 1000
    assert words(left)[0] == INTRODUCTION + "Notes."


async def test_a_long_run_of_tools_is_summed_up_while_it_goes_on():
    """Its prompt and its last round stay."""
    calls = [ToolCall(f"c{n}", "look", {"at": n}) for n in range(30)]
    model = ScriptedModel([*calls, "Done."])
    writer = ScriptedModel(["Looked a lot."], repeat=True)
    memory = SummaryCompaction(writer, over_tokens=500, keep_last=4, summary_tokens=60)
    reply = await Agent(model, tools=[look], memory=memory, max_turns=40).prompt("Look everywhere.")
    last = model.requests[-1].messages
    assert last[0].text == INTRODUCTION + "Looked a lot."
    assert last[1].text == "Look everywhere."
    assert unpaired(last) == []
    for request in model.requests:
        assert sum([await message_tokens(message) for message in request.messages]) <= 500
    assert len(reply.messages) == 62


async def test_a_model_that_gives_no_summary_is_told_and_one_that_gives_too_much_is_cut():
    messages = [*exchange(3, size=60), *exchange(4, size=60), Message.user("And?")]
    with pytest.raises(StaysailError, match="gave no summary"):
        await fitted(messages, SummaryCompaction(ScriptedModel([""]), over_tokens=300, keep_last=1, summary_tokens=50))
    other = [Message.user("Else."), *messages]
    memory = SummaryCompaction(ScriptedModel(["word " * 5000], repeat=True), over_tokens=300, keep_last=1, summary_tokens=50)
    assert estimate_tokens((await fitted(other, memory))[0].text) < 100


async def test_a_policy_of_ones_own_is_a_method():
    class LastWords:
        async def fit(self, messages, context):
            assert context.prompt.text == "And?"
            return [messages[context.prompt_at(messages)]]

    assert words(await fitted([*exchange(1), Message.user("And?")], LastWords())) == ["And?"]


async def test_a_policy_that_parts_a_call_from_its_result_is_named():
    class Halves:
        def fit(self, messages, context):
            return messages[2:]

    class Nothing:
        def fit(self, messages, context):
            return []

    messages = [*exchange(1, 1), Message.user("And?")]
    with pytest.raises(ConfigError, match=r"Halves parted the tool call 'call_100_0'"):
        await fitted(messages, Halves())
    with pytest.raises(ConfigError, match="Nothing left no message"):
        await fitted(messages, Nothing())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SlidingWindow(0),
        lambda: TokenWindow(0),
        lambda: SummaryCompaction(over_tokens=100),
        lambda: SummaryCompaction(over_tokens=10_000, keep_last=0),
        lambda: Agent(ScriptedModel([]), memory=SlidingWindow),
        lambda: Agent(ScriptedModel([]), memory=["last"]),
    ],
)
def test_what_cannot_work_is_refused_at_once(wrong):
    with pytest.raises(ConfigError):
        wrong()


@given(messages=histories(), at=st.integers(-3, 80))
def test_a_history_is_cut_where_it_can_end(messages: list[Message], at: int):
    cut = cut_back(messages, at)
    assert cut <= max(at, 0)
    assert unpaired(messages[:cut]) == []


def test_what_stands_alone_is_found():
    call, result = ToolCall("a", "look", {}), ToolOutput("a", "look", (Text("x"),))
    assert unpaired([Message.assistant(call), Message.tool([result])]) == []
    assert unpaired([Message.assistant(call)]) == ["a"]
    assert unpaired([Message.assistant(call), Message.user("x"), Message.tool([result])]) == ["a", "a"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [  # as GPT-4o's tokenizer counts them
        ("The quick brown fox jumps over the lazy dog, and then it sleeps until the morning comes.", 19),
        ("人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。", 35),
        ('{"name": "weather", "arguments": {"city": "Oslo", "unit": "C", "days": [1, 2, 3]}}', 35),
    ],
)
def test_the_estimate_is_near(text: str, tokens: int):
    assert tokens * 0.7 <= estimate_tokens(text) <= tokens * 1.4
