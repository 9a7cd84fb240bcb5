"""Words, BM25 against its formula worked out by hand, and fused rankings."""

import math
import random

import pytest

from staysail.indexes.fusion import fuse_ranks, vary
from staysail.indexes.keywords import K1, B, KeywordIndex, encode_terms
from staysail.indexes.tokens import split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Staysail's sheets, 2nd reef!", ["the", "staysail", "sheets", "2nd", "reef"]),
        ("don't", ["don't"]),
        ("café naïve ﬁn", ["cafe", "naive", "fin"]),
        ("帆船が好き", ["帆船", "船が", "が好", "好き"]),
        ("帆", ["帆"]),
        ("세일링 ok", ["세일", "일링", "ok"]),
        ("ガギ ｶﾞｷﾞ", ["ガギ", "ガギ"]),
        ("snake_case a-b", ["snake", "case", "a", "b"]),
        ("", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_text_is_split_into_words(text, words):
    assert list(split_words(text)) == words


def bm25(texts, query):
    words = [list(split_words(text)) for text in texts]
    mean = sum(map(len, words)) / len(words)
    scores = {}
    for at, document in enumerate(words):
        for word in set(split_words(query)):
            holding = sum(word in other for other in words)
            idf = math.log(1 + (len(words) - holding + 0.5) / (holding + 0.5))
            times = document.count(word)
            if times:
                scores[at] = scores.get(at, 0) + idf * times * (K1 + 1) / (times + K1 * (1 - B + B * len(document) / mean))
    return sorted(((score, at) for at, score in scores.items()), key=lambda hit: (-hit[0], hit[1]))


@pytest.mark.parametrize("cut", [0, 3, 20, 50])
def test_scores_are_bm25_however_the_documents_are_cut_into_parts(cut):
    rng = random.Random(3)
    texts = [" ".join(rng.choices(["sail", "rope", "mast", "hull", "keel", "wind"], k=rng.randint(1, 12))) for _ in range(50)]
    index = KeywordIndex()
    index.load(1, encode_terms(texts[:cut]))
    index.put(2, texts[cut:])
    found = index.search("rope keel rope", 50, {1: 0, 2: cut}, lambda slot: True)
    wanted = bm25(texts, "rope keel")
    assert [slot for _, slot in found] == [slot for _, slot in wanted]
    assert [score for score, _ in found] == pytest.approx([score for score, _ in wanted])


def test_only_what_is_allowed_is_found():
    index = KeywordIndex()
    index.put(1, ["rope", "rope", "mast"])
    assert [slot for _, slot in index.search("rope", 9, {1: 100}, lambda slot: slot != 100)] == [101]
    assert index.search("hull", 9, {1: 0}, lambda slot: True) == []


def test_ranks_are_fused_and_what_is_in_both_wins():
    assert [item for _, item in fuse_ranks([[1, 2, 3], [3, 4]], 10)] == [3, 1, 2, 4]
    assert fuse_ranks([[1]], 1) == [(1 / 61, 1)]


def test_variety_prefers_what_is_unlike_what_was_taken():
    vectors = [[1.0, 0.0], [1.0, 0.01], [0.0, 1.0]]
    assert vary([1.0, 0.99, 0.5], vectors, 2, 1.0) == [0, 1]
    assert vary([1.0, 0.99, 0.5], vectors, 2, 0.4) == [0, 2]
