"""Run in a page by test_vectors.py: a backend beside numpy, on every kind of row."""

from itertools import cycle, islice

import numpy as np

from staysail.core.errors import StoreError
from staysail.host.kernel import PLAIN, RELAXED, load_kernel
from staysail.indexes.flat import FlatIndex
from staysail.indexes.numkong_backend import NumkongBackend
from staysail.indexes.numpy_backend import NumpyBackend

KINDS = ("random", "duplicates", "tiny", "huge", "zeros")


async def compare(name, kinds_each):
    """What differs, in words; nothing should. kinds_each: how many kinds of rows each shape is tried with, in turn."""
    made = {"relaxed": lambda: load_kernel([RELAXED]), "plain": lambda: load_kernel([PLAIN])}
    backend = await made[name]() if name in made else NumkongBackend()
    rng = np.random.default_rng(1)
    kinds = cycle(KINDS)
    wrong = []

    def build(backend, x, metric, dtype):
        index = FlatIndex(backend, x.shape[1], metric, dtype=dtype, segment_rows=256)
        index.commit(index.stage(x))
        index.encode(0, index.size)
        index.kill([1, 2])
        return index

    for dim, dtype in ((1, "f32"), (16, "f32"), (100, "f32"), (384, "f32"), (4100, "f32"), (100, "f16")):
        for metric in ("cosine", "dot", "euclidean"):
            for kind in islice(kinds, kinds_each):
                n = 700 if dim < 2000 else 150
                x = rng.standard_normal((n, dim))
                match kind:
                    case "duplicates":
                        x = x[rng.integers(0, 4, n)]
                    case "tiny":
                        x *= 1e-30 if dtype == "f32" else 1e-6
                    case "huge":
                        x *= 1e25 if dtype == "f32" else 1e4
                    case "zeros":
                        x[::2] = 0
                x = x.astype("f4")
                ours, oracle = build(backend, x, metric, dtype), build(NumpyBackend(), x, metric, dtype)
                what = f"{dim} {dtype} {metric} {kind}"
                for table in ("rows", "codes", "signs"):
                    for mine, theirs in zip(getattr(ours, table).chunks, getattr(oracle, table).chunks, strict=True):
                        if mine and bytes(mine.view) != bytes(theirs.view):
                            wrong.append(f"{what}: {table}")
                block, theirs = ours.rows.chunks[0], oracle.rows.chunks[0]
                if ours.backend.checksum(block, 0, ours.rows.chunk_bytes) != oracle.backend.checksum(theirs, 0, ours.rows.chunk_bytes):
                    wrong.append(f"{what}: checksum")
                queries = [x[5], *(rng.standard_normal((4, dim)) * np.abs(x).max())]
                mine, theirs = [ours.query(q) for q in queries], [oracle.query(q) for q in queries]
                for a, b in zip(mine, theirs, strict=True):
                    for k in (1, 30):
                        if ours.exact(a, k) != oracle.exact(b, k):
                            wrong.append(f"{what}: exact {k}")
                        wrong += [
                            f"{what}: {way} {k}"
                            for way in ("int8", "1bit")
                            if sorted(ours.candidates(a, k, way)) != sorted(oracle.candidates(b, k, way))
                        ]
                if ours.exact_batch(mine, 10) != [ours.exact(a, 10) for a in mine]:
                    wrong.append(f"{what}: batch")
    for bad in (float("nan"), float("inf"), -float("inf")):
        for metric in ("cosine", "dot"):
            x = rng.standard_normal((20, 100)).astype("f4")
            x[7, 3] = bad
            try:
                build(backend, x, metric, "f32")
                wrong.append(f"{metric} {bad}: taken")
            except StoreError as error:
                if "vector 7 " not in str(error):
                    wrong.append(f"{metric} {bad}: {error}")
    return wrong
