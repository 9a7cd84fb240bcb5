import contextlib
import json

import pytest

from staysail import ToolFS, ToolFSError

MEMORY = {"/toolfs/memory": "*"}


async def entry_of(toolfs: ToolFS, id: str, session) -> dict:
    return json.loads(await toolfs.read(f"/toolfs/memory/{id}", session))


async def test_an_entry_reads_as_json_and_keeps_when_it_was_made():
    seconds = [0.0]
    toolfs = ToolFS(now=lambda: seconds[0])
    session = toolfs.session("a", MEMORY)
    await toolfs.write("/toolfs/memory/boat", "The boat is red.", session)
    seconds[0] = 1.0
    await toolfs.write("/toolfs/memory/boat", '{"content": "The boat is blue.", "metadata": {"sure": true}}', session)
    assert await entry_of(toolfs, "boat", session) == {
        "id": "boat",
        "content": "The boat is blue.",
        "created_at": "1970-01-01T00:00:00.000Z",
        "updated_at": "1970-01-01T00:00:01.000Z",
        "metadata": {"sure": True},
    }
    await toolfs.append("/toolfs/memory/boat", " It floats.", session)
    assert await entry_of(toolfs, "boat", session) | {"updated_at": ""} == {
        "id": "boat",
        "content": "The boat is blue. It floats.",
        "created_at": "1970-01-01T00:00:00.000Z",
        "updated_at": "",
        "metadata": {"sure": True},
    }
    assert [entry.path for entry in await toolfs.list("/toolfs/memory", session)] == ["/toolfs/memory/boat"]


async def test_what_is_read_can_be_written_back_and_nothing_in_it_is_forged():
    toolfs = ToolFS(now=lambda: 100.0)
    session = toolfs.session("a", MEMORY)
    await toolfs.write("/toolfs/memory/x", "text", session)
    before = await toolfs.read("/toolfs/memory/x", session)
    forged = json.loads(before) | {"id": "other", "created_at": "1999", "updated_at": "1999"}
    await toolfs.write("/toolfs/memory/x", json.dumps(forged), session)
    assert await toolfs.read("/toolfs/memory/x", session) == before


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 1}', '{"content": "x", "extra": 1}', "null", "{" * 5000])
async def test_any_other_text_is_kept_as_it_is(text: str):
    toolfs = ToolFS()
    session = toolfs.session("a", MEMORY)
    await toolfs.write("/toolfs/memory/x", text, session)
    assert (await entry_of(toolfs, "x", session))["content"] == text


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("/toolfs/memory/x", b"\xff", "bad_request"),
        ("/toolfs/memory/x", '{"content": 3}', "bad_request"),
        ("/toolfs/memory/x", '{"content": "x", "metadata": [1]}', "bad_request"),
        ("/toolfs/memory/x", '{"content": "x", "metadata": {"n": NaN}}', "bad_request"),
        ("/toolfs/memory/x/y", "x", "bad_path"),
        ("/toolfs/memory", "x", "bad_path"),
        ("/toolfs/memory/../memory/../../x", "x", "bad_path"),
    ],
)
async def test_what_is_no_entry_is_refused(path: str, content, code: str):
    toolfs = ToolFS()
    session = toolfs.session("a", MEMORY)
    with pytest.raises(ToolFSError) as caught:
        await toolfs.write(path, content, session)
    assert caught.value.code == code
    assert await toolfs.list("/toolfs/memory", session) == []


async def test_sessions_do_not_see_each_others_memory_unless_they_share_it():
    toolfs = ToolFS()
    ann, bob = toolfs.session("ann", MEMORY), toolfs.session("bob", MEMORY)
    await toolfs.remember("ann's secret boat", ann, id="boat")
    await toolfs.remember("bob's boat", bob, id="boat")
    assert (await entry_of(toolfs, "boat", bob))["content"] == "bob's boat"
    assert [hit["content"] for hit in (await toolfs.search_memory("boat", bob))["results"]] == ["bob's boat"]
    await toolfs.delete("/toolfs/memory", bob, recursive=True)
    assert await toolfs.list("/toolfs/memory", bob) == []
    carl = toolfs.session("carl", MEMORY, memory="ann")
    assert (await entry_of(toolfs, "boat", carl))["content"] == "ann's secret boat"
    with pytest.raises(ToolFSError):
        await toolfs.read("/toolfs/memory/../memory/ann/boat", bob)


