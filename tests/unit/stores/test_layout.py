import random

from staysail.stores.layout import Page, encode_page


def test_each_line_of_a_page_is_found_wherever_it_is():
    rng = random.Random(1)
    for longest in (1, 40, 3000):
        items = [rng.choice([None, {"a": 1}, "x\n" * rng.randrange(longest), "é" * rng.randrange(longest)]) for _ in range(500)]
        record = bytearray(encode_page(items))
        page = Page(record)
        assert [page[row] for row in range(len(items))] == page.all() == items
        assert [Page(record)[row] for row in range(len(items))] == items  # the first that is asked for is found otherwise
    assert Page(encode_page(["only"]))[0] == "only"
