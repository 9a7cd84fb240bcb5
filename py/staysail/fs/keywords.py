"""Keyword search over a few texts, with nothing kept between searches: BM25, and for texts that have vectors too, both orders merged.

BM25 as Lucene has it (Robertson and Zaragoza 2009); the orders are merged by reciprocal rank (Cormack, Clarke and Büttcher 2009).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

K1, B = 1.2, 0.75
RANK = 60
# Scripts written without spaces are searched by pairs of characters.
UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"


def split_words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words: list[str] = []
    for run in re.findall(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+", unicodedata.normalize("NFC", plain)):
        words += map("".join, pairwise(run)) if len(run) > 1 and re.match(f"[{UNSPACED}]", run) else [run]
    return words


def score_texts(query: str, texts: Mapping[str, str]) -> dict[str, float]:
    """BM25 of the texts that hold a word of the query, by their id."""
    counts = {id: Counter(split_words(text)) for id, text in texts.items()}
    mean = sum(count.total() for count in counts.values()) / max(1, len(counts)) or 1.0
    scores: dict[str, float] = {}
    for word in set(split_words(query)):
        holding = [id for id, count in counts.items() if count[word]]
        idf = math.log(1 + (len(counts) - len(holding) + 0.5) / (len(holding) + 0.5))
        for id in holding:
            times, length = counts[id][word], counts[id].total()
            scores[id] = scores.get(id, 0.0) + idf * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean))
    return scores


def merge_orders(orders: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """One score from several, by the places the ids have in each."""
    merged: dict[str, float] = {}
    for order in orders:
        for place, id in enumerate(sorted(order, key=lambda name: (-order[name], name))):
            merged[id] = merged.get(id, 0.0) + 1 / (RANK + place + 1)
    return merged


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    length = math.sqrt(math.sumprod(a, a) * math.sumprod(b, b))
    return math.sumprod(a, b) / length if length else 0.0
