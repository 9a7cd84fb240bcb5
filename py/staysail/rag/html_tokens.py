"""HTML and XHTML as tags and text, in time that grows with the length of the page alone.

How it works. The page is cut where the WHATWG's tokenizer cuts it: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
Each search goes forward from where the last one ended, or is known to find nothing any more; the standard library's parser begins many of
them again at every `<`, in some releases of Python. Where a page ends within a tag or an element of raw text, browsers drop what is left;
here it is kept as text, unless it is a script or a style."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import NamedTuple

SPACE = " \t\n\r\f"
MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
NAME = re.compile(r"[a-zA-Z][^ \t\n\r\f/>]*")
# Possessive, so that what follows an attribute is never tried again.
ATTRIBUTE = re.compile(
    r"""[ \t\n\r\f/]*+(?:(?P<end>>)|(?P<name>[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+)
        (?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?P<value>"[^"]*+"|'[^']*+'|[^ \t\n\r\f>"'][^ \t\n\r\f>]*+)?)?)""",
    re.VERBOSE,
)
COMMENT_END = re.compile(r"--!?>")
RAW = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
CODE = ("script", "style")
REFERRING = ("title", "textarea")


class Tag(NamedTuple):
    """A start tag, an end tag, or both of an element without content.

    start, end: Where it stands in the page. closes: Whether it is an end tag. is_empty: Whether it ends in `/>`.
    """

    name: str
    start: int
    end: int
    attributes: Mapping[str, str]
    closes: bool = False
    is_empty: bool = False


class Text(NamedTuple):
    """Characters between tags, with their references as they stand in the page. raw: In which nothing is a reference."""

    start: int
    end: int
    raw: bool = False


def read_tokens(page: str, *, xml: bool = False) -> Iterator[Tag | Text]:
    """Yields tags and text in order. xml: The page is XHTML, in which `/>` ends an element and CDATA is text."""
    at = begin = 0  # what is before `begin` was yielded
    last, last_comment = page.rfind(">"), max(page.rfind("-->"), page.rfind("--!>"))
    unclosed: set[str] = set()  # elements of raw text that do not end any more
    has_type = False
    while (found := MARKUP.search(page, at)) and found.start() < last:
        lt = found.start()
        if lt > begin:
            yield Text(begin, lt)
        if page[lt + 1].isalpha():
            tag = _read_start(page, lt)
            yield tag
            at = begin = tag.end
            if tag.name in RAW and not (xml and tag.is_empty):
                end = None if tag.name in unclosed else re.compile(rf"</{tag.name}(?=[ \t\n\r\f/>])", re.IGNORECASE).search(page, at)
                if end is None and tag.name in CODE:
                    return
                if end is None:
                    unclosed.add(tag.name)
                elif end.start() > at:
                    yield Text(at, end.start(), raw=tag.name not in REFERRING)
                    at = begin = end.start()
        elif xml and page.startswith("<![CDATA[", lt):
            end_at = page.find("]]>", lt)
            end_at = len(page) if end_at < 0 else end_at
            yield Text(lt + 9, end_at, raw=True)
            at = begin = min(end_at + 3, len(page))
        elif page.startswith("<!--", lt) and lt < last_comment:
            comment_end = COMMENT_END.search(page, lt + 2)
            at = begin = comment_end.end() if comment_end else len(page)
        else:
            at = begin = page.find(">", lt) + 1
            name = NAME.match(page, lt + 2) if page[lt + 1] == "/" else None
            if name:
                yield Tag(name[0].lower(), lt, at, {}, closes=True)
            elif not has_type and page[lt + 2 : lt + 9].lower() == "doctype":
                has_type = True
                if "[" in page[lt:at]:  # with declarations of its own
                    at = begin = max(page.find("]>", lt) + 2, at)
    if begin < len(page):
        yield Text(begin, len(page))


def _read_start(page: str, at: int) -> Tag:
    name = NAME.match(page, at + 1)
    assert name
    attributes: dict[str, str] = {}
    end = name.end()
    while found := ATTRIBUTE.match(page, end):
        end = found.end()
        if found["end"]:
            break
        value = found["value"] or ""
        attributes.setdefault(found["name"].lower(), unescape(value[1:-1] if value[:1] in ("'", '"') else value))
    else:
        end = len(page)
    return Tag(name[0].lower(), at, end, attributes, is_empty=page[max(end - 2, at) : end] == "/>")
