from typing import Any

import pytest

from staysail import Agent, ConfigError, Document, SearchHit
from staysail.testing import ScriptedModel

HITS: list[Any] = [
    (0.9, "a", "plain text"),
    [0.8, "b", {"text": "of a dict"}],
    {"score": 0.7, "id": "c", "document": {"content": "of content"}},
    SearchHit(0.6, "d", Document("d", "a document", {"page": 1})),
    (0.5, "e", {"title": "no text at all"}),
]


class Sync:
    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def top_n(self, query: str, n: int) -> list[Any]:
        self.asked.append((query, n))
        return HITS[:n]


class Async:
    async def search(self, query: str, n: int) -> list[Any]:
        return HITS[:n]


@pytest.mark.parametrize(
    "given", [(5, Sync()), {"sample": 5, "index": Sync()}, [(5, Sync())], (5, Async()), [{"sample": 5, "index": Async()}]]
)
async def test_documents_found_for_the_prompt_reach_the_model_before_it(given: Any):
    model = ScriptedModel(["ok"])
    reply = await Agent(model, dynamic_context=given).prompt("where?")
    (request,) = model.requests
    assert [doc.text for doc in request.documents] == ["plain text", "of a dict", "of content", "a document", '{"title": "no text at all"}']
    messages = request.with_documents()
    assert "plain text" in messages[0].text
    assert messages[-1].text == "where?"
    assert [source["id"] for source in reply.steps[0].sources] == ["a", "b", "c", "d", "e"]


async def test_an_index_alone_gives_four():
    index = Sync()
    await Agent(ScriptedModel(["ok"]), dynamic_context=index).prompt("q")
    assert index.asked == [("q", 4)]


async def test_several_indexes_are_asked_and_fixed_context_comes_first():
    model = ScriptedModel(["ok"])
    await Agent(model, context=["fixed"], dynamic_context=[(1, Sync()), (2, Async())]).prompt("q")
    assert [doc.text for doc in model.requests[0].documents] == ["fixed", "plain text", "plain text", "of a dict"]


@pytest.mark.parametrize("given", [(2, object()), (0, Sync()), {"index": Sync(), "sample": "two"}, "text"])
def test_what_cannot_be_searched_is_refused_at_once(given: Any):
    with pytest.raises(ConfigError, match="dynamic_context"):
        Agent(ScriptedModel([]), dynamic_context=given)


async def test_what_is_no_hit_is_told():
    class Odd:
        def top_n(self, query: str, n: int) -> list[Any]:
            return ["just text"]

    with pytest.raises(ConfigError, match="search hit"):
        await Agent(ScriptedModel(["ok"]), dynamic_context=(1, Odd())).prompt("q")
