"""Vectors of a store in two dimensions, for a map of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..core.defaults import Defaults
from ..core.errors import ConfigError
from ..core.value import Value


class Mapped(Protocol):
    """The port of a store that can be mapped, such as VectorStore."""

    async def ids(self) -> list[str]: ...
    async def get(self, ids: Sequence[str], *, vectors: bool = False) -> list[dict[str, Any]]: ...


class Projection(Value):
    """A map of a store's documents.

    Attributes:
        ids: The documents on the map.
        points: Their positions, (n, 2) float32.
        mean, axes: (d,) and (2, d) float32; a vector v lies at axes @ (v - mean).
        share: The share of the vectors' variance along each axis, between 0 and 1.
        total: The number of documents in the store.
    """

    ids: tuple[str, ...]
    points: Any
    mean: Any
    axes: Any
    share: tuple[float, float]
    total: int


async def project(store: Mapped, limit: int = 1000) -> Projection:
    """Returns the map of a store in the plane in which its vectors differ most (principal components). O(n d m + m^3) for n documents
    and m = min(n, d). Loads numpy.

    limit: the most documents on the map, chosen evenly over the sorted ids. Raises ConfigError, CorruptionError.
    """
    if limit < 1:
        raise ConfigError(f"limit is at least 1, not {limit}")
    every = sorted(await store.ids())
    chosen = [every[at * len(every) // limit] for at in range(limit)] if len(every) > limit else every
    found = await store.get(chosen, vectors=True)
    np = await Defaults.load_numpy()
    vectors = np.array([item["vector"] for item in found], np.float64).reshape(len(found), -1 if found else 0)  # (n, d)
    mean = vectors.mean(0) if found else np.zeros(0)
    axes, share = _principal(np, vectors - mean)
    points = (vectors - mean) @ axes.T
    points, mean, axes = (part.astype(np.float32) for part in (points, mean, axes))
    return Projection(tuple(item["id"] for item in found), points, mean, axes, share, len(every))


def _principal(np: Any, centred: Any) -> tuple[Any, tuple[float, float]]:
    """Returns unit axes (2, d), zero where there is no second or first one, and each one's share of the variance. centred: (n, d)."""
    count, dim = centred.shape
    axes, share = np.zeros((2, dim)), [0.0, 0.0]
    if not centred.any():
        return axes, (0.0, 0.0)
    # Of the two matrices with the same eigenvalues, the smaller one.
    wide = dim > count
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)  # ascending
    for at, column in enumerate(range(len(values) - 1, max(len(values) - 3, -1), -1)):
        if values[column] <= values[-1] * 1e-12:
            break
        axis = centred.T @ vectors[:, column] if wide else vectors[:, column]
        axis = axis / np.linalg.norm(axis)
        axes[at] = axis * np.sign(axis[np.abs(axis).argmax()])  # one of two directions, the same each time
        share[at] = float(values[column] / values.sum())
    return axes, (share[0], share[1])
