"""Markdown that a model wrote, as HTML that is safe by construction: every text is escaped where it is written out, and only the elements
named here are made. No picture is loaded, because its address can carry the conversation to a stranger; links lead to http, https and
mailto alone.

How it works. Lines are grouped into blocks: fences, headings, rules, quotations, lists, tables, paragraphs. The text of a block is
scanned once from left to right; a mark of emphasis waits on a stack for the one that closes it, and stays text if none comes. So the time
is linear in the text, whatever a model writes. Text beyond MOST_CHARACTERS is not read as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

MOST_CHARACTERS = 200_000
MOST_LEVELS = 8
LINK = r"!?\[([^\[\]\n]{0,500})\]\(\s{0,3}<?([^\s()<>]{1,2000})>?(?:\s{1,3}\"[^\"\n]{0,300}\")?\s{0,3}\)"
INLINE = r"\\[!-/:-@\[-`{-~]|`+|\*{1,3}|_{1,3}|~~|!?\[|https?://[^\s<>\"'`*\[\]]{1,2000}|(?<! ) {2,}\n|\n"
FENCE = r" {0,3}(`{3,}+|~{3,}+)\s*+([\w+#.-]{0,40}+)[^`]*"
HEADING = r" {0,3}(#{1,6})\s+(.*)"
RULE = r" {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})"
ITEM = r"( *)([-*+]|\d{1,9}[.)])(\s+|$)"
TABLE_RULE = r"\s*+\|?\s*+:?-++:?\s*+(?:\|\s*+:?-++:?\s*+)*+\|?\s*"
LOUD_TEX = (
    r"\\(?=(?:href|url|require|html\w*|class|cssId|style|unicode|def|[egx]def|let|(?:re)?newcommand|csname|catcode|include\w*|data)\b)"
)
"""Commands by which formulas reach beyond themselves where a notebook typesets them."""


def prose_html(markdown: str) -> str:
    """Returns HTML. O(n)."""
    if len(markdown) > MOST_CHARACTERS:
        return f"<pre>{escape(markdown)}</pre>"
    return "".join(_blocks(markdown.replace("\r\n", "\n").replace("\t", "    ").split("\n"), 0))


def is_safe_address(address: str) -> bool:
    """Returns whether a link may lead to this address."""
    return re.match(r"(?:https?://|mailto:)[^\s\"'<>\\`]+\Z", address, re.IGNORECASE) is not None


def quiet_tex(text: str) -> str:
    """Returns text whose formulas cannot link, style or define anything."""
    return re.sub(LOUD_TEX, "\N{FULLWIDTH REVERSE SOLIDUS}", text)


def _blocks(lines: list[str], level: int) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        begin = at
        if not line.strip():
            at += 1
        elif fence := re.fullmatch(FENCE, line):
            at = _fence_end(lines, at, fence[1])
            inner = lines[begin + 1 : at - 1 if at > begin + 1 and _closes(lines[at - 1], fence[1]) else at]
            yield f"<pre><code>{escape(chr(10).join(inner))}</code></pre>"
        elif heading := re.fullmatch(HEADING, line):
            at += 1
            size = min(len(heading[1]) + 1, 6)
            yield f"<h{size}>{inline(heading[2].rstrip().rstrip('#').rstrip())}</h{size}>"
        elif re.fullmatch(RULE, line):
            at += 1
            yield "<hr>"
        elif level < MOST_LEVELS and re.match(r" {0,3}>", line):
            while at < len(lines) and re.match(r" {0,3}>", lines[at]):
                at += 1
            yield "<blockquote>"
            yield from _blocks([re.sub(r"^ {0,3}> ?", "", quoted) for quoted in lines[begin:at]], level + 1)
            yield "</blockquote>"
        elif level < MOST_LEVELS and re.match(ITEM, line):
            at = _list_end(lines, at)
            yield from _list(lines[begin:at], level)
        elif "|" in line and at + 1 < len(lines) and "|" in lines[at + 1] and re.fullmatch(TABLE_RULE, lines[at + 1]):
            at += 2
            while at < len(lines) and "|" in lines[at]:
                at += 1
            yield _table(lines[begin], lines[begin + 2 : at])
        else:
            at += 1
            while at < len(lines) and not _interrupts(lines[at], level):
                at += 1
            yield f"<p>{inline(chr(10).join(part.lstrip() for part in lines[begin:at]))}</p>"


def _interrupts(line: str, level: int) -> bool:
    """Returns whether a line ends the paragraph before it."""
    if line[:1].isalpha():
        return False
    blocks = (FENCE, HEADING, RULE)
    begins = level < MOST_LEVELS and re.match(rf" {{0,3}}>|{ITEM}", line) is not None
    return not line.strip() or begins or any(re.fullmatch(block, line) for block in blocks)


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    return len(mark) >= len(fence) and mark == fence[0] * len(mark)


def _fence_end(lines: list[str], at: int, fence: str) -> int:
    """Returns the index after the closing fence; a fence without an end, as while it streams, takes all lines."""
    return next((end + 1 for end in range(at + 1, len(lines)) if _closes(lines[end], fence)), len(lines))


def _list_end(lines: list[str], at: int) -> int:
    """Returns the index after a list: it holds items of one kind, the lines indented below them, and lines that go on with a paragraph."""
    base = _indent(lines[at])
    is_numbered = lines[at].lstrip()[0].isdigit()
    end = at + 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and _indent(line) <= base:
            item = re.match(ITEM, line)
            if item and (_indent(line) < base or item[2][0].isdigit() != is_numbered):
                break
            if not item and (not lines[end - 1].strip() or _interrupts(line, MOST_LEVELS)):
                break
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _list(lines: list[str], level: int) -> Iterator[str]:
    first = re.match(ITEM, lines[0])
    assert first is not None
    is_numbered = first[2][0].isdigit()
    items: list[list[str]] = []
    width = 0
    for line in lines:
        found = re.match(ITEM, line)
        if found and len(found[1]) <= len(first[1]):
            width = len(found[0].rstrip("\n")) if found[3].strip(" ") == "" and len(found[3]) <= 4 else len(found[1]) + len(found[2]) + 1
            items.append([line[width:]])
        else:
            items[-1].append(line[min(width, _indent(line)) :])
    start = f' start="{int(first[2][:-1])}"' if is_numbered and first[2][:-1] != "1" else ""
    yield f"<ol{start}>" if is_numbered else "<ul>"
    for item in items:
        yield "<li>"
        inner = list(_blocks(item, level + 1))
        if inner and inner[0].startswith("<p>"):  # a tight item
            inner[0] = inner[0].removeprefix("<p>").removesuffix("</p>")
        yield from inner
        yield "</li>"
    yield "</ol>" if is_numbered else "</ul>"


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)]


def _table(head: str, rows: list[str]) -> str:
    columns = _cells(head)
    body = "".join(
        "<tr>" + "".join(f"<td>{inline(cell)}</td>" for cell in (_cells(row) + [""] * len(columns))[: len(columns)]) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{''.join(f'<th>{inline(cell)}</th>' for cell in columns)}</tr></thead><tbody>{body}</tbody></table>"


TAGS = {"*": "em", "_": "em", "**": "strong", "__": "strong", "~~": "del"}


def inline(text: str, *, links: bool = True) -> str:
    """Returns the text of a block as HTML."""
    out: list[str] = []
    waiting: list[tuple[str, int]] = []  # marks of emphasis that are open, with their places in `out`
    runs = _backticks(text)
    at = 0
    for found in re.finditer(INLINE, text):
        if found.start() < at:
            continue  # inside of something that was read already
        out.append(_plain(text[at : found.start()]))
        token, at = found[0], found.end()
        if token[0] == "\\":
            out.append(_plain(token) if token[1] in "()[]" else escape(token[1]))  # \( and \[ begin formulas
        elif token[0] == "`":
            end = _closing_run(runs, found.start(), len(token))
            if end is None:
                out.append(token)
            else:
                out.append(f"<code>{escape(text[at:end].replace(chr(10), ' ').strip())}</code>")
                at = end + len(token)
        elif token[0] in "*_~":
            _emphasise(token, text, found.start(), out, waiting)
        elif token[-1] == "[":
            link = re.compile(LINK).match(text, found.start())
            if link is None:
                out.append(escape(token))
            else:
                out.append(_link(link[1], link[2], is_picture=token[0] == "!", links=links))
                at = link.end()
        elif token[0] == "h":
            address = token.rstrip(".,;:!?)")
            at = found.start() + len(address)
            out.append(_link(address, address, links=links))
        else:
            out.append("<br>\n" if token.startswith("  ") else "\n")
    out.append(_plain(text[at:]))
    return "".join(out)


def _plain(text: str) -> str:
    return escape(quiet_tex(text))


def _backticks(text: str) -> dict[int, list[int]]:
    """Returns the places of runs of backticks by their length, last place first."""
    runs: dict[int, list[int]] = {}
    for run in re.finditer("`+", text):
        runs.setdefault(len(run[0]), []).append(run.start())
    return {length: places[::-1] for length, places in runs.items()}


def _closing_run(runs: dict[int, list[int]], start: int, length: int) -> int | None:
    places = runs.get(length, [])
    while places and places[-1] <= start:
        places.pop()
    return places[-1] if places else None


def _emphasise(token: str, text: str, start: int, out: list[str], waiting: list[tuple[str, int]]) -> None:
    """Closes the innermost open emphasis of this mark, or opens one. `***` is both marks."""
    before, after = text[start - 1 : start], text[start + len(token) : start + len(token) + 1]
    may_close = bool(before) and not before.isspace() and not (token[0] == "_" and (after.isalnum() or after == "_"))
    may_open = bool(after) and not after.isspace() and not (token[0] == "_" and before.isalnum())
    marks = [token] if len(token) < 3 else [token[:2], token[:1]]
    open_marks = [mark for mark, _ in waiting[-MOST_LEVELS:]]
    if may_close and len(token) == 3 and open_marks[-2:] == marks:
        marks.reverse()
    for mark in marks:
        tag = TAGS[mark]
        if may_close and mark in open_marks:
            while waiting:
                opened, place = waiting.pop()
                if opened == mark:
                    out[place] = f"<{tag}>"
                    out.append(f"</{tag}>")
                    break
            open_marks = [mark for mark, _ in waiting[-MOST_LEVELS:]]
        elif may_open:
            waiting.append((mark, len(out)))
            out.append(mark)
        else:
            out.append(mark)


def _link(label: str, address: str, *, is_picture: bool = False, links: bool = True) -> str:
    shown = escape(label) if label == address else inline(label, links=False)
    if is_picture:
        shown = f"[picture: {shown or escape(address)}]"
    if not links or not is_safe_address(address):
        return shown if label == address or is_picture else f"{shown} ({escape(address)})"
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">{shown}</a>'
