"""Splitters: a text becomes passages of at most `size`, each a slice of the text, so its place in the source is known.

How it works. The text is cut at the strongest kind of boundary (paragraphs, then lines, sentences, words, characters), and only pieces
that are still too big are cut at the next kind. Then neighbours are joined again as long as they fit; the next passage begins with as
many whole pieces of the last one as fit in `overlap`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..core.errors import ConfigError
from ..core.value import NOTHING, Value

type Measure = Callable[[str], int]

SENTENCE_END = r"(?<=[.!?…])[\"'”’)\]]*\s+(?=\S)|(?<=[。！？])"
WORD_END = r"(?<=\s)(?=\S)"
TEXT = (r"\n[ \t\r]*\n\s*", r"\n+", SENTENCE_END, WORD_END, r"(?<=.)(?=.)")
SENTENCES = (SENTENCE_END + r"|\n[ \t\r]*\n\s*", WORD_END, r"(?<=.)(?=.)")

# Where a definition begins at the margin, before lines and words; a blank line in a function is a weaker cut than the next function.
DEFINITIONS = {
    "python": r"(?m)^(?=(?:@|(?:async\s+)?def |class ))",
    "javascript": r"(?m)^(?=(?:export |async |function|class |const |let |var ))",
    "go": r"(?m)^(?=(?:func|type|var|const) )",
    "rust": r"(?m)^(?=(?:pub |fn |struct |enum |impl |trait |mod |#\[))",
    "java": r"(?m)^\s{0,4}(?=(?:public|private|protected|static|class|interface|enum) )",
    "c": r"(?m)^(?=[A-Za-z_][\w\s*]*\([^;]*$|struct |typedef |class |namespace )",
}
LANGUAGES = {
    "py": "python",
    "js": "javascript",
    "ts": "javascript",
    "typescript": "javascript",
    "rs": "rust",
    "cpp": "c",
    "h": "c",
    "kotlin": "java",
}


TOKEN = re.compile(r"([A-Za-zÀ-ɏͰ-ϿЀ-ӿ]+)|([0-9]+)|[^\s\w]|\w")


class Passage(Value):
    """text: text[start:end] of the source. metadata: where in its structure it is, such as `headings`."""

    text: str
    start: int
    end: int
    metadata: Mapping[str, Any] = NOTHING


def split_text(
    text: str, size: int = 1000, overlap: int = 150, *, measure: Measure = len, boundaries: Sequence[str] = TEXT
) -> list[Passage]:
    """size, overlap: in what `measure` counts: characters, or the tokens of a model with its own counter. Raises ConfigError."""
    if size < 1 or not 0 <= overlap < size:
        raise ConfigError(f"a passage has at least 1, and overlaps by less than it has: size={size}, overlap={overlap}")
    groups = _groups(text, 0, len(text), size, measure, boundaries)
    return [passage for group in groups for passage in _join(text, group, size, overlap, measure)]


def split_tokens(text: str, size: int = 256, overlap: int = 32, *, count: Measure | None = None) -> list[Passage]:
    """size, overlap: tokens, as `count` counts them; by default `estimate_tokens`."""
    return split_text(text, size, overlap, measure=count or estimate_tokens)


def estimate_tokens(text: str) -> int:
    """About how many tokens a model makes of a text: a word is one for every five letters begun, digits go by threes, everything else is
    one each. For limits that must hold, count with the model's own tokenizer."""
    return sum(-(-len(word) // 5) if word else -(-len(digits) // 3) if digits else 1 for word, digits in TOKEN.findall(text))


def split_sentences(text: str, size: int = 1000, overlap: int = 0, *, measure: Measure = len) -> list[Passage]:
    """Passages of whole sentences, where they fit."""
    return split_text(text, size, overlap, measure=measure, boundaries=SENTENCES)


def split_code(text: str, language: str = "python", size: int = 1500, overlap: int = 0, *, measure: Measure = len) -> list[Passage]:
    """Passages of whole definitions, where they fit. Raises ConfigError for a language that is not known."""
    name = LANGUAGES.get(language.lower(), language.lower())
    if name not in DEFINITIONS:
        raise ConfigError(f"there is no splitter for {language!r}; there are {', '.join(DEFINITIONS)}; split_text takes any text")
    return split_text(
        text, size, overlap, measure=measure, boundaries=(DEFINITIONS[name], r"\n[ \t\r]*\n", r"\n", WORD_END, r"(?<=.)(?=.)")
    )


def split_markdown(text: str, size: int = 1000, overlap: int = 150, *, measure: Measure = len) -> list[Passage]:
    """Passages that never cross a heading; `headings` in their metadata are those above them."""
    return split_sections(text, read_sections(text), size, overlap, measure)


def split_sections(
    text: str, sections: Iterable[tuple[tuple[str, ...], int, int]], size: int = 1000, overlap: int = 150, measure: Measure = len
) -> list[Passage]:
    """sections: (headings above, start, end), as `read_sections` gives them."""
    passages = []
    for headings, start, end in sections:
        for passage in split_text(text[start:end], size, overlap, measure=measure):
            metadata = {"headings": list(headings)} if headings else {}
            passages.append(Passage(passage.text, start + passage.start, start + passage.end, metadata))
    return passages


def read_sections(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(headings above, start, end) of each section of a Markdown text; what looks like a heading in fenced code is none."""
    headings: list[tuple[int, str]] = []
    start, at, fence = 0, 0, ""
    for line in text.splitlines(keepends=True):
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        heading = None if fence else re.match(r" {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*\s*$", line)
        if heading:
            if text[start:at].strip():
                yield tuple(name for _, name in headings), start, at
            level = len(heading[1])
            headings = [*(above for above in headings if above[0] < level), (level, heading[2].strip())]
            start = at
        at += len(line)
    if text[start:].strip():
        yield tuple(name for _, name in headings), start, len(text)


def _groups(text: str, start: int, end: int, size: int, measure: Measure, boundaries: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
    """Lists of neighbouring spans that fit, together without gaps. A piece that had to be cut further makes lists of its own, so that no
    passage holds the end of one paragraph and the first words of the next."""
    if not boundaries or measure(text[start:end]) <= size:
        yield [(start, end)]
        return
    group: list[tuple[int, int]] = []
    for piece in _pieces(text, start, end, boundaries[0]):
        if measure(text[slice(*piece)].strip()) <= size:
            group.append(piece)
            continue
        if group:
            yield group
        group = []
        yield from _groups(text, *piece, size, measure, boundaries[1:])
    if group:
        yield group


def _pieces(text: str, start: int, end: int, boundary: str) -> Iterator[tuple[int, int]]:
    at = start
    for found in re.finditer(boundary, text[start:end], re.DOTALL):
        if at < start + found.end() < end:
            yield at, start + found.end()
            at = start + found.end()
    yield at, end


def _join(text: str, spans: Sequence[tuple[int, int]], size: int, overlap: int, measure: Measure) -> Iterator[Passage]:
    first = 0
    while first < len(spans):
        last = first + 1
        while last < len(spans) and measure(text[spans[first][0] : spans[last][1]].strip()) <= size:
            last += 1
        passage = _trim(text, spans[first][0], spans[last - 1][1])
        if passage:
            yield passage
        if last == len(spans):
            return
        begin = last
        while begin - 1 > first and measure(text[spans[begin - 1][0] : spans[last - 1][1]]) <= overlap:
            begin -= 1
        # What is repeated must leave room for something new.
        while begin < last and measure(text[spans[begin][0] : spans[last][1]].strip()) > size:
            begin += 1
        first = begin


def _trim(text: str, start: int, end: int) -> Passage | None:
    """Without white space around it."""
    whole = text[start:end]
    body = whole.strip()
    start += len(whole) - len(whole.lstrip())
    return Passage(body, start, start + len(body)) if body else None
