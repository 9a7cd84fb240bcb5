"""Parses a pattern into a tree of nodes.

Grammar: https://tc39.es/ecma262/#sec-patterns with the `u` flag, and the parts of Annex B whose meaning is certain: a lone brace, an escape
of a character that needs none. Two forms of other languages are parsed too, because tools' schemas use them: `(?P<name>…)`, and `(?i)` at
the beginning. Any other pattern is a PatternError.
"""

from __future__ import annotations

from ..value import Value
from .characters import CLASSES, LINE_ENDS, CharSet, Range, Test, one_of, property_test

LONGEST = 50_000
MOST_NESTED = 60
LONGEST_QUANTIFIER = 24
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}


class PatternError(ValueError):
    """The pattern is not ECMAScript's, or uses a property that Python's Unicode data does not have."""


class Chars(Value):
    chars: CharSet


class Sequence(Value):
    items: list[Node]


class Choice(Value):
    options: list[Node]


class Repeat(Value):
    """A repetition. most: None for no limit. groups: numbers of the groups inside, which each round begins unset."""

    item: Node
    least: int
    most: int | None
    greedy: bool
    groups: range


class Group(Value):
    number: int
    item: Node


class Look(Value):
    item: Node
    ahead: bool
    negated: bool


class Edge(Value):
    """An assertion of a position. kind: "start", "end" (multiline: also of a line), "word" or "not word"."""

    kind: str
    multiline: bool = False


class Back(Value):
    """A reference to the text of a group, by the group's number or name."""

    key: int | str
    ignore_case: bool


type Node = Chars | Sequence | Choice | Repeat | Group | Look | Edge | Back


