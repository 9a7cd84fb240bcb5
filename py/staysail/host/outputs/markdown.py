"""Parts as Markdown that no reader of Markdown takes for HTML, a picture or a script.

Readers differ, so nothing rests on how one of them reads: outside of fences every character that could begin a tag, a picture, a
definition or a link is written as a character reference, but for links to http, https and mailto; and each fence stands alone, at the
first column, longer than any run of its mark within.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence

from ...core.secrets import redact
from ...core.shown import MOST_ROWS, PICTURES, Card, Code, Note, Picture, Prose, ShownPart, Table
from .prose import FENCE, LINK, is_safe_address, quiet_tex

CODE_SPAN = r"(?<!`)(`{1,3})(?!`)([^`\n]{1,500})(?<!`)\1(?!`)"
MARKUP = r"[\\`*_{}\[\]()#+\-.!<>|~$&@:^=\"']"


def draw_markdown(parts: Sequence[ShownPart]) -> str:
    return "\n\n".join(filter(None, map(_draw, parts)))


def safe_markdown(text: str) -> str:
    """Returns a model's Markdown without raw HTML, without pictures and with links to http, https and mailto alone. O(n)."""
    return "\n".join(_safe_lines(text.replace("\r\n", "\n").split("\n")))


def fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}\n{text}\n{mark}"


def literal(text: str) -> str:
    """Returns a text on one line in which nothing is markup."""
    return re.sub(MARKUP, lambda found: f"&#{ord(found[0])};", " ".join(quiet_tex(text).split()))


def _safe_lines(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        fence = re.fullmatch(FENCE, lines[at].lstrip())
        if not fence:
            yield _safe_line(lines[at])
            at += 1
            continue
        end = at + 1
        while end < len(lines) and not _closes(lines[end], fence[1]):
            end += 1
        yield from ("", fenced("\n".join(lines[at + 1 : end])), "")
        at = end + 1


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    return len(mark) >= len(fence) and mark == fence[0] * len(mark)


def _safe_line(line: str) -> str:
    out, at = [], 0
    # Four spaces would make code, in which character references stand as they are; lists keep two a level.
    indent = len(line) - len(line.lstrip())
    line = "  " * min(indent // 2, 6) + line.lstrip() if re.match(r"\s*(?:[-*+]|\d{1,9}[.)])\s", line) else line.lstrip()
    for found in re.finditer(rf"{CODE_SPAN}|{LINK}", line):
        out.append(_quiet(line[at : found.start()]))
        at = found.end()
        if found[2] is not None:
            out.append(f"<code>{literal(found[2])}</code>")
        elif is_safe_address(found[4]) and "|" not in found[4]:
            label = literal(found[3]) or "link"
            out.append(f"[{f'picture: {label}' if found[0][0] == '!' else label}](<{found[4]}>)")
        else:
            out.append(_quiet(found[0]))
    out.append(_quiet(line[at:]))
    return "".join(out)


def _quiet(text: str) -> str:
    """Returns text that may hold emphasis, headings, lists and tables, and neither tags nor links. A quotation keeps its mark."""
    quotes = re.match(r"(?:>\s?)*", text)
    assert quotes is not None
    # Braces with an assignment are attributes to some readers.
    rest = re.sub(r"[<>\[\]`&]|\{(?=[^}\n]{0,300}[\w-]{3}\s*=)", lambda found: f"&#{ord(found[0])};", quiet_tex(text[quotes.end() :]))
    return quotes[0] + rest


def _draw(part: ShownPart) -> str:
    match part:
        case Prose(markdown):
            return safe_markdown(redact(markdown)).strip()
        case Note(text):
            return f"*{literal(redact(text))}*" if text.strip() else ""
        case Code(text):
            return fenced(redact(text))
        case Picture(data, media_type):
            if media_type not in PICTURES:
                return literal(f"[{media_type}, {len(data)} bytes]")
            return f"![](data:{media_type};base64,{b64encode(data).decode()})"
        case Table(columns, rows):
            lines = [columns, ("---",) * len(columns), *(tuple(literal(redact(cell)) for cell in row) for row in rows[:MOST_ROWS])]
            more = f"\n\nand {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
            return "\n".join(f"| {' | '.join(line)} |" for line in lines) + more
        case Card(title, state, inner, _):
            head = f"**{literal(redact(title))}** {literal(redact(state))}".rstrip()
            return "\n\n".join([head, *filter(None, map(_draw, inner))])
