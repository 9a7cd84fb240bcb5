"""The vector index against an oracle: float64 arithmetic over the vectors as they were given."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail.core.errors import ConfigError, DimensionError, StoreError
from staysail.indexes.flat import EXACT_BYTES, FlatIndex
from staysail.indexes.numpy_backend import NumpyBackend
from staysail.indexes.rows import read_vectors

METRICS = ["cosine", "dot", "euclidean"]


def oracle_scores(metric, vectors, query):
    """(n,) float64; vectors are taken as float32, as the store takes them."""
    x, q = np.asarray(vectors, np.float32).astype(np.float64), np.asarray(query, np.float64)
    if metric == "euclidean":
        return -np.sqrt(((x - q) ** 2).sum(axis=1))
    if metric == "cosine":
        norms = np.linalg.norm(x, axis=1)
        x = x / np.where(norms, norms, 1)[:, None]
        q = q / (np.linalg.norm(q) or 1)
    return x @ q


class QuickCodes(NumpyBackend):
    """As where codes are scanned faster than rows: exact search goes by bounds."""

    quick_codes = True


def build(vectors, metric, quantization="auto", *, quick=False, **options):
    index = FlatIndex(QuickCodes() if quick else NumpyBackend(), len(vectors[0]), metric, quantization, **options)
    index.commit(index.stage(vectors))
    if quick:
        index.encode(0, index.size)
    return index


def check_exact(metric, vectors, query, k):
    """The scores found are the best there are, and each belongs to the row it is said of."""
    index = build(vectors, metric, quick=True)
    asked = index.query(query)
    found = index.exact(asked, k)
    assert found == build(vectors, metric).exact(asked, k)
    if index.bounds(asked, k):
        assert {slot for _, slot in found} <= set(index.possible(asked, k, index.rescore(asked, index.likely(asked, k), k)))
    scores = oracle_scores(metric, vectors, query)
    tolerance = 3e-7 * (1 if metric == "cosine" else np.abs(scores).max() or 1)
    assert len(found) == min(k, len(vectors))
    assert len({slot for _, slot in found}) == len(found)
    np.testing.assert_allclose([s for s, _ in found], np.sort(scores)[::-1][: len(found)], rtol=0, atol=tolerance)
    np.testing.assert_allclose([s for s, _ in found], scores[[i for _, i in found]], rtol=0, atol=tolerance)
    assert found == sorted(found, key=lambda hit: (-hit[0], hit[1]))


def make(kind, seed, n, dim):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, dim))
    match kind:
        case "clustered":
            x = x * 0.02 + rng.standard_normal((5, dim))[rng.integers(0, 5, n)]
        case "duplicates":
            x = x[rng.integers(0, min(n, 3), n)]
        case "zeros":
            x[rng.random(n) < 0.5] = 0
        case "tiny":
            x *= 1e-30
        case "huge":
            x *= 1e30
        case "mixed":
            x *= 10.0 ** rng.integers(-3, 4, (n, 1))
        case "spiked":  # codes say little about the small numbers
            x[np.arange(n), rng.integers(0, dim, n)] *= 300
    return x.astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["random", "clustered", "duplicates", "zeros", "tiny", "huge", "mixed", "spiked"]),
    seed=st.integers(0, 10**6),
    n=st.integers(1, 300),
    dim=st.sampled_from([1, 3, 16, 17, 100, 130]),
    k=st.integers(1, 40),
    own=st.booleans(),
)
def test_exact_search_finds_what_float64_finds(metric, kind, seed, n, dim, k, own):
    x = make(kind, seed, n, dim)
    query = x[seed % n] if own else make(kind, seed + 1, 1, dim)[0]
    check_exact(metric, x, query, k)


@pytest.mark.parametrize("metric", METRICS)
def test_bounds_leave_few_rows_to_be_scored(metric):
    index, x = build(make("random", 3, 2000, 100), metric, quick=True), make("random", 4, 5, 100)
    plain = build(make("random", 3, 2000, 100), metric)
    index.kill([1, 2])
    plain.kill([1, 2])
    for q in x:
        query = index.query(q)
        slots = index.possible(query, 5, index.rescore(query, index.likely(query, 5), 5))
        assert 5 <= len(slots) < 100
        assert index.exact(query, 5) == plain.exact(query, 5)
    assert index.exact_batch([index.query(q) for q in x], 5) == [plain.exact(plain.query(q), 5) for q in x]


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(["random", "clustered", "duplicates", "zeros", "tiny", "huge", "mixed"]),
    seed=st.integers(0, 10**6),
    n=st.integers(1, 300),
    dim=st.sampled_from([1, 17, 100]),
    k=st.integers(1, 40),
)
def test_float16_rows_are_rounded_once_and_then_exact(metric, kind, seed, n, dim, k):
    x = make(kind, seed, n, dim)
    x = x / np.float32({"tiny": 1e-25, "huge": 1e27}.get(kind, 1))  # to where float16 is subnormal, and near its end
    index = build(x, metric, dtype="f16", segment_rows=64)
    rows = x / np.where(norms := np.linalg.norm(x, axis=1), norms, 1)[:, None] if metric == "cosine" else x
    stored = np.array([index.vector(slot) for slot in range(n)])
    np.testing.assert_allclose(stored, rows, rtol=2.0**-10, atol=2.0**-24)
    query = make(kind, seed + 1, 1, dim)[0] * np.float32(1 if kind not in ("tiny", "huge") else 1e-27)
    if metric == "cosine":
        query = query / (np.linalg.norm(query) or 1)
    scores = oracle_scores("dot" if metric == "cosine" else metric, stored, query)
    found = index.exact(index.query(query), k)
    tolerance = 3e-7 * (1 if metric == "cosine" else np.abs(scores).max() or 1)
    np.testing.assert_allclose([s for s, _ in found], np.sort(scores)[::-1][:k], rtol=0, atol=tolerance)
    np.testing.assert_allclose([s for s, _ in found], scores[[i for _, i in found]], rtol=0, atol=tolerance)


def test_float16_takes_half_the_memory_and_refuses_what_it_does_not_hold():
    x = make("random", 1, 500, 64)
    half, single = build(x, "dot", dtype="f16"), build(x, "dot")
    assert 2 * half.rows.size_bytes == single.rows.size_bytes
    with pytest.raises(StoreError, match="vector 1 has numbers beyond 65504"):
        build([[1.0], [70000.0]], "euclidean", dtype="f16")
    with pytest.raises(StoreError, match="vector 0 holds NaN or infinity"):
        build([[float("nan")]], "cosine", dtype="f16")
    assert build([[70000.0]], "cosine", dtype="f16").vector(0) == [1.0]


@pytest.mark.parametrize("dtype", ["f32", "f16"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_batch_gives_what_single_queries_give(metric, dtype):
    x = make("clustered", 1, 700, 48)
    index = build(x, metric, dtype=dtype, segment_rows=64)
    index.kill([3, 5, 8])
    queries = [index.query(q) for q in make("clustered", 2, 11, 48)]
    assert index.exact_batch(queries, 7) == [index.exact(query, 7) for query in queries]


@pytest.mark.parametrize("metric", METRICS)
def test_ties_go_to_the_earlier_row(metric):
    index = build([[1.0, 2.0]] * 200, metric)
    assert [slot for _, slot in index.exact(index.query([1.0, 2.0]), 5)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("window", [1, 2])
def test_windows_of_chunks_together_give_the_whole(metric, window):
    x = make("random", 4, 600, 4096)
    index = build(x, metric)
    assert len(index.rows.chunks) > 4
    query = index.query(x[7])
    merged = [hit for first in range(0, len(index.rows.chunks), window) for hit in index.exact(query, 9, first_chunk=first, chunks=window)]
    assert sorted(merged, key=lambda hit: (-hit[0], hit[1]))[:9] == index.exact(query, 9)


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_killed_or_masked_is_not_found(metric):
    x = make("random", 5, 400, 32)
    index = build(x, metric)
    index.kill(range(0, 400, 2))
    keep = index.backend.allocate(400)
    keep.view[1:400:4] = b"\1" * 100
    query = index.query(x[9])
    assert all(slot % 2 for _, slot in index.exact(query, 50))
    assert {slot % 4 for _, slot in index.exact(query, 50, keep)} == {1}
    assert len(index.exact(query, 400, keep)) == 100
    assert index.alive == 200
    index.commit(index.stage(x[:50]))
    assert {slot % 4 for _, slot in index.exact(query, 500, keep)} == {1}  # what came later is not in it


@pytest.mark.parametrize("dtype", ["f32", "f16"])
@pytest.mark.parametrize(("metric", "way"), [("cosine", "1bit"), ("cosine", "int8"), ("dot", "int8"), ("euclidean", "int8")])
def test_quantised_search_with_rescoring_keeps_the_recall(metric, way, dtype):
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((50, 256))
    x = (centres[rng.integers(0, 50, 4000)] + 0.4 * rng.standard_normal((4000, 256))).astype(np.float32)
    index = build(x, metric, way, dtype=dtype)
    index.encode(0, index.size)
    found = wanted = 0
    for q in x[::200] + 0.1 * rng.standard_normal((20, 256)):
        query = index.query(q)
        slots = index.candidates(query, 10, way)
        best = {slot for _, slot in index.exact(query, 10)}
        found += len(best & {slot for _, slot in index.rescore(query, slots, 10)})
        wanted += 10
    assert found / wanted >= 0.99


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("metric", METRICS)
def test_nan_and_infinity_are_refused_by_place_and_change_nothing(metric, bad):
    index = build([[1.0, 0.0], [0.0, 1.0]], metric)
    with pytest.raises(StoreError, match="vector 1 holds NaN or infinity"):
        index.stage([[1.0, 1.0], [bad, 0.0]])
    with pytest.raises(StoreError, match="query holds NaN or infinity"):
        index.query([bad, 0.0])
    assert index.size == 2
    assert [slot for _, slot in index.exact(index.query([1.0, 0.0]), 5)] == [0, 1]


def test_dimensions_must_agree():
    index = build([[1.0, 0.0, 0.0]], "cosine")
    for wrong in ([[1.0, 2.0]], np.zeros((2, 4), np.float32), np.zeros(4, np.float32)):
        with pytest.raises(DimensionError):
            index.stage(wrong)
    with pytest.raises(DimensionError, match="the query has 2 dimensions, the store 3"):
        index.query([1.0, 2.0])
    with pytest.raises(ConfigError, match="metric is one of"):
        FlatIndex(NumpyBackend(), 3, "manhattan")


def test_vectors_may_come_as_lists_float64_or_strided_arrays():
    x = np.arange(24, dtype=np.float64).reshape(4, 6)
    for form in (x.tolist(), x, x.astype(np.float32), np.asfortranarray(x), x.astype(np.float32)[:, ::1], tuple(map(tuple, x))):
        view, count = read_vectors(form, 6)
        assert count == 4
        assert view.tolist() == x.reshape(-1).tolist()
    assert read_vectors(x[:, ::2], 3)[0].tolist() == x[:, ::2].reshape(-1).tolist()


def test_the_plan_says_which_way_and_why():
    small = build([[1.0, 0.0]], "cosine")
    assert small.plan().way == "exact"
    big = FlatIndex(NumpyBackend(), 768, "cosine")
    big.restore(EXACT_BYTES // 3072 + 1, 1.0)
    assert big.plan().way == "1bit"
    assert "bits first" in big.plan().reason
    assert big.plan("none").way == "exact"
    wild = build(make("huge", 1, 4, 8), "dot", "int8")
    assert wild.plan().way == "exact"
    assert "do not quantise" in wild.plan().reason


def test_a_checksum_tells_every_changed_word():
    backend = NumpyBackend()
    block = backend.allocate(256)
    block.view[:] = bytes(range(256))
    whole = backend.checksum(block, 0, 256)
    seen = {whole}
    for at in range(0, 256, 4):
        block.view[at] ^= 1
        seen.add(backend.checksum(block, 0, 256))
        block.view[at] ^= 1
    assert len(seen) == 65
    assert backend.checksum(block, 0, 256) == whole
