"""Fusion of several rankings into one, and diversity within a ranking."""

from __future__ import annotations

import math
from collections.abc import Sequence

RRF_K = 60  # Cormack, Clarke and Buettcher 2009


def fuse_ranks(rankings: Sequence[Sequence[int]], k: int, weights: Sequence[float] | None = None) -> list[tuple[float, int]]:
    """Returns the reciprocal rank fusion of rankings: (score, item), best first; ties in the order of the first ranking that has them.
    The rankings' own scores do not count."""
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + weight / (RRF_K + rank)
    return sorted(((score, item) for item, score in scores.items()), key=lambda hit: -hit[0])[:k]


def vary(relevance: Sequence[float], vectors: Sequence[Sequence[float]], k: int, balance: float) -> list[int]:
    """Returns positions by maximal marginal relevance, in the order of choice. Each is the best by balance x relevance - (1 - balance) x
    the largest cosine with the vectors chosen before (Carbonell and Goldstein 1998)."""
    lengths = [math.sqrt(math.sumprod(vector, vector)) or 1.0 for vector in vectors]
    closest = [0.0] * len(vectors)
    left, taken = list(range(len(vectors))), list[int]()
    while left and len(taken) < k:
        best = max(left, key=lambda at: (balance * relevance[at] - (1 - balance) * closest[at], -at))
        left.remove(best)
        taken.append(best)
        for at in left:
            cosine = math.sumprod(vectors[at], vectors[best]) / (lengths[at] * lengths[best])
            closest[at] = max(closest[at], cosine) if len(taken) > 1 else cosine
    return taken


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Returns the cosine of two vectors; 0 where one has no length."""
    length = math.sqrt(math.sumprod(a, a) * math.sumprod(b, b))
    return math.sumprod(a, b) / length if length else 0.0
