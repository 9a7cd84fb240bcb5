"""An agent that looks things up itself, and the citations of its reply."""

import datetime
import json

import pytest

from staysail import Agent, ConfigError, Conversations, Document, SearchHit, ToolCall, VectorStore, search_tool
from staysail.agent.retrieval import describe_sources
from staysail.agent.run import Run
from staysail.core.messages import read_messages
from staysail.testing import ScriptedModel

WORDS = ["stay", "tide", "moon"]
PASSAGES = [
    {"id": "sails.pdf#0", "text": "A staysail is set on a stay.", "metadata": {"source": "sails.pdf", "page": 3, "start": 10, "end": 38}},
    {"id": "tides.html#4", "text": "The tide follows the moon.", "metadata": {"source": "tides.html", "start": 7, "end": 33}},
    {"id": "moon.md#1", "text": "The moon is made of rock.", "metadata": {"source": "moon.md", "headings": ["Sky", "Moon"]}},
]


def embed(texts):
    return [[text.lower().count(word) + 0.01 for word in WORDS] for text in texts]


@pytest.fixture
async def store():
    made = VectorStore(embedder=embed)
    await made.add(PASSAGES)
    return made


def ask(query):
    return ToolCall("call", "search", {"query": query})


async def test_the_model_reads_passages_with_ids_and_the_reply_says_where_they_are_from(store):
    model = ScriptedModel([ask("stay"), "It is set on a stay [sails.pdf#0]."])
    reply = await Agent(model, tools=[search_tool(store, k=2)]).prompt("What is a staysail?")
    shown = json.loads(reply.steps[0].tool_results[0].text)
    assert shown[0] == {"id": "sails.pdf#0", "source": "sails.pdf", "page": 3, "text": "A staysail is set on a stay."}
    assert len(shown) == 2
    first = reply.steps[0].sources[0]
    assert (first["id"], first["source"], first["span"]) == ("sails.pdf#0", "sails.pdf", [10, 38])
    assert first["score"] == pytest.approx(1, abs=0.01)
    assert first["document"]["text"] == PASSAGES[0]["text"]
    assert reply.steps[0].tool_results[0].sources == reply.steps[0].sources
    assert reply.steps[1].sources == ()
    assert json.loads(json.dumps(reply.to_dict()))["steps"][0]["sources"][0]["span"] == [10, 38]


async def test_context_and_searches_of_every_step_come_together_each_source_once(store):
    model = ScriptedModel([ask("moon"), ask("tide"), "Done."])
    reply = await Agent(model, tools=[search_tool(store, k=1)], dynamic_context=(1, store)).prompt("moon")
    assert [[source["id"] for source in step.sources] for step in reply.steps] == [["moon.md#1", "moon.md#1"], ["tides.html#4"], []]
    assert [source["id"] for source in reply.sources] == ["moon.md#1", "tides.html#4"]


async def test_the_model_is_told_where_documents_in_its_context_are_from(store):
    model = ScriptedModel(["ok"])
    await Agent(model, dynamic_context=(1, store)).prompt("stay")
    text = model.requests[0].with_documents()[0].text
    assert text.startswith('<document id="sails.pdf#0" source="sails.pdf" page="3">\nA staysail')


async def test_a_name_cannot_end_the_mark_it_stands_in():
    model = ScriptedModel(["ok"])
    await Agent(model, context=[Document("a", "text", {"source": 'x"> <b> & co'})]).prompt("q")
    assert 'source="x&quot;> <b> &amp; co">' in model.requests[0].with_documents()[0].text


async def test_options_reach_the_store(store):
    model = ScriptedModel([ask("moon"), "Done."])
    found = search_tool(store, k=5, name="search", options={"where": {"source": "tides.html"}, "mode": "keyword"})
    reply = await Agent(model, tools=[found]).prompt("q")
    assert [source["id"] for source in reply.sources] == ["tides.html#4"]


async def test_finding_nothing_is_said(store):
    model = ScriptedModel([ask("zebra"), "Nothing."])
    reply = await Agent(model, tools=[search_tool(store, options={"mode": "keyword"})]).prompt("q")
    assert reply.steps[0].tool_results[0].text == "Nothing was found."
    assert reply.sources == ()


async def test_sources_outlive_a_run_that_is_put_aside(store):
    agent = Agent(ScriptedModel([ask("stay"), "ok"]), tools=[search_tool(store, k=1)])
    saved = []

    class Saver:
        def on_step(self, context, step):
            saved.append(json.loads(json.dumps(context.run.to_dict())))

    await agent.prompt("q", hooks=[Saver()])
    restored = Run.from_dict(saved[0])
    assert restored.steps[0].sources[0]["id"] == "sails.pdf#0"
    assert restored.steps[0].tool_results[0].sources[0]["span"] == [10, 38]


async def test_a_kept_conversation_knows_what_its_answers_rest_on(store):
    kept = Conversations(":memory:")
    agent = Agent(ScriptedModel([ask("tide"), "ok", "yes"]), tools=[search_tool(store, k=1)], dynamic_context=(1, store))
    reply = await agent.prompt("stay", conversation="c", conversations=kept)
    assert (await kept.load("c")).messages == reply.messages
    assert [[source["id"] for source in message.sources] for message in reply.messages] == [[], ["sails.pdf#0"], ["tides.html#4"], []]
    assert [source for message in reply.messages for source in message.sources] == list(reply.sources)
    await kept.import_(await kept.export("c"))
    copied = await kept.load((await kept.list())[0].id)
    assert copied.messages[1].sources[0]["span"] == [10, 38]
    assert read_messages(json.loads(json.dumps(reply.to_dict()))["messages"]) == reply.messages


async def test_sources_that_are_no_json_are_kept_as_far_as_they_are():
    class Dated:
        def top_n(self, query, n):
            return [SearchHit(0.5, "a", Document("a", "text", {"on": datetime.date(2026, 1, 2)}))]

    reply = await Agent(ScriptedModel(["ok"]), dynamic_context=(1, Dated())).prompt("q")
    assert reply.messages[-1].sources[0]["document"]["metadata"] == {"on": "2026-01-02"}


async def test_a_broken_store_is_told_to_the_model():
    class Broken:
        async def top_n(self, query, n):
            raise OSError("the disk is gone")

    reply = await Agent(ScriptedModel([ask("x"), "Sorry."]), tools=[search_tool(Broken())]).prompt("q")
    assert reply.steps[0].tool_results[0].is_error
    assert "the disk is gone" in reply.steps[0].tool_results[0].text


def test_what_cannot_be_searched_is_refused():
    for store, k in ((object(), 3), (VectorStore(), 0)):
        with pytest.raises(ConfigError):
            search_tool(store, k=k)


def test_a_hit_without_metadata_has_neither_source_nor_span():
    assert describe_sources([SearchHit(0.5, "a", "text")]) == [{"id": "a", "score": 0.5, "document": {"id": "a", "text": "text"}}]
