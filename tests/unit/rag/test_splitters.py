"""Splitters: every passage is a slice of the source, fits, and nothing is lost between them."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail.core.errors import ConfigError
from staysail.rag.splitters import split_code, split_markdown, split_sentences, split_text

texts = st.text(alphabet="ab .\n。é😀", max_size=300)


@settings(max_examples=300)
@given(texts, st.integers(1, 60), st.integers(0, 59))
def test_passages_are_slices_that_fit_in_order_and_cover_every_word(text, size, overlap):
    if overlap >= size:
        overlap = size - 1
    passages = split_text(text, size, overlap)
    covered = set()
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert 0 < len(passage.text) <= size
        covered |= set(range(passage.start, passage.end))
    starts = [passage.start for passage in passages]
    assert starts == sorted(set(starts))
    assert all(at in covered for at, character in enumerate(text) if not character.isspace())
    for before, after in itertools.pairwise(passages):
        assert before.end - after.start <= max(overlap, 0)


def test_strong_boundaries_are_cut_first():
    text = "One sentence. Another one.\n\nA second paragraph that is longer."
    assert [passage.text for passage in split_text(text, 40, 0)] == ["One sentence. Another one.", "A second paragraph that is longer."]
    assert [passage.text for passage in split_text(text, 20, 0)] == [
        "One sentence.",
        "Another one.",
        "A second paragraph",
        "that is longer.",
    ]
    assert [passage.text for passage in split_sentences("Is it? Yes! 好。是。", 7)] == ["Is it?", "Yes! 好。", "是。"]


def test_overlap_repeats_whole_pieces():
    passages = split_text("alpha beta gamma delta epsilon zeta", 17, 8)
    assert [passage.text for passage in passages] == ["alpha beta gamma", "gamma delta", "delta epsilon", "epsilon zeta"]


def test_tokens_are_counted_by_whoever_knows_them():
    passages = split_text("one two three four five", 2, 0, measure=lambda text: len(text.split()))
    assert [passage.text for passage in passages] == ["one two", "three four", "five"]


def test_markdown_keeps_to_its_headings():
    text = "intro\n\n# A\nunder a\n## B\nunder b\n```\n# no heading\n```\n# C #\nunder c\n"
    passages = split_markdown(text, 100, 0)
    assert [(passage.metadata.get("headings"), passage.text.splitlines()[-1]) for passage in passages] == [
        (None, "intro"),
        (["A"], "under a"),
        (["A", "B"], "```"),
        (["C"], "under c"),
    ]
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)


def test_code_is_cut_between_definitions():
    text = "import os\n\ndef one():\n    a = 1\n\n    return a\n\nclass Two:\n    def m(self):\n        ...\n"
    assert [passage.text.splitlines()[0] for passage in split_code(text, "py", 60)] == ["import os", "class Two:"]
    assert [passage.text.splitlines()[0] for passage in split_code(text, "python", 42)][1:] == ["def one():", "class Two:"]
    with pytest.raises(ConfigError, match="no splitter for 'cobol'"):
        split_code(text, "cobol")


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (5, 5), (5, -1)])
def test_sizes_that_make_no_sense_are_refused(size, overlap):
    with pytest.raises(ConfigError):
        split_text("abc", size, overlap)