class Parser:
    """A parsed pattern. tree: the whole pattern. groups: number of capturing groups. backs: references to groups."""

    def __init__(self, source: str) -> None:
        self._source, self._at = source, 0
        self._depth = 0
        self._flags = frozenset[str]()
        self._names: dict[str, list[int]] = {}
        self.groups = 0
        self.backs: list[Back] = []
        if len(source) > LONGEST:
            raise self._error(f"longer than {LONGEST:,} characters")
        if source.startswith("(?i)"):
            self._at, self._flags = 4, frozenset("i")
        self.tree = self._choice()
        if self._at < len(source):
            raise self._error("a parenthesis that nothing opens")
        for back in self.backs:
            self.numbers(back.key)

    def numbers(self, key: int | str) -> list[int]:
        """Returns the numbers of the groups that a reference may mean. Raises PatternError."""
        if isinstance(key, str):
            if key not in self._names:
                raise self._error(f"no group is named {key}")
            return self._names[key]
        if key > self.groups:
            raise self._error(f"there is no group {key}")
        return [key]

    def _error(self, what: str) -> PatternError:
        return PatternError(f"{what}, at {self._at} in {self._source[:200]}")

    def _peek(self, text: str) -> bool:
        return self._source.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        found = self._source.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _next(self) -> str:
        if self._at >= len(self._source):
            raise self._error("the pattern ends too early")
        self._at += 1
        return self._source[self._at - 1]

    def _until(self, end: str) -> str:
        stop = self._source.find(end, self._at)
        if stop < 0:
            raise self._error(f"{end} is missing")
        text, self._at = self._source[self._at : stop], stop + 1
        return text

    def _choice(self) -> Node:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self._error(f"groups nest more than {MOST_NESTED} deep")
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        self._depth -= 1
        return options[0] if len(options) == 1 else Choice(options)

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self._at < len(self._source) and not (self._peek("|") or self._peek(")")):
            before = self.groups
            items.append(self._quantified(self._atom(), range(before + 1, self.groups + 1)))
        return items[0] if len(items) == 1 else Sequence(items)

    def _quantified(self, item: Node, groups: range) -> Node:
        limits = self._quantifier()
        if limits is None:
            return item
        if isinstance(item, Edge) or (isinstance(item, Look) and not item.ahead):
            raise self._error("nothing that could be repeated")
        return Repeat(item, *limits, not self._take("?"), groups)

    def _quantifier(self) -> tuple[int, int | None] | None:
        signs: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        for sign, counts in signs.items():
            if self._take(sign):
                return counts
        if not self._peek("{"):
            return None
        inside, closed, _ = self._source[self._at + 1 : self._at + LONGEST_QUANTIFIER].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not (_is_count(least) and (not most or _is_count(most))):
            if _is_count(most):
                raise self._error("a quantifier without its least count")
            return None
        self._until("}")
        limits = int(least), (int(most) if most else None) if comma else int(least)
        if limits[1] is not None and limits[1] < limits[0]:
            raise self._error("a quantifier whose counts are out of order")
        return limits

    def _atom(self) -> Node:
        character = self._next()
        match character:
            case "(":
                return self._group()
            case "[":
                return Chars(self._bracketed())
            case ".":
                ends = () if "s" in self._flags else tuple((ord(c), ord(c)) for c in LINE_ENDS)
                return Chars(one_of(ends, negated=True))
            case "^":
                return Edge("start", "m" in self._flags)
            case "$":
                return Edge("end", "m" in self._flags)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise self._error("nothing that could be repeated")
        return self._literal(character)

    def _literal(self, character: str) -> Node:
        return Chars(one_of([(ord(character), ord(character))], ignore_case="i" in self._flags))

    def _group(self) -> Node:
        flags = self._flags
        try:
            return self._opened_group()
        finally:
            self._flags = flags

    def _opened_group(self) -> Node:
        for opening, ahead, negated in (("?=", True, False), ("?!", True, True), ("?<=", False, False), ("?<!", False, True)):
            if self._take(opening):
                return Look(self._closed(), ahead, negated)
        if self._take("?<") or self._take("?P<"):
            self.groups += 1
            self._names.setdefault(self._until(">"), []).append(self.groups)
        elif self._take("?P="):
            return self._back(self._until(")"))
        elif self._take("?"):
            self._change_flags(self._until(":"))
            return self._closed()
        else:
            self.groups += 1
        number = self.groups
        return Group(number, self._closed())

    def _closed(self) -> Node:
        item = self._choice()
        if not self._take(")"):
            raise self._error("a parenthesis is not closed")
        return item

    def _change_flags(self, text: str) -> None:
        on, _, off = text.partition("-")
        if not set(on + off) <= set("ims"):
            raise self._error(f"a group of an unknown kind, (?{text[:20]}")
        self._flags = (self._flags | set(on)) - set(off)

    def _back(self, key: int | str) -> Node:
        back = Back(key, "i" in self._flags)
        self.backs.append(back)
        return back

    def _escape(self) -> Node:
        character = self._next()
        if character in "bB":
            return Edge("word" if character == "b" else "not word")
        if character == "k" and self._take("<"):
            return self._back(self._until(">"))
        if character in "123456789":
            start = self._at - 1
            while self._at < len(self._source) and self._source[self._at] in "0123456789":
                self._at += 1
            return self._back(int(self._source[start : self._at][:9]))
        named = self._class_escape(character)
        if named:
            return Chars(one_of(*named, ignore_case="i" in self._flags))
        return self._literal(self._character(character))

    def _class_escape(self, character: str) -> tuple[tuple[Range, ...], tuple[Test, ...]] | None:
        r"""Returns the ranges and tests of `\d`, `\w`, `\s`, `\p{…}` and their complements; None for another escape."""
        if character in "dwsDWS":
            ranges = CLASSES[character.lower()]
            if character.islower():
                return ranges, ()
            others = one_of(ranges, negated=True)
            return (), (others.__getitem__,)
        if character not in "pP":
            return None
        name = self._until("}") if self._take("{") else self._next()
        test = property_test(name)
        if test is None:
            raise self._error(f"the property {name[:40]} is not known here")
        return (), (test if character == "p" else _complement(test),)

    def _character(self, escaped: str) -> str:
        if escaped in CONTROLS:
            return CONTROLS[escaped]
        if escaped == "0" and not (self._at < len(self._source) and self._source[self._at].isdigit()):
            return "\0"
        if escaped == "c" and self._source[self._at : self._at + 1].isascii() and self._source[self._at : self._at + 1].isalpha():
            return chr(ord(self._next()) % 32)
        if escaped == "x":
            return chr(self._hex(2))
        if escaped == "u":
            return self._code_point()
        if escaped.isalnum():
            raise self._error(f"the escape \\{escaped} has no meaning")
        return escaped

    def _code_point(self) -> str:
        if self._take("{"):
            return self._chr(self._number(self._until("}")))
        high = self._hex(4)
        if 0xD800 <= high < 0xDC00 and self._peek("\\u"):
            start = self._at
            self._at += 2
            low = self._hex(4)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
            self._at = start
        return chr(high)

    def _chr(self, code: int) -> str:
        if code > 0x10FFFF:
            raise self._error("a character beyond Unicode")
        return chr(code)

    def _hex(self, digits: int) -> int:
        text = self._source[self._at : self._at + digits]
        self._at += digits
        if len(text) < digits:
            raise self._error("the pattern ends too early")
        return self._number(text)

    def _number(self, text: str) -> int:
        if not text or not all(c in "0123456789abcdefABCDEF" for c in text) or len(text) > 8:
            raise self._error("a character's number that is not hexadecimal")
        return int(text, 16)

    def _bracketed(self) -> CharSet:
        negated = self._take("^")
        ranges: list[Range] = []
        tests: list[Test] = []
        while not self._take("]"):
            low = self._class_atom(ranges, tests)
            if self._peek("-") and not self._peek("-]"):
                self._at += 1
                high = self._class_atom(ranges, tests)
                if low is None or high is None:  # `[\w-.]`: by Annex B the hyphen stands for itself
                    ranges += [(ord(c), ord(c)) for c in (low, "-", high) if c is not None]
                elif low > high:
                    raise self._error("a range whose ends are out of order")
                else:
                    ranges.append((ord(low), ord(high)))
            elif low is not None:
                ranges.append((ord(low), ord(low)))
        return one_of(ranges, tests, negated=negated, ignore_case="i" in self._flags)

    def _class_atom(self, ranges: list[Range], tests: list[Test]) -> str | None:
        """Returns one character of a class; None for an escape that is a class, whose ranges and tests are added."""
        character = self._next()
        if character == "[" and self._source[self._at : self._at + 1] == ":":
            raise self._error("a POSIX class, which ECMAScript does not have")
        if character != "\\":
            return character
        escaped = self._next()
        if escaped == "b":
            return "\b"
        named = self._class_escape(escaped)
        if named is None:
            return self._character(escaped)
        ranges += named[0]
        tests += named[1]
        return None


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _complement(test: Test) -> Test:
    return lambda character: not test(character)
