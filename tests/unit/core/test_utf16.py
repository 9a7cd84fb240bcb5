from hypothesis import given
from hypothesis import strategies as st

from staysail.core.utf16 import Utf16Places, in_utf16

TEXTS = st.text(st.sampled_from("ab é€🚢👋🏽"), max_size=30)


@given(TEXTS, st.data())
def test_a_place_in_units_is_where_javascript_would_cut(text: str, data: st.DataObject):
    place = data.draw(st.integers(0, len(text)))
    places = Utf16Places(text)
    units = places.units(place)
    assert text.encode("utf-16-le")[: units * 2].decode("utf-16-le") == text[:place]
    assert places.characters(units) == place


def test_a_place_inside_of_a_character_is_the_one_behind_it():
    places = Utf16Places("a🚢b")
    assert [places.characters(units) for units in range(5)] == [0, 1, 2, 2, 3]


def test_only_places_that_differ_stand_beside():
    assert Utf16Places("héllo").beside(start=1, end=3) == {}
    assert Utf16Places("").beside(start=0, end=0) == {}
    assert Utf16Places("🚢 ahoy").beside(start=2, end=6) == {"utf16": {"start": 3, "end": 7}}


def test_javascript_is_told_its_own_places_alone():
    metadata = {"source": "a", "start": 2, "end": 6, "utf16": {"start": 3, "end": 7}}
    told = {"hits": [[0.5, "a#0", {"text": "ahoy", "metadata": metadata}]], "utf16": "somebody's own"}
    assert in_utf16(told) == {
        "hits": [[0.5, "a#0", {"text": "ahoy", "metadata": {"source": "a", "start": 3, "end": 7}}]],
        "utf16": "somebody's own",
    }
