"""Front matter: the part of YAML that skills and notes begin with, and nothing that could do harm.

Read: mappings (nested by indent), lists (`- item`, `[a, b]`), `{a: b}`, plain, 'single' and "double" quoted scalars, `|` and `>` blocks
with `-` and `+`, comments, true, false, null and numbers. Refused, by line: anchors, aliases, tags, several documents, tabs as indent,
names that are there twice. Where a plain scalar holds `: ` it is kept as text, as people write descriptions.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import ConfigError
from .json_text import read_json

FENCE = "---"
KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#&*!|>%@`\[\]{},?:-][^#:]*?|-?[\w./-]+)\s*:(?:\s+|$)""")
NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
LONGEST = 64 << 10


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The front matter and what follows it; {} where there is none. Raises ConfigError, naming the line."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return {}, text
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in (FENCE, "..."):
            return read_front_matter("\n".join(lines[1:number])), "\n".join(lines[number + 1 :]).lstrip("\n")
    raise ConfigError("line 1: the front matter begins with '---' and never ends with another")


def read_front_matter(text: str) -> dict[str, Any]:
    """Raises ConfigError, naming the line."""
    if len(text) > LONGEST:
        raise ConfigError(f"the front matter is longer than {LONGEST} characters")
    reader = _Reader(text.split("\n"))
    value = reader.mapping(0) if reader.peek() is not None else {}
    if line := reader.peek():
        raise reader.fault("expected `name: value`" if _is_item(line[1]) else "it is indented differently from what is above it")
    return value


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines, self._at, self._depth = lines, 0, 0

    def peek(self) -> tuple[int, str] | None:
        """Indent and content of the next line that has content."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            content = line.strip(" ")
            if content.strip() and not content.startswith("#"):
                if line[: len(line) - len(line.lstrip())].count("\t"):
                    raise self.fault("a tab is no indent in YAML; use spaces")
                return len(line) - len(line.lstrip(" ")), content.rstrip()
            self._at += 1
        return None

    def fault(self, why: str) -> ConfigError:
        line = self._lines[self._at] if self._at < len(self._lines) else ""
        return ConfigError(f"front matter, line {self._at + 2}: {why}: {line.strip()[:60]!r}")

    def mapping(self, indent: int) -> dict[str, Any]:
        self._deeper()
        found: dict[str, Any] = {}
        while (line := self.peek()) and line[0] == indent and not _is_item(line[1]):
            match = KEY.match(line[1])
            if not match:
                raise self.fault("expected `name: value`")
            name = str(self._quoted(match[1]) if match[1][0] in "\"'" else match[1].strip())
            if name in found:
                raise self.fault(f"{name} is there twice")
            found[name] = self._value(line[1][match.end() :], indent)
        self._depth -= 1
        return found

    def _sequence(self, indent: int) -> list[Any]:
        self._deeper()
        found: list[Any] = []
        while (line := self.peek()) and line[0] == indent and _is_item(line[1]):
            rest = line[1][1:].lstrip(" ")
            if _is_item(rest) or (KEY.match(rest) and rest[0] not in "\"'[{"):
                # `- name: value`, `- - item`: what stands behind the dash begins a mapping, a list, at its own indent.
                inner = line[0] + len(line[1]) - len(rest)
                self._lines[self._at] = " " * inner + rest
                found.append(self._sequence(inner) if _is_item(rest) else self.mapping(inner))
            else:
                found.append(self._value(rest, indent))
        self._depth -= 1
        return found

    def _value(self, rest: str, indent: int) -> Any:
        """What stands behind `name:` or `-`, on that line and the ones that belong to it."""
        rest = rest.strip()
        if rest[:1] in ("|", ">"):
            return self._block(rest, indent)
        if rest and not rest.startswith("#"):
            return self._inline(rest, indent)
        self._at += 1
        line = self.peek()
        if line and _is_item(line[1]) and line[0] >= indent:
            return self._sequence(line[0])
        if line and line[0] > indent:
            if KEY.match(line[1]):
                return self.mapping(line[0])
            self._at -= 1
            return self._folded("", indent)
        return None

    def _inline(self, rest: str, indent: int) -> Any:
        if rest[0] in "&*!%@`":
            raise self.fault("anchors, aliases and tags are not read here; write the text in quotes")
        if rest[0] in "\"'":
            while not _closes(rest):
                self._at += 1
                line = self.peek()
                if line is None:
                    self._at -= 1
                    raise self.fault("a quote is not closed")
                rest = f"{rest} {line[1]}"
            value = self._quoted(rest)
            self._at += 1
            return value
        if rest[0] in "[{":
            while not _balanced(rest):
                self._at += 1
                line = self.peek()
                if line is None:
                    self._at -= 1
                    raise self.fault("a bracket is not closed")
                rest = f"{rest} {line[1]}"
            value = _Flow(rest, self).read()
            self._at += 1
            return value
        return self._folded(_without_comment(rest), indent)

    def _folded(self, first: str, indent: int) -> Any:
        """A plain scalar, with the lines below that are indented further."""
        parts = [first] if first else []
        self._at += 1
        while (line := self.peek()) and line[0] > indent:
            parts.append(_without_comment(line[1]))
            self._at += 1
        return _scalar(parts[0]) if len(parts) == 1 else " ".join(parts)

    def _block(self, header: str, indent: int) -> str:
        match = re.fullmatch(r"([|>])([-+]?)(?:\s+#.*)?", header)
        if not match:
            raise self.fault("a block begins with |, >, |-, >-, |+ or >+ alone on its line")
        self._at += 1
        lines: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            lines.append(line.rstrip() if not line.strip() else line)
            self._at += 1
        depth = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        text = "\n".join(line[depth:] for line in lines)
        body = text.rstrip("\n")
        if match[1] == ">":
            body = _fold(body)
        if match[2] == "-" or not body:
            return body
        return body + ("\n" + text[len(text.rstrip("\n")) :] if match[2] == "+" else "\n")

    def _quoted(self, text: str) -> str:
        closed = _closes(text)
        if not closed or text[closed:].strip()[:1] not in ("", "#"):
            raise self.fault("something follows the closing quote")
        return _unquote(text[:closed], self)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > 16:
            raise self.fault("it is nested too deeply")


class _Flow:
    """[a, b] and {a: b}, already on one line."""

    def __init__(self, text: str, reader: _Reader) -> None:
        self._text, self._at, self._reader, self._depth = text, 0, reader, 0

    def read(self) -> Any:
        value = self._value("")
        if self._text[self._at :].strip()[:1] not in ("", "#"):
            raise self._reader.fault("something follows the closing bracket")
        return value

    def _value(self, stops: str) -> Any:
        self._skip()
        mark = self._text[self._at : self._at + 1]
        if mark in ("[", "{") and mark:
            self._depth += 1
            if self._depth > 16:
                raise self._reader.fault("it is nested too deeply")
            value = self._items(mark)
            self._depth -= 1
            return value
        if mark in ('"', "'") and mark:
            closed = _closes(self._text[self._at :])
            text = self._text[self._at : self._at + closed]
            self._at += closed
            return _unquote(text, self._reader)
        match = re.compile(rf"[^{re.escape(stops)}\[\]{{}}]*").match(self._text, self._at)
        text = match[0] if match else ""
        self._at += len(text)
        if text.strip()[:1] in tuple("&*!%@`"):
            raise self._reader.fault("anchors, aliases and tags are not read here; write the text in quotes")
        return _scalar(text.strip())

    def _items(self, opening: str) -> Any:
        closing = "]" if opening == "[" else "}"
        self._at += 1
        items: list[Any] = []
        pairs: dict[str, Any] = {}
        while True:
            self._skip()
            if self._text[self._at : self._at + 1] == closing:
                self._at += 1
                return items if opening == "[" else pairs
            value = self._value("," if opening == "[" else ",:")
            self._skip()
            if opening == "[":
                items.append(value)
            else:
                if self._text[self._at : self._at + 1] != ":":
                    raise self._reader.fault("expected `name: value` between braces")
                self._at += 1
                name = str(value)
                if name in pairs:
                    raise self._reader.fault(f"{name} is there twice")
                pairs[name] = self._value(",")
                self._skip()
            mark = self._text[self._at : self._at + 1]
            if mark == ",":
                self._at += 1
            elif mark != closing:
                raise self._reader.fault(f"expected ',' or '{closing}'")

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1] == " ":
            self._at += 1


def _is_item(content: str) -> bool:
    return content == "-" or content.startswith("- ")


def _without_comment(text: str) -> str:
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()


def _scalar(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if NUMBER.fullmatch(text):
        number = read_json(text.lstrip("+"), nonfinite="null")
        return text if number is None else number  # more digits than a number holds
    return text


def _closes(text: str) -> int:
    """Where the quoted text that begins here ends; 0 where it does not."""
    match = re.match(r"""'(?:[^']|'')*'(?!')|"(?:[^"\\]|\\.)*\"""", text)
    return match.end() if match else 0


def _unquote(text: str, reader: _Reader) -> str:
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    escapes = re.sub(r"\\(x[0-9A-Fa-f]{2}|.)", lambda m: f"\\u00{m[1][1:]}" if m[1][0] == "x" and m[1][1:] else m[0], text)
    try:
        unquoted: str = read_json(escapes, strict=False)
    except ValueError as error:
        raise reader.fault("the text in double quotes cannot be read") from error
    return unquoted


def _balanced(text: str) -> bool:
    plain = re.sub(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""", "", text)
    return all(plain.count(a) <= plain.count(b) for a, b in ("[]", "{}"))


def _fold(text: str) -> str:
    """Lines of a paragraph become one; empty lines and further indented ones stay."""
    out = ""
    previous = ""
    for line in text.split("\n"):
        if not out:
            out = line
        elif not line:
            out += "\n"
        elif line.startswith(" ") or previous.startswith(" "):
            out += "\n" + line
        else:
            out += ("" if out.endswith("\n") else " ") + line
        previous = line
    return out
