"""Front matter: the fields between `---` lines that skills and notes begin with.

It is the part of YAML that people write there, read in linear time: `name: value`, nested by indent, lists (`- item`, `[a, b]`), quoted
text over several lines, `|` and `>` blocks, comments, true, false, null and numbers of up to 15 digits; a value in brackets or braces
that is JSON is read as JSON. All else of YAML, such as anchors, aliases and tags, stays the text that it is, so none of it expands or runs.

Why no YAML library: PyYAML and ruamel.yaml recurse on nested input and expand aliases, and the smaller one is eight times this file.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import ConfigError, JsonError
from .json_text import read_json

LONGEST = 64 << 10
MOST_DEPTH = 8
END = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
KEY = re.compile(r"""("(?:[^"\\]|\\.){1,200}"|'[^']{1,200}'|[\w$./<~+(](?:[^:#"\n]|:(?=\S)|(?<=\S)\#){0,200}?)[ \t]*:(?:[ \t]+|$)""")
NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?(?:[eE][-+]?[0-9]{1,2})?")
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
QUOTED = re.compile(r"""(?:"((?:[^"\\]|\\.)*+)"|'((?:[^']|'')*+)')[ \t]*(?:\#[^\n]*)?(?=\n|\Z)""", re.DOTALL)
ITEM = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^']|'')*+)'|([^,\[\]{}"'\n][^,\[\]{}\n]*+))\s*(?:,|\Z)""")
BLOCK = re.compile(r"([|>])(?:([-+])?[1-9]?|[1-9]([-+]))(?:[ \t]+\#.*)?")
ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b", "b": "\b", "f": "\f", "v": "\v", "\n": ""}


def split_front_matter(text: str) -> tuple[dict[str, Any], int]:
    """Returns the fields, and where the text below them begins: ({}, 0) where there is no front matter. Raises ConfigError, naming the
    line."""
    first = re.match(r"\ufeff?---[ \t]*\r?\n", text)
    if not first:
        return {}, 0
    end = END.search(text, first.end(), first.end() + LONGEST)
    if not end:
        raise ConfigError(f"line 1: the front matter begins with '---' and does not end with another within {LONGEST:,} characters")
    body = re.compile(r"\s*").match(text, end.end())
    return read_front_matter(text[first.end() : end.start()]), body.end() if body else end.end()


def read_front_matter(text: str) -> dict[str, Any]:
    """Returns the fields of what stands between the `---` lines. Raises ConfigError, naming the line."""
    reader = _Reader(text.replace("\r\n", "\n").split("\n"))
    line = reader.peek()
    fields = reader.read_block(line[0], 1) if line else {}
    if reader.peek() or not isinstance(fields, dict):
        raise reader.fault("expected `name: value`, indented as the first field is")
    return fields


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines, self._at = lines, 0

    def peek(self) -> tuple[int, str] | None:
        """Returns indent and content of the next line that is neither empty nor a comment."""
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            content = line.lstrip(" ")
            if content.startswith("\t"):
                raise self.fault("a tab is no indent in YAML; use spaces")
            if content and not content.startswith("#"):
                return len(line) - len(content), content
            self._at += 1
        return None

    def fault(self, why: str) -> ConfigError:
        at = min(self._at, len(self._lines) - 1)
        return ConfigError(f"front matter, line {at + 2}: {why}: {self._lines[at].strip()[:60]!r}")

    def read_block(self, indent: int, depth: int) -> Any:
        """Reads the mapping, the list or the text whose lines have this indent."""
        line = self.peek()
        if not line or depth > MOST_DEPTH:
            return self._join_below(indent - 1, [])
        if _is_item(line[1]):
            return self._read_list(indent, depth)
        return self._read_mapping(indent, depth) if KEY.match(line[1]) else self._join_below(indent - 1, []) if depth > 1 else {}

    def _read_mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self.peek()) and line[0] == indent and (key := KEY.match(line[1])):
            name = key[1].strip()
            name = _unescape(name[1:-1]) if name[0] == '"' else name[1:-1] if name[0] == "'" else name
            if name in found:
                raise self.fault(f"{name} is there twice")
            found[name] = self._read_value(line[1][key.end() :], indent, depth)
        return found

    def _read_list(self, indent: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while (line := self.peek()) and line[0] == indent and _is_item(line[1]):
            rest = line[1][1:].lstrip(" ")
            if (_is_item(rest) or (KEY.match(rest) and rest[0] not in "\"'")) and depth < MOST_DEPTH:
                # `- name: value`, `- - item`: a mapping or a list begins behind the dash, at its own indent.
                inner = indent + len(line[1]) - len(rest)
                self._lines[self._at] = " " * inner + rest
                found.append(self.read_block(inner, depth + 1))
            else:
                found.append(self._read_value(rest, indent, depth))
        return found

    def _read_value(self, rest: str, indent: int, depth: int) -> Any:
        """Reads the value behind `name:` or `-`, on that line and on the lines below that belong to it."""
        if rest[:1] in ("|", ">") and (header := BLOCK.fullmatch(rest)):
            return self._read_text_block(header[1], header[2] or header[3], indent)
        if rest[:1] in ('"', "'"):
            return self._read_quoted(rest)
        if rest[:1] in ("[", "{"):
            return self._read_brackets(rest, indent)
        self._at += 1
        if rest and not rest.startswith("#"):
            return self._join_below(indent, [_without_comment(rest)])
        line = self.peek()
        if line and (line[0] > indent or (line[0] == indent and _is_item(line[1]))):
            return self.read_block(line[0], depth + 1)
        return None

    def _join_below(self, indent: int, parts: list[str]) -> Any:
        """Reads plain text with the lines below it that are indented further than `indent`."""
        while (line := self.peek()) and line[0] > indent:
            parts.append(_without_comment(line[1]))
            self._at += 1
        return _read_scalar(parts[0]) if len(parts) == 1 else " ".join(parts)

    def _read_quoted(self, rest: str) -> str:
        text = "\n".join((rest, *self._lines[self._at + 1 :]))
        found = QUOTED.match(text)
        if not found:
            raise self.fault("a quote is not closed, or text follows it")
        self._at += 1 + found[0].count("\n")
        return _unfold(found[1], found[2])

    def _read_brackets(self, rest: str, indent: int) -> Any:
        parts, balance = [rest], _balance(rest)
        self._at += 1
        while balance > 0 and (line := self.peek()) and (line[0] > indent or line[1][0] in "]}"):
            parts.append(line[1])
            balance += _balance(line[1])
            self._at += 1
        if balance > 0:
            raise self.fault("a bracket is not closed")
        text = "\n".join(parts).strip()
        try:
            return read_json(text, max_depth=MOST_DEPTH)
        except JsonError:
            items = _split_items(text[1:-1].strip()) if text[0] == "[" and text[-1] == "]" else None
            return " ".join(text.split()) if items is None else items

    def _read_text_block(self, style: str, ending: str | None, indent: int) -> str:
        self._at += 1
        lines: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip("\r")
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            lines.append(line if line.strip() else "")
            self._at += 1
        depth = min((len(line) - len(line.lstrip(" ")) for line in lines if line), default=0)
        text = "\n".join(line[depth:] for line in lines)
        body = text.rstrip("\n")
        end = text[len(body) :] if ending == "+" else ""
        body = _fold(body.split("\n")) if style == ">" else body
        return body if ending == "-" or not body else f"{body}\n{end}"


def _is_item(content: str) -> bool:
    return content == "-" or content.startswith("- ")


def _without_comment(text: str) -> str:
    return re.split(r"[ \t]\#", text, maxsplit=1)[0].rstrip()


def _read_scalar(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if not NUMBER.fullmatch(text):
        return text
    return float(text) if set(text) & set(".eE") else int(text)


def _unescape(text: str) -> str:
    def replace(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        return chr(min(int(code, 16), 0x10FFFF)) if code else ESCAPES.get(found[4], found[4])

    # JSON writes characters beyond the first plane as pairs.
    return ESCAPE.sub(replace, text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unfold(double: str | None, single: str | None) -> str:
    """Returns the content of quotes, with a space for each line end."""
    text = re.sub(r"[ \t]*\n[ \t]*", " ", double if double is not None else single or "")
    return _unescape(text) if double is not None else text.replace("''", "'")


def _split_items(text: str) -> list[Any] | None:
    """Returns the items of a list in brackets that is no JSON; None where it holds other lists."""
    items: list[Any] = []
    at = 0
    while at < len(text):
        found = ITEM.match(text, at)
        if not found:
            return None
        items.append(_read_scalar(found[3].strip()) if found[3] else _unfold(found[1], found[2]))
        at = found.end()
    return items


def _balance(text: str) -> int:
    plain = re.sub(r"""'[^']*+'|"(?:[^"\\]|\\.)*+\"""", "", text)
    return sum(plain.count(mark) for mark in "[{") - sum(plain.count(mark) for mark in "]}")


def _fold(lines: list[str]) -> str:
    """Joins the lines of each paragraph; empty lines and lines indented further stay."""
    out, previous = [""], ""
    for number, line in enumerate(lines):
        if not line:
            out.append("\n")
        elif number and (line.startswith(" ") or previous.startswith(" ")):
            out.append("\n" + line)
        else:
            out.append(line if out[-1][-1:] in ("", "\n") else " " + line)
        previous = line
    return "".join(out)