async def test_search_gives_the_best_entries_first_as_json():
    toolfs = ToolFS()
    session = toolfs.session("a", MEMORY)
    await toolfs.remember("The red boat has red sails", session, id="red")
    await toolfs.remember("A boat", session, id="boat")
    await toolfs.remember("Nothing of the kind", session, id="none", metadata={"vec": [1.0]})
    answer = json.loads(await toolfs.read("/toolfs/memory?text=red+boat&top_k=2", session))
    assert (answer["query"], answer["top_k"]) == ("red boat", 2)
    assert [hit["id"] for hit in answer["results"]] == ["red", "boat"]
    assert answer["results"][0]["score"] > answer["results"][1]["score"] > 0
    assert (await toolfs.search_memory("kind", session))["results"][0]["metadata"] == {}
    assert (await toolfs.search_memory("zebra", session))["results"] == []
    with pytest.raises(ToolFSError, match="/toolfs/memory itself"):
        await toolfs.read("/toolfs/memory/red?text=x", session)


class Meanings:
    """Texts mean what their first letter is."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def embed_texts(self, texts):
        texts = list(texts)
        self.asked.append(texts)
        return [type("Embedding", (), {"vec": [float(text[0] == letter) for letter in "abc"]}) for text in texts]


async def test_with_an_embedder_search_goes_by_meaning_too_and_embeds_each_text_once():
    embedder = Meanings()
    toolfs = ToolFS(embedder=embedder)
    session = toolfs.session("a", MEMORY)
    await toolfs.remember("apple", session, id="1")
    await toolfs.remember("berry", session, id="2")
    assert (await toolfs.search_memory("aardvark", session))["results"][0]["id"] == "1"
    await toolfs.search_memory("banana", session)
    assert embedder.asked == [["aardvark", "apple", "berry"], ["banana"]]


@pytest.mark.parametrize(("content", "query"), [("the ship's log", "ship"), ("Straße nach Süden", "strasse"), ("𠮷野家 tonight", "𠮷野")])
async def test_words_are_those_of_documents_in_a_store(content: str, query: str):
    toolfs = ToolFS()
    session = toolfs.session("a", MEMORY)
    await toolfs.remember(content, session, id="x")
    await toolfs.remember("nothing of it", session, id="y")
    assert [found["id"] for found in (await toolfs.search_memory(query, session))["results"]] == ["x"]


def nest(levels: int):
    value: dict = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


async def test_no_entry_however_deep_spoils_the_search_of_the_others():
    toolfs = ToolFS()
    session = toolfs.session("a", MEMORY)
    await toolfs.remember("the sea is calm", session, id="plain")
    for levels in range(90, 104):
        with contextlib.suppress(ToolFSError):
            await toolfs.remember("the sea is deep", session, id=f"deep{levels}", metadata=nest(levels))
    found = (await toolfs.search_memory("sea", session, top_k=50))["results"]
    assert {hit["id"] for hit in found} == {"plain"} | {f"deep{levels}" for levels in range(90, 100)}
    for levels in (100, 5000):
        with pytest.raises(ToolFSError, match="nested deeper than 100 levels"):
            await toolfs.remember("the sea is deep", session, id="deeper", metadata=nest(levels))


@pytest.mark.parametrize("text", ['{"content": "half \\ud83d"}', '{"content": "x", "metadata": {"\\ude00": "\\ud83d"}}'])
async def test_half_a_character_in_json_is_mended(text: str):
    toolfs = ToolFS()
    session = toolfs.session("a", MEMORY)
    await toolfs.write("/toolfs/memory/m", text, session)
    assert "\ufffd" in await toolfs.read_text("/toolfs/memory/m", session)
    assert len((await toolfs.search_memory("half x \ud83d", session))["results"]) == 1
