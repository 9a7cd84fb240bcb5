import random

import pytest

from staysail import CorruptionError, VectorStore
from staysail.stores.layout import Page, decode_head, encode_head, encode_page
from staysail.stores.memory_blocks import MemoryBlocks


def test_each_line_of_a_page_is_found_wherever_it_is():
    rng = random.Random(1)
    for longest in (1, 40, 3000):
        items = [rng.choice([None, {"a": 1}, "x\n" * rng.randrange(longest), "é" * rng.randrange(longest)]) for _ in range(500)]
        record = bytearray(encode_page(items))
        page = Page(record)
        assert [page[row] for row in range(len(items))] == page.all() == items
        assert [Page(record)[row] for row in range(len(items))] == items  # the first that is asked for is found otherwise
    assert Page(encode_page(["only"]))[0] == "only"


@pytest.mark.parametrize(("format", "message"), [(4, "newer staysail"), (2, "never released")])
async def test_a_store_of_another_format_is_refused_and_stays_as_it_is(format: int, message: str):
    blocks = MemoryBlocks()
    await VectorStore("s", blocks=blocks).add(["a"], vectors=[[1.0, 0.0]])
    head = blocks.tables["head"][0] = encode_head(decode_head(blocks.tables["head"][0]).replace(format=format))
    with pytest.raises(CorruptionError, match=message):
        await VectorStore("s", blocks=blocks).count()
    assert blocks.tables["head"][0] == head
