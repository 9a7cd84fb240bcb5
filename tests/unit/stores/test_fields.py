"""Filters answered by field, against the evaluator that looks at one document at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail.core.errors import ConfigError
from staysail.stores.fields import Fields
from staysail.stores.filters import OPERATORS, compile_filter, compile_selection
from staysail.stores.memory_blocks import MemoryBlocks
from staysail.stores.vector_store import VectorStore

PLAIN = st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, -3, 10**20, float("nan"), "", "a", "ab", "é"])
VALUES = PLAIN | st.lists(PLAIN, max_size=3) | st.just([[1]]) | st.just({"s": 1})
METADATA = st.dictionaries(st.sampled_from(["p", "q", "r.s"]), VALUES) | st.fixed_dictionaries({"r": st.fixed_dictionaries({"s": VALUES})})
WANTED = PLAIN | st.lists(PLAIN, max_size=2)
CONDITION = st.sampled_from(sorted(OPERATORS)).flatmap(
    lambda key: st.fixed_dictionaries({key: st.lists(WANTED, max_size=3) if key in ("in", "nin") else WANTED})
)
FIELD = st.dictionaries(st.sampled_from(["p", "q", "r.s"]), CONDITION | WANTED, max_size=2)
WHERE = st.recursive(
    FIELD,
    lambda inner: (
        st.fixed_dictionaries({"and": st.lists(inner, max_size=2)})
        | st.fixed_dictionaries({"or": st.lists(inner, max_size=2)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(METADATA, max_size=12), where=WHERE)
def test_a_filter_by_field_selects_what_the_evaluator_keeps(rows, where):
    keep = compile_filter(where)
    selection = compile_selection(where)(Fields(len(rows), lambda: rows))
    assert list(selection.to_bytes(len(rows), "little")) == [keep(row) for row in rows]


def test_what_is_wrong_with_a_filter_is_told_before_anything_is_looked_at():
    with pytest.raises(ConfigError, match="no operator 'above'"):
        compile_selection({"or": [{"year": {"above": 1}}]})


@pytest.mark.parametrize("quantization", ["none", "int8", "1bit"])
@pytest.mark.parametrize("where", [{"n": 7}, {"n": {"lt": 20}}, {"n": {"gte": 100}}, {"tag": {"in": ["x"]}}, {"n": -1}])
async def test_filtered_search_finds_the_nearest_of_what_passes(where, quantization):
    x = np.random.default_rng(1).standard_normal((500, 32)).astype(np.float32)
    metadata = [{"n": i, "tag": "xyz"[i % 3]} for i in range(500)]
    blocks = MemoryBlocks()
    store = VectorStore("f", blocks=blocks, quantization=quantization, segment_rows=64)
    await store.add([{"id": str(i), "metadata": metadata[i]} for i in range(500)], vectors=x)
    await store.delete(["3", "150", "499"])
    keep = compile_filter(where)
    passing = [i for i in range(500) if keep(metadata[i]) and i not in (3, 150, 499)]
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    for opened in (store, VectorStore("f", blocks=blocks, memory_bytes=1 << 14)):
        assert await opened.count(where) == len(passing)
        hits = await opened.search(x[42], 5, where=where)
        best = sorted(passing, key=lambda i: -float(unit[i] @ unit[42]))[:5]
        if quantization == "none" or len(passing) * 8 <= 497:
            assert [hit.id for hit in hits] == [str(i) for i in best]
        assert {int(hit.id) for hit in hits} <= set(passing)
