"""Splitters cut a text into passages of at most `size`, each a slice of the text, so that its place in the source is known.

How it works. The text is cut at the strongest kind of boundary (paragraphs, then lines, sentences, words, characters), and only pieces
that are still too big are cut at the next kind. Then neighbours are joined again as long as they fit; the next passage begins with as
many whole pieces of the last one as fit in `overlap`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
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


FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+")
UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
UNDERLINED = re.compile(r" {0,3}(?![-*+>|=]|\d+[.)])\S")  # a paragraph: neither a list, a quotation, a table nor a rule
LONGEST_HEADING = 300  # in the metadata of every passage below it
TOKEN = re.compile(r"([A-Za-zÀ-ɏͰ-ϿЀ-ӿ]+)|([0-9]+)|[^\s\w]|\w")


class Passage(Value):
    """A piece of a text: `text` is source[start:end]. metadata: its place in the structure, such as the `headings` above it."""

    text: str
    start: int
    end: int
    metadata: Mapping[str, Any] = NOTHING


def split_text(
    text: str, size: int = 1000, overlap: int = 150, *, measure: Measure = len, boundaries: Sequence[str] = TEXT
) -> list[Passage]:
    """Splits at paragraphs, then at lines, sentences, words and characters. O(n log n) calls of `measure`. Raises ConfigError.

    Args:
        text: Any text.
        size: Most of a passage, as `measure` counts.
        overlap: Most that a passage repeats of the one before; less than `size`.
        measure: Counts a text: its characters by default, or the tokens of a model. A longer text never counts less.
        boundaries: Regular expressions of the places to cut at, the strongest first.
    """
    if size < 1 or not 0 <= overlap < size:
        raise ConfigError(f"a passage has at least 1, and overlaps by less than it has: size={size}, overlap={overlap}")
    groups = _groups(text, 0, len(text), size, measure, boundaries)
    return [passage for group in groups for passage in _join(text, group, size, overlap, measure)]


def split_tokens(text: str, size: int = 256, overlap: int = 32, *, count: Measure | None = None) -> list[Passage]:
    """Splits as `split_text`, by tokens.

    Args:
        text: Any text.
        size: Most tokens of a passage.
        overlap: Most tokens that a passage repeats of the one before; less than `size`.
        count: Counts the tokens of a text; `estimate_tokens` by default.
    """
    return split_text(text, size, overlap, measure=count or estimate_tokens)


def estimate_tokens(text: str) -> int:
    """Estimates how many tokens a model makes of a text: one for every five letters begun of a word, every three digits, and every other
    character. For limits that must hold, count with the model's own tokenizer."""
    return sum(-(-len(word) // 5) if word else -(-len(digits) // 3) if digits else 1 for word, digits in TOKEN.findall(text))


def split_sentences(text: str, size: int = 1000, overlap: int = 0, *, measure: Measure = len) -> list[Passage]:
    """Splits into passages of whole sentences, where they fit.

    Args:
        text: Any text.
        size: Most of a passage, as `measure` counts.
        overlap: Most that a passage repeats of the one before; less than `size`.
        measure: Counts a text: its characters by default, or the tokens of a model.
    """
    return split_text(text, size, overlap, measure=measure, boundaries=SENTENCES)


def split_code(text: str, language: str = "python", size: int = 1500, overlap: int = 0, *, measure: Measure = len) -> list[Passage]:
    """Splits source code into passages of whole definitions, where they fit. Raises ConfigError for an unknown language.

    Args:
        text: Source code.
        language: Its language, by name or file extension.
        size: Most of a passage, as `measure` counts.
        overlap: Most that a passage repeats of the one before; less than `size`.
        measure: Counts a text: its characters by default, or the tokens of a model.
    """
    name = LANGUAGES.get(language.lower(), language.lower())
    if name not in DEFINITIONS:
        raise ConfigError(f"there is no splitter for {language!r}; there are {', '.join(DEFINITIONS)}; split_text takes any text")
    return split_text(
        text, size, overlap, measure=measure, boundaries=(DEFINITIONS[name], r"\n[ \t\r]*\n", r"\n", WORD_END, r"(?<=.)(?=.)")
    )


def split_markdown(text: str, size: int = 1000, overlap: int = 150, *, measure: Measure = len) -> list[Passage]:
    """Splits Markdown into passages that never cross a heading; `headings` in their metadata are the headings above them.

    Args:
        text: Markdown.
        size: Most of a passage, as `measure` counts.
        overlap: Most that a passage repeats of the one before; less than `size`.
        measure: Counts a text: its characters by default, or the tokens of a model.
    """
    return split_sections(text, read_sections(text), size, overlap, measure)


def split_sections(
    text: str, sections: Iterable[tuple[tuple[str, ...], int, int]], size: int = 1000, overlap: int = 150, measure: Measure = len
) -> list[Passage]:
    """Splits each section by itself. sections: (headings above, start, end), as `read_sections` yields them."""
    passages = []
    for headings, start, end in sections:
        for passage in split_text(text[start:end], size, overlap, measure=measure):
            metadata = {"headings": list(headings)} if headings else {}
            passages.append(Passage(passage.text, start + passage.start, start + passage.end, metadata))
    return passages


def read_sections(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yields (headings above, start, end) for each section of a Markdown text. Headings begin with `#` or are underlined with `=` or `-`;
    a line of fenced code is none."""
    headings: list[tuple[int, str]] = []
    start = at = above = 0  # above: where the line before begins
    lines = 0  # of the paragraph so far
    fence = previous = ""
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        heading = None if fence or mark else _read_heading(line, previous if lines == 1 else "")
        if heading:
            level, name, is_underlined = heading
            begin = above if is_underlined else at
            if text[start:begin].strip():
                yield tuple(name for _, name in headings), start, begin
            headings = [*(outer for outer in headings if outer[0] < level), (level, name[:LONGEST_HEADING])]
            start = begin
        lines = lines + 1 if line.strip() and not (fence or mark or heading) else 0
        above, previous = at, line
        at += len(line)
    if text[start:].strip():
        yield tuple(name for _, name in headings), start, len(text)


def _read_heading(line: str, previous: str) -> tuple[int, str, bool] | None:
    """Returns (level, name, whether the line before is the heading) for a line that is a heading or underlines one."""
    if found := HEADING.match(line):
        name = line[found.end() :].rstrip()
        bare = name.rstrip("#")
        name = bare if bare[-1:] in ("", " ", "\t") else name
        return (len(found[1]), name.strip(), False) if name.strip() else None
    if UNDERLINE.match(line) and UNDERLINED.match(previous) and not HEADING.match(previous):
        return (1 if "=" in line else 2), previous.strip(), True
    return None


def _groups(text: str, start: int, end: int, size: int, measure: Measure, boundaries: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
    """Yields lists of neighbouring spans that fit, together without gaps. A piece that is cut further makes lists of its own, so that no
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
    """Yields passages of as many neighbouring spans as fit, searched by halving, since `measure` costs as much as its text is long."""

    def fits(first: int, last: int) -> bool:
        return measure(text[spans[first][0] : spans[last - 1][1]].strip()) <= size

    def overlaps(first: int, last: int) -> bool:
        return measure(text[spans[first][0] : spans[last - 1][1]]) <= overlap

    first, count = 0, 1
    while first < len(spans):
        # One span is always taken; then twice as many, as long as they fit.
        last, over = first + 1, min(first + count + 1, len(spans) + 1)
        while over <= len(spans) and fits(first, over):
            last, over = over, over + 2 * (over - first)
        last += _count_true(range(last + 1, min(over, len(spans) + 1)), partial(fits, first))
        count = last - first
        passage = _trim(text, spans[first][0], spans[last - 1][1])
        if passage:
            yield passage
        if last == len(spans):
            return
        begin = last - _count_true(range(last - 1, first, -1), partial(overlaps, last=last))
        # What is repeated must leave room for something new.
        first = last - _count_true(range(last - 1, begin - 1, -1), partial(fits, last=last + 1))


def _count_true(places: Sequence[int], holds: Callable[[int], bool]) -> int:
    """Returns how many of the first places hold, where none holds behind one that does not."""
    return bisect_left(places, True, key=lambda place: not holds(place))


def _trim(text: str, start: int, end: int) -> Passage | None:
    """Returns the passage between two places without white space around it; None where nothing is left."""
    whole = text[start:end]
    body = whole.strip()
    start += len(whole) - len(whole.lstrip())
    return Passage(body, start, start + len(body)) if body else None
