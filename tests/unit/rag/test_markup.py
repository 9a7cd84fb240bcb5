"""HTML: what a reader sees, in sections, and where each word of it stands in the source."""

import itertools
import re
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staysail import split_html
from staysail.rag.markup import read_html
from staysail.rag.notes import Notes

from . import writers


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no tags\n\n at   all", "no tags at all"),
        ("a <b> b </b>c<i>d</i>", "a b cd"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<div><div><p>deep</p></div></div><p>next", "deep\n\nnext"),
        ("a<br>b<hr>c", "a\nb\n\nc"),
        ("<h1>A<br>title</h1><h2></h2>text", "# A title\n\ntext"),
        ("<ul><li><p>one</p><li>two<ul><li>three</ul></ul>", "- one\n\n- two\n- three"),
        ("<table><tr><td>a<td><td>c<tr><td><p>x</p></td><td><p></p></td><td>z</table>after", "a |  | c\nx |  | z\n\nafter"),
        ("<pre>  a\n   b</pre>c", "```\n  a\n   b\n```\n\nc"),
        ("&lt;b&gt; &bogus; & &#x41;&nbsp;&#66;", "<b> &bogus; & A B"),
        ("<head><title>T</title><meta charset=x><p>the end tag of head is left out", "the end tag of head is left out"),
        ("a<svg><title>no</title><text>no</text></svg>b<script>'<p>no'</script><style>no</style><template>no</template>", "a b"),
        ("<p>seen</p><div hidden>no<div>no</div></div><p aria-hidden=true>no</p><p>seen", "seen\n\nseen"),
        ('see <img src=x alt="the  chart"> <img src=y>here', "see the chart here"),
        ("<!-- no --><p>a<!-- no -->b<![CDATA[no]]></p>", "ab"),
        ("<p>left open <b <p>broken", "left open broken"),
        ("", ""),
    ],
)
def test_a_page_reads_as_its_reader_sees_it(html, text):
    assert read_html(html).text == text


def test_a_cell_that_spans_rows_is_noted():
    notes = Notes()
    table = "<table><tr><td rowspan=2>a<td rowspan='1'>b<tr><td>c<tr><td rowspan=3>d<td rowspan=x>e</table>"
    assert read_html(table, notes=notes).text == "a | b\nc\nd | e"
    assert notes.lines() == ("cells that span rows written in their first row alone: 2",)


def test_sections_are_those_of_the_headings():
    html = "before<h1>A</h1>a<h3>A3</h3>a3<h2>A2</h2>a2<section><h1>B</h1><p>b</p></section>"
    page = read_html(html)
    assert [(headings, page.text[start:end].split()[-1]) for headings, start, end in page.sections] == [
        ((), "before"),
        (("A",), "a"),
        (("A", "A3"), "a3"),
        (("A", "A2"), "a2"),
        (("B",), "b"),
    ]


def test_passages_keep_to_their_headings_and_know_their_place_in_the_source():
    passages = split_html(writers.HTML, 60, 0)
    assert [passage.metadata["headings"] for passage in passages] == [["Weather"], ["Weather", "Tides"], ["Weather", "Tides"]]
    assert writers.HTML[passages[1].start : passages[1].end] == "Tides</h2><p>High water at <b>noon</b> &mdash; and at midnight."
    assert passages[1].text == "## Tides\n\nHigh water at noon — and at midnight."


def test_passages_overlap_by_what_was_asked_for():
    html = "<p>" + " ".join(f"word{n}" for n in range(60)) + "</p>"
    apart, overlapping = split_html(html, 100, 0), split_html(html, 100, 40)
    assert all(before.end <= after.start for before, after in itertools.pairwise(apart))
    assert all(0 < before.end - after.start <= 40 for before, after in itertools.pairwise(overlapping))


words = st.text(alphabet="abc<>&é5語", min_size=1, max_size=6)
spaces = st.sampled_from([" ", "\n", "  \t", "\n\n  "])
tags = st.sampled_from(["p", "div", "h1", "h2", "h3", "li", "b", "section", "td", "tr", "blockquote", "em", "pre"])
noise = st.sampled_from(["", "<!-- x -->", "<script>no</script>", "<br>", "<nav>no</nav>", "<p hidden>no</p>"])


@st.composite
def pages(draw):
    """HTML, and the words in it, in order."""
    html, seen = "", []
    for tag in draw(st.lists(tags, max_size=12)):
        inner = draw(st.lists(words, max_size=8))
        seen += inner
        html += (
            draw(noise) + f"<{tag}>" + "".join(draw(spaces) + escape(word) for word in inner) + draw(spaces) + f"</{tag}>" + draw(spaces)
        )
    return html, seen


def visible(html):
    return unescape(re.sub(r"<!--.*?-->|<(script|nav|p hidden)>no</\w+>|<[^>]*>", " ", html))


def bare(text):
    """Without white space, and without what is written for headings, items, cells and fences, which no word here has."""
    return re.sub(r"[\s#|`-]", "", text)


@settings(max_examples=80)
@given(pages(), st.integers(5, 80), st.integers(0, 4))
def test_every_word_is_kept_once_in_order_and_stands_where_it_is_said_to(page, size, overlap):
    html, seen = page
    passages = split_html(html, size, overlap)
    whole = "".join(seen)
    assert bare(read_html(html).text) == whole
    for passage in passages:
        assert len(passage.text) <= size
        assert 0 <= passage.start <= passage.end <= len(html)
        assert bare(passage.text) in bare(visible(html[passage.start : passage.end]))
    if overlap == 0:
        assert "".join(bare(passage.text) for passage in passages) == whole


@settings(max_examples=150)
@given(st.text(alphabet="<>/=\"'!-&#; \npbh1tdrli[]", max_size=120))
def test_nothing_that_is_called_html_makes_it_fail(html):
    page = read_html(html)
    for passage in split_html(html, 20, 5):
        assert 0 <= passage.start <= passage.end <= len(html)
    assert page.text == page.text.strip()
