import json
import math
from urllib.parse import parse_qs, quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staysail import SearchHit, ToolFS, ToolFSError
from staysail.fs.search import Found, Query, answer_of, encode_found, read_query, without_vectors

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(texts, st.integers(1, 100), st.booleans())
def test_any_text_comes_through_however_it_is_encoded(text: str, top_k: int, plus: bool):
    query = f"top_k={top_k}&text={quote_plus(text) if plus else quote(text, safe='')}"
    assert read_query(query) == Query(text, top_k)
    assert parse_qs(query, strict_parsing=True) == {"text": [text], "top_k": [str(top_k)]}
    assert read_query(Query(text, top_k).encode()) == Query(text, top_k)


def test_plus_and_percent_are_decoded_and_separators_separate():
    assert read_query("text=a+b&top_k=2") == Query("a b", 2)
    assert read_query("text=a%2Bb%26top_k%3D2") == Query("a+b&top_k=2", 5)
    assert read_query("text=100%25%20s%C3%BCr&top_k=03") == Query("100% sür", 3)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "text",
        "text=",
        "text=+",
        "top_k=3",
        "text=a&text=b",
        "text=a&top_k=0",
        "text=a&top_k=101",
        "text=a&top_k=-1",
        "text=a&top_k=2.5",
        "text=a&top_k=",
        "text=a&top_k=１",
        "text=a&limit=3",
        "text=a&",
        "text=a%",
        "text=a%zz",
        "text=%ff",
        "text=a&top_k=" + "9" * 5000,
    ],
)
def test_a_query_that_is_none_is_refused_with_the_grammar(query: str):
    with pytest.raises(ToolFSError, match=r"write query\?text=red\+sails&top_k=5") as caught:
        read_query(query)
    assert caught.value.code == "bad_request"
    assert len(str(caught.value)) < 300


scores = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(st.text(max_size=3), scores), max_size=12), st.integers(1, 5))
def test_an_answer_is_json_with_the_best_first_and_no_more_than_asked_for(hits: list, top_k: int):
    found = [Found(id, f"about {id}", score) for id, score in hits]
    answer = json.loads(encode_found(Query("q", top_k), found), parse_constant=lambda name: pytest.fail(name))
    assert (answer["query"], answer["top_k"]) == ("q", top_k)
    given = sorted((score for _, score in hits if not math.isnan(score)), reverse=True)[:top_k]
    told = [hit["score"] for hit in answer["results"]]
    assert len(told) == min(top_k, len(hits))
    assert told[: len(given)] == [score if math.isfinite(score) else None for score in given]
    assert all(hit.keys() == {"id", "content", "score", "metadata"} for hit in answer["results"])


def test_equally_good_results_come_by_their_id():
    answer = answer_of(Query("q", 3), [Found("b", "", 1), Found("a", "", 1), Found("c", "", 2)])
    assert [hit["id"] for hit in answer["results"]] == ["c", "a", "b"]


def test_vectors_do_not_leak():
    import array

    metadata = {
        "title": "t",
        "vec": [0.1],
        "embedding": array.array("f", [1, 2]),
        "text_embedding": {"values": [1, 2]},
        "numbers": [0.5] * 16,
        "tags": ["a"] * 20,
        "pages": [1, 2],
        "deep": [{"vector": [1.0], "kept": 1}],
        "nan": math.nan,
        "raw": bytes(4),
        "vector": "is a word",
    }
    assert without_vectors(metadata) == {
        "title": "t",
        "tags": ["a"] * 20,
        "pages": [1, 2],
        "deep": [{"kept": 1}],
        "nan": None,
        "vector": "is a word",
    }


class Index:
    """A search index that gives what it was told to."""

    def __init__(self, *hits) -> None:
        self.hits, self.asked = hits, []

    async def top_n(self, query: str, n: int):
        self.asked.append((query, n))
        return self.hits


async def test_retrieval_is_read_as_a_file():
    index = Index(
        SearchHit(0.2, "b", "plain text"),
        SearchHit(0.9, "a", {"text": "red sails", "metadata": {"page": 3, "vec": [1.0] * 3}}),
        SearchHit(0.5, "c", {"name": "no text", "vec": [0.25] * 300}),
    )
    toolfs = ToolFS(search_index=index)
    session = toolfs.session("a", {"/toolfs/rag": "read list"})
    assert [entry.path for entry in await toolfs.list("/toolfs/rag", session)] == ["/toolfs/rag/query"]
    answer = json.loads(await toolfs.read("/toolfs/rag/query?text=a+b%26c&top_k=7", session))
    assert index.asked == [("a b&c", 7)]
    assert answer == {
        "query": "a b&c",
        "top_k": 7,
        "results": [
            {"id": "a", "content": "red sails", "score": 0.9, "metadata": {"page": 3}},
            {"id": "c", "content": '{"name": "no text"}', "score": 0.5, "metadata": {}},
            {"id": "b", "content": "plain text", "score": 0.2, "metadata": {}},
        ],
    }
    assert await toolfs.search_rag("a b&c", session, top_k=7) == answer


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/toolfs/rag/query", "bad_request"),
        ("/toolfs/rag/query?", "bad_request"),
        ("/toolfs/rag/query?q=x", "bad_request"),
        ("/toolfs/rag", "is_directory"),
        ("/toolfs/rag/other?text=x", "not_found"),
        ("/toolfs/skills?text=x", "bad_path"),
    ],
)
async def test_what_is_no_retrieval_says_so(path: str, code: str):
    toolfs = ToolFS(search_index=Index())
    with pytest.raises(ToolFSError) as caught:
        await toolfs.read(path, toolfs.session("a", {"/toolfs": "*"}))
    assert caught.value.code == code
    assert caught.value.path.startswith("/toolfs")


async def test_without_an_index_there_is_nothing_to_search_and_it_says_what_to_do():
    toolfs = ToolFS()
    with pytest.raises(ToolFSError, match="give ToolFS a search_index"):
        await toolfs.search_rag("x", toolfs.session("a", {"/toolfs/rag": "read"}))
