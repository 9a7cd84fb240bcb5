"""Whose vectors a store holds, and what becomes of another embedder's."""

import json

import pytest

from staysail import ConfigError, DimensionError, Embedding, VectorStore, ingest
from staysail.core.errors import StoreError
from staysail.stores.memory_blocks import MemoryBlocks

TEXTS = ["A staysail is set on a stay.", "The tide follows the moon, twice a day.", "A berth costs ten crowns."]


def letters(texts, first="a", slant=0.0):
    """How often each of 24 letters is in a text, of the alphabet that begins with `first`."""
    alphabet = "abcdefghijklmnopqrstuvwxyz" * 2
    chosen = alphabet[alphabet.index(first) :][:24]
    return [[text.lower().count(letter) + slant for letter in chosen] for text in texts]


class Named:
    def __init__(self, name, embed=letters):
        self.name, self.asked, self._embed = name, [], embed

    def embed_texts(self, texts):
        self.asked += texts
        return [Embedding(text, vector) for text, vector in zip(texts, self._embed(texts), strict=True)]


def other(texts):
    return letters(texts, "m")


@pytest.fixture
def blocks():
    return MemoryBlocks()


async def filled(blocks, embedder=letters):
    store = VectorStore(blocks=blocks, embedder=embedder)
    await store.add([{"id": str(at), "text": text} for at, text in enumerate(TEXTS)])
    await store.close()


async def found(blocks, embedder):
    store = VectorStore(blocks=blocks, embedder=embedder)
    try:
        return (await store.search(TEXTS[1], 1))[0].id
    finally:
        await store.close()


@pytest.mark.parametrize("first", [letters, Named("one")])
@pytest.mark.parametrize("second", [other, Named("two", other)])
async def test_another_embedder_of_as_many_dimensions_is_told_apart_before_anything_is_found_or_written(blocks, first, second):
    await filled(blocks, first)
    with pytest.raises(ConfigError, match="was filled by another embedder"):
        await found(blocks, second)
    store = VectorStore(blocks=blocks, embedder=second)
    for refused in (store.add(["More."]), store.search_batch(["More."]), store.embed(["More."])):
        with pytest.raises(ConfigError, match="another embedder"):
            await refused
    assert await store.count() == 3
    assert (await store.search(TEXTS[1], 1, mode="keyword"))[0].id == "1", "words need no embedder"
    assert (await store.search(letters(["tide moon"])[0], 1))[0].id == "1"


async def test_the_message_names_them(blocks):
    await filled(blocks, Named("openai:small"))
    with pytest.raises(ConfigError, match=r"\(openai:small, not local\)"):
        await found(blocks, Named("local", other))


async def test_of_other_dimensions_it_is_told_too(blocks):
    await filled(blocks)
    with pytest.raises((ConfigError, DimensionError)):
        await found(blocks, lambda texts: [[1.0, 2.0] for _ in texts])


async def test_the_same_embedder_is_known_again_under_another_name_and_where_it_is_a_little_off(blocks):
    await filled(blocks, Named("openai:small"))
    for embedder in (letters, Named("azure:mine"), lambda texts: letters(texts, slant=0.02)):
        assert await found(blocks, embedder) == "1"


async def test_it_costs_one_text_more_once_and_nothing_where_the_name_is_the_same(blocks):
    await filled(blocks, Named("a"))
    same, renamed = Named("a"), Named("b")
    assert await found(blocks, same) == "1"
    assert same.asked == [TEXTS[1]]
    store = VectorStore(blocks=blocks, embedder=renamed)
    await store.search("tide")
    await store.search("moon")
    assert renamed.asked == ["tide", TEXTS[2], "moon"], "the shortest text is the witness"


async def test_what_was_deleted_or_changed_is_no_witness_and_the_next_documents_give_one(blocks):
    await filled(blocks)
    store = VectorStore(blocks=blocks, embedder=letters)
    await store.delete("2")
    assert TEXTS[2].encode() not in blocks.tables["head"][0], "a deleted text leaves nothing behind"
    assert await found(blocks, other) is not None, "nothing tells them apart now"
    await store.upsert([{"id": "1", "text": "Neap tides."}])
    with pytest.raises(ConfigError, match="another embedder"):
        await found(blocks, other)
    await store.upsert([{"id": "1", "text": "Spring tides.", "vector": other(["Spring tides."])[0]}])
    assert await found(blocks, other) == "1"
    await store.delete(await store.ids())
    await store.add(["Anew."], vectors=other(["Anew."]))
    assert len(await VectorStore(blocks=blocks, embedder=other).search("anew")) == 1


async def test_compaction_moves_the_witness(blocks):
    texts = [f"Line {at} of the log is about the weather." for at in range(700)]
    store = VectorStore(blocks=blocks, embedder=letters, segment_rows=512)
    await store.add([{"id": f"d{at}", "text": text} for at, text in enumerate(texts)])
    witness = json.loads(blocks.tables["head"][0][:-4])["witness"]["id"]
    await store.delete([f"d{at}" for at in range(400) if f"d{at}" != witness])
    await store.compact()
    with pytest.raises(ConfigError, match="another embedder"):
        await found(blocks, other)


async def test_ingest_leaves_a_witness_too(blocks):
    store = VectorStore(blocks=blocks, embedder=letters)
    async for _ in ingest([("a.txt", TEXTS[0].encode()), ("b.txt", TEXTS[1].encode())], store):
        pass
    with pytest.raises(ConfigError, match="another embedder"):
        async for _ in ingest([("c.txt", TEXTS[2].encode())], VectorStore(blocks=blocks, embedder=other)):
            pass


async def test_an_embedder_that_gives_too_few_is_still_told(blocks):
    await filled(blocks)
    with pytest.raises(StoreError, match="gave 1 vectors for 2 texts"):
        await found(blocks, lambda texts: letters(texts[:1]))
