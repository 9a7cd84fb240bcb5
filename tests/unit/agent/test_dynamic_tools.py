"""The tools that fit the prompt, out of many."""

import math
import re

import pytest

from staysail import Agent, ConfigError, FunctionTool, SearchHit, ToolCall, ToolIndex, tool
from staysail.testing import ScriptedModel

TOPICS = ["tides", "weather", "moon", "harbour", "engine", "anchor", "compass", "radio", "galley", "bilge"]


def make_tool(name, description):
    async def run(text: str = "") -> str:
        return f"{name} ran"

    return FunctionTool(run, name=name, description=description)


def make_many():
    """Two hundred tools, twenty a topic."""
    return [make_tool(f"{topic}_{n}", f"Tells about the {topic}, way {n}.") for topic in TOPICS for n in range(20)]


class CountingEmbedder:
    """Embeds a text as how often each topic is named in it."""

    def __init__(self):
        self.texts = 0

    async def __call__(self, texts):
        self.texts += len(texts)
        return [[float(len(re.findall(topic, text.lower()))) + 0.01 for topic in TOPICS] for text in texts]


def told(model):
    return [[definition.name for definition in request.tools] for request in model.requests]


async def test_only_the_tools_whose_words_fit_are_told_to_the_model():
    model = ScriptedModel(["a", "b"], repeat=True)
    agent = Agent(model, tools=[make_tool("always", "Is always there.")], dynamic_tools=(3, make_many()))
    await agent.prompt("When does the moon rise?")
    await agent.prompt("Is the ANCHOR holding?")
    assert told(model) == [["always", "moon_0", "moon_1", "moon_2"], ["always", "anchor_0", "anchor_1", "anchor_2"]]


async def test_names_are_searched_word_by_word_however_they_are_written():
    index = ToolIndex([make_tool(name, "Does it.") for name in ("getTideTable", "read_radio_log", "star.map")])
    found = [(await index.top_n(query, 1))[0].id for query in ("tide table", "radio", "a map")]
    assert found == [
        "getTideTable",
        "read_radio_log",
        "star.map",
    ]


async def test_by_meaning_where_there_is_an_embedder_and_each_tool_is_embedded_once():
    embedder = CountingEmbedder()
    model = ScriptedModel(["ok"], repeat=True)
    agent = Agent(model, dynamic_tools=(20, make_many(), embedder))
    for prompt in ("radio?", "Which bilge?", "radio and radio"):
        await agent.prompt(prompt)
    assert [sorted({name.partition("_")[0] for name in names}) for names in told(model)] == [["radio"], ["bilge"], ["radio"]]
    assert embedder.texts == 200 + 3


async def test_a_tool_found_for_the_prompt_can_be_called():
    model = ScriptedModel([ToolCall("1", "galley_7", {"text": "x"}), "done"])
    reply = await Agent(model, dynamic_tools=(20, make_many())).prompt("What is in the galley?")
    assert reply.steps[0].tool_results[0].text == "galley_7 ran"


async def test_one_call_may_bring_its_own():
    model = ScriptedModel(["ok"], repeat=True)
    agent = Agent(model, dynamic_tools=(2, make_many()))
    await agent.prompt("moon", dynamic_tools=(1, [make_tool("lunar", "The moon.")]))
    await agent.prompt("moon", dynamic_tools=None)
    await agent.prompt("moon", dynamic_tools=[(1, make_many()), {"sample": 1, "tools": [make_tool("lunar", "The moon.")]}])
    assert told(model) == [["lunar"], [], ["moon_0", "lunar"]]


async def test_a_fixed_tool_stays_where_one_of_its_name_is_found():
    @tool
    async def moon_0() -> str:
        """Mine."""
        return "mine"

    model = ScriptedModel([ToolCall("1", "moon_0", {}), "done"])
    reply = await Agent(model, tools=[moon_0], dynamic_tools=(2, make_many())).prompt("moon")
    assert told(model)[0] == ["moon_0", "moon_1"]
    assert reply.steps[0].tool_results[0].text == "mine"


async def test_an_index_of_ones_own_gives_tools_as_documents():
    class Index:
        async def top_n(self, query, n):
            return [SearchHit(1.0, "x", make_tool("x", "X."))][:n]

    model = ScriptedModel(["ok"])
    await Agent(model, dynamic_tools=(4, Index())).prompt("anything")
    assert told(model) == [["x"]]


async def test_a_run_put_aside_between_a_call_and_its_answer_still_has_the_tool():
    """The same prompt finds the same tools; a tool asked for is there even where the search has changed its mind."""
    first = Agent(ScriptedModel([ToolCall("1", "radio_3", {})]), dynamic_tools=(20, make_many()))
    run = first.start("radio")
    action = run.next()
    run.complete(await first.model.complete(first.request(action.messages, 1, first.settings, run, [])))
    again = Agent(ScriptedModel(["done"]), dynamic_tools=(1, make_many()))
    reply = await again.resume(again.restore(run.to_dict()))
    assert reply.steps[0].tool_results[0].text == "radio_3 ran"


async def test_words_that_fit_nothing_still_fill_the_places():
    assert len(await ToolIndex(make_many()).top_n("xyzzy", 5)) == 5
    assert await ToolIndex([]).top_n("moon", 5) == []


@pytest.mark.parametrize(
    "given", [(0, []), (3, "text"), (2, object()), {"sample": 2, "tools": 5}, (2, [object()]), (2, [make_tool("a", "")], 5)]
)
def test_what_cannot_work_is_refused_at_once(given):
    with pytest.raises(ConfigError):
        Agent(ScriptedModel([]), dynamic_tools=given)


async def test_scores_are_cosines():
    hits = await ToolIndex(make_many(), CountingEmbedder()).top_n("the moon", 1)
    assert math.isclose(hits[0].score, 1.0, abs_tol=0.01)
