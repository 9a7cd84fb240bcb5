"""EmbeddingModel("local"), with an engine plugged in as the bridge does it. The real engine is tested in a page."""

from collections.abc import Sequence

import pytest

from staysail import ConfigError, EmbeddingModel
from staysail.wire.engine_model import ENGINES


class LengthEngine:
    async def embed(self, texts: Sequence[str], embedder: str = "") -> list[list[float]]:
        return [[float(len(text) + len(embedder))] for text in texts]


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setitem(ENGINES, "local", LengthEngine)


async def test_texts_are_embedded_in_order_by_the_page(engine):
    model = EmbeddingModel("local")
    assert [(e.document, e.vec) for e in await model.embed_texts(["a", "bcd"])] == [("a", [1.0]), ("bcd", [3.0])]
    assert (await model.embed_text("ab")).vec == [2.0]
    assert repr(model) == "PageEmbeddingModel('local')"


async def test_another_embedder_is_named_by_the_model_and_by_what_a_store_remembers(engine):
    model = EmbeddingModel("local:potion")
    assert (await model.embed_text("ab")).vec == [8.0]
    assert (model.name, model.dimensions) == ("local:potion", None)


def test_outside_of_a_page_it_says_where_it_runs():
    with pytest.raises(ConfigError, match="run in a web page"):
        EmbeddingModel("local")


def test_options_it_could_not_honour_are_refused(engine):
    with pytest.raises(ConfigError, match="dimensions"):
        EmbeddingModel("local", dimensions=64)
