"""Splitters: every passage is a slice of the source, fits, and nothing is lost between them."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail.core.errors import ConfigError
from staysail.rag.splitters import estimate_tokens, split_code, split_markdown, split_sentences, split_text, split_tokens

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


SPLITTERS = {
    "sentences": split_sentences,
    "tokens": lambda text, size, overlap: split_tokens(text, size, overlap, count=len),
    "markdown": split_markdown,
    "code": lambda text, size, overlap: split_code(text, "python", size, overlap),
}


@pytest.mark.parametrize("name", SPLITTERS)
@settings(max_examples=100)
@given(st.text(alphabet="ab .\r\n#`é", max_size=200), st.integers(2, 50), st.integers(0, 20))
def test_every_splitter_tells_where_its_passages_are_and_overlaps_by_no_more_than_it_may(name, text, size, overlap):
    overlap = min(overlap, size - 1)
    passages = SPLITTERS[name](text, size, overlap)
    covered = {at for passage in passages for at in range(passage.start, passage.end)}
    assert all(text[passage.start : passage.end] == passage.text and len(passage.text) <= size for passage in passages)
    assert all(at in covered for at, character in enumerate(text) if not character.isspace())
    assert all(0 <= before.end - after.start <= overlap or before.end <= after.start for before, after in itertools.pairwise(passages))


def test_paragraphs_end_at_an_empty_line_on_windows_too():
    assert [passage.text for passage in split_text("One.\r\n\r\nTwo is longer.", 15, 0)] == ["One.", "Two is longer."]


def test_tokens_are_estimated_where_nobody_counts():
    assert estimate_tokens("") == 0
    assert estimate_tokens("A staysail, 2026.") == 1 + 2 + 1 + 2 + 1
    assert estimate_tokens("帆船") == 2
    text = "The quick brown fox jumps. " * 40
    passages = split_tokens(text, 30, 5)
    assert all(estimate_tokens(passage.text) <= 30 for passage in passages)
    assert 6 <= len(passages) <= 12


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
