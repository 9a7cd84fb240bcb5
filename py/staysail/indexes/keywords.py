"""Keyword search: BM25 over an inverted index in parts, one part for each segment of a store.

The score of a document is the sum over the query's words of idf x tf (K1 + 1) / (tf + K1 (1 - B + B length / mean length)), with
idf = ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson and Zaragoza 2009; idf as in Lucene, never negative)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence

from .ports import Record
from .tokens import split_words

K1, B = 1.2, 0.75

type Postings = dict[str, list[int]]  # word -> row, times, row, times, ...


def encode_terms(texts: Sequence[str]) -> bytes:
    """Returns the record of one part: lengths of the documents in words, and the postings."""
    lengths, postings = count_terms(texts)
    return json.dumps([lengths, postings], ensure_ascii=False, separators=(",", ":")).encode()


def count_terms(texts: Sequence[str]) -> tuple[list[int], Postings]:
    lengths: list[int] = []
    postings: Postings = {}
    for row, text in enumerate(texts):
        counts = Counter(split_words(text)) if text else Counter[str]()
        lengths.append(counts.total())
        for word, times in counts.items():
            postings.setdefault(word, []).extend((row, times))
    return lengths, postings


class KeywordIndex:
    """An inverted index in parts by key. A search reads the parts whose starts it receives."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[list[int], Postings]] = {}

    @property
    def keys(self) -> set[int]:
        return set(self._parts)

    def load(self, key: int, record: Record) -> None:
        lengths, postings = json.loads(record)
        self._parts[key] = lengths, postings

    def put(self, key: int, texts: Sequence[str]) -> None:
        self._parts[key] = count_terms(texts)

    def keep(self, keys: set[int]) -> None:
        self._parts = {key: part for key, part in self._parts.items() if key in keys}

    def search(self, query: str, k: int, starts: dict[int, int], allowed: Callable[[int], bool]) -> list[tuple[float, int]]:
        """Returns the best k (score, slot) with at least one word of the query; ties go to the earlier slot. Deleted rows still count in
        N and idf until their segment is compacted.

        Args:
            query: The words.
            k: The most hits.
            starts: The first slot of each part, by key.
            allowed: Whether a slot may be returned.
        """
        parts = [(starts[key], *part) for key, part in self._parts.items() if key in starts]
        documents = sum(1 for _, lengths, _ in parts for length in lengths if length)
        mean = sum(sum(lengths) for _, lengths, _ in parts) / documents if documents else 1.0
        scores: dict[int, float] = {}
        for word in dict.fromkeys(split_words(query)):
            found = [(start, lengths, postings[word]) for start, lengths, postings in parts if word in postings]
            holding = sum(len(pairs) // 2 for _, _, pairs in found)
            idf = math.log(1 + (documents - holding + 0.5) / (holding + 0.5))
            for start, lengths, pairs in found:
                for row, times in zip(pairs[::2], pairs[1::2], strict=True):
                    slot = start + row
                    weight = times * (K1 + 1) / (times + K1 * (1 - B + B * lengths[row] / mean))
                    scores[slot] = scores.get(slot, 0.0) + idf * weight
        ranked = sorted(((score, slot) for slot, score in scores.items() if allowed(slot)), key=lambda hit: (-hit[0], hit[1]))
        return ranked[:k]
