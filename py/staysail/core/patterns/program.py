"""Compiles a pattern and searches texts with it, in a bounded number of steps.

How it works. The pattern becomes a list of instructions; a search executes them with a stack of alternatives, like every engine that
backtracks. Two measures bound the backtracking. The caller only needs to know whether there is a match, so the outcome of an instruction at
a position depends on these two alone: a branch is tried at a position once (`seen`). A `[…]*` keeps the end positions that it has tried as
one interval (`done`), so repetitions inside repetitions cost no more than one. Both make the search linear in the text's length.
References to groups, and a look-around that reads far at every position, are not linear: a budget of steps ends them with
PatternTooCostly.

Why not `re`: its `\\d`, `$` and named groups differ, it has no `\\p{…}`, and `(a+)+$` freezes the interpreter.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .characters import LINE_ENDS, WORD
from .syntax import Back, Chars, Choice, Edge, Group, Look, Node, Parser, PatternError, Repeat, Sequence

MOST_INSTRUCTIONS = 20_000
STEPS = 1_000_000

CHAR, STAR, RUN, SPLIT, JUMP, EDGE, LOOK, SAVE, RESET, BACK, MATCH = range(11)

type Captures = tuple[int, ...]


class PatternTooCostly(Exception):
    """The search exceeded its budget of steps. Whether the text matches is not known."""


class Pattern:
    """A compiled pattern. Create it with `compile_pattern`."""

    def __init__(self, source: str) -> None:
        parser = Parser(source)
        self.source = source
        self.groups = parser.groups
        self.refers = bool(parser.backs)
        self.anchored = _is_anchored(parser.tree)
        self._numbers = parser.numbers
        self.code: list[tuple[int, Any, Any]] = []
        self._compile(parser.tree, 1)
        self._emit(MATCH)

    def search(self, text: str, steps: int = STEPS) -> tuple[bool, int]:
        """Returns whether the pattern matches anywhere in the text, and the steps of the search. Raises PatternTooCostly after `steps`
        steps, plus four for each character of the text."""
        search = _Search(self, text, steps + 4 * len(text))
        return search.anywhere(), search.taken

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    def _emit(self, op: int, a: Any = None, b: Any = None) -> int:
        if len(self.code) >= MOST_INSTRUCTIONS:
            raise PatternError(f"the pattern is too large: {self.source[:100]}")
        self.code.append((op, a, b))
        return len(self.code) - 1

    def _compile(self, node: Node, direction: int) -> None:
        """Appends a node's instructions. direction: 1, or -1 inside a look-behind, which is matched from its end to its beginning."""
        match node:
            case Chars(chars):
                self._emit(CHAR, chars, direction)
            case Sequence(items):
                for item in items[::direction]:
                    self._compile(item, direction)
            case Choice(options):
                self._compile_choice(options, direction)
            case Repeat():
                self._compile_repeat(node, direction)
            case Group(number, item):
                self._save(2 * number - 2 if direction > 0 else 2 * number - 1)
                self._compile(item, direction)
                self._save(2 * number - 1 if direction > 0 else 2 * number - 2)
            case Look(item, ahead, negated):
                look = self._emit(LOOK)
                self._compile(item, 1 if ahead else -1)
                self._emit(MATCH)
                self.code[look] = (LOOK, len(self.code), negated)
            case Edge(kind, multiline):
                self._emit(EDGE, kind, multiline)
            case Back():
                self._emit(BACK, (self._numbers(node.key), node.ignore_case), direction)

    def _save(self, slot: int) -> None:
        if self.refers:
            self._emit(SAVE, slot)

    def _compile_choice(self, options: list[Node], direction: int) -> None:
        ends = []
        for option in options[:-1]:
            split = self._emit(SPLIT)
            self._compile(option, direction)
            ends.append(self._emit(JUMP))
            self.code[split] = (SPLIT, split + 1, len(self.code))
        self._compile(options[-1], direction)
        for end in ends:
            self.code[end] = (JUMP, len(self.code), None)

    def _compile_repeat(self, node: Repeat, direction: int) -> None:
        plain = isinstance(node.item, Chars) and direction > 0 and not self.refers
        if plain and isinstance(node.item, Chars):
            if node.least or node.most is not None:
                self._emit(RUN, node.item.chars, (node.least, node.least if node.most is None else node.most))
            if node.most is None:
                self._emit(STAR, node.item.chars)
            return
        for _ in range(node.least):
            self._compile_round(node, direction)
        if node.most is None:
            split = self._emit(SPLIT)
            self._compile_round(node, direction)
            self._emit(JUMP, split)
            self._close_split(split, node.greedy)
        else:
            splits = []
            for _ in range(node.most - node.least):
                splits.append(self._emit(SPLIT))
                self._compile_round(node, direction)
            for split in splits:
                self._close_split(split, node.greedy)

    def _compile_round(self, node: Repeat, direction: int) -> None:
        if self.refers and node.groups:
            self._emit(RESET, node.groups)
        self._compile(node.item, direction)

    def _close_split(self, split: int, greedy: bool) -> None:
        ways = (split + 1, len(self.code))
        self.code[split] = (SPLIT, *(ways if greedy else ways[::-1]))


class _Search:
    def __init__(self, pattern: Pattern, text: str, limit: int) -> None:
        self._pattern, self._text, self._limit = pattern, text, limit
        self.taken = 0

    def anywhere(self) -> bool:
        pattern, text = self._pattern, self._text
        nothing = (-1,) * (2 * pattern.groups) if pattern.refers else ()
        op, first, _ = pattern.code[0]
        seen: set[object] = set()
        done: dict[int, tuple[int, int]] = {}
        for start in range(1 if pattern.anchored else len(text) + 1):
            if op == CHAR and not (start < len(text) and first[text[start]]):
                continue
            if self._run(0, start, nothing, seen, done) is not None:
                return True
        self.taken += len(text) // 10
        return False

    def _run(self, pc: int, pos: int, captures: Captures, seen: set[object], done: dict[int, tuple[int, int]]) -> Captures | None:
        """Returns the captures of a match that begins at `pos`, or None. seen, done: branches that failed before."""
        code, text, size, refers = self._pattern.code, self._text, len(self._text), self._pattern.refers
        # (instruction, position, the least position to try it at afterwards, captures)
        stack = [(pc, pos, pos, captures)]
        while stack:
            pc, pos, low, captures = stack.pop()
            if pos > low:
                stack.append((pc, pos - 1, low, captures))
            while True:
                self.taken += 1
                if self.taken > self._limit:
                    raise PatternTooCostly(f"the search for {self._pattern.source[:100]} was given up after {self._limit:,} steps")
                op, a, b = code[pc]
                if op == CHAR:
                    at = pos if b == 1 else pos - 1
                    if not (0 <= at < size and a[text[at]]):
                        break
                    pos += b
                    pc += 1
                elif op == STAR:
                    tried = done.get(pc)
                    if tried and tried[0] <= pos <= tried[1]:
                        break
                    end, stop = pos, tried[0] if tried and tried[0] > pos else size
                    while end < stop and a[text[end]]:
                        end += 1
                    self.taken += (end - pos) // 4
                    if tried and end == tried[0]:
                        done[pc] = (pos, tried[1])
                        end -= 1
                    else:
                        done[pc] = (pos, end)
                    pc += 1
                    if end > pos:
                        stack.append((pc, end - 1, pos, captures))
                    pos = end
                elif op == RUN:
                    least, most = b
                    end, stop = pos, min(size, pos + most)
                    while end < stop and a[text[end]]:
                        end += 1
                    self.taken += (end - pos) // 4
                    if end - pos < least:
                        break
                    pc += 1
                    if end > pos + least:
                        stack.append((pc, end - 1, pos + least, captures))
                    pos = end
                elif op == SPLIT:
                    key: object = (pc, pos, captures) if refers else pc * (size + 1) + pos
                    if key in seen:
                        break
                    seen.add(key)
                    stack.append((b, pos, pos, captures))
                    pc = a
                elif op == JUMP:
                    pc = a
                elif op == EDGE:
                    if not self._is_edge(a, pos, b):
                        break
                    pc += 1
                elif op == LOOK:
                    found = self._run(pc + 1, pos, captures, set(), {})
                    if (found is None) is not b:
                        break
                    captures = captures if found is None else found
                    pc = a
                elif op == SAVE:
                    captures = (*captures[:a], pos, *captures[a + 1 :])
                    pc += 1
                elif op == RESET:
                    captures = tuple(-1 if n // 2 + 1 in a else at for n, at in enumerate(captures))
                    pc += 1
                elif op == BACK:
                    moved = self._follow(a, pos, b, captures)
                    if moved is None:
                        break
                    pos = moved
                    pc += 1
                else:
                    return captures
        return None

    def _is_edge(self, kind: str, pos: int, multiline: bool) -> bool:
        text, size = self._text, len(self._text)
        if kind == "start":
            return pos == 0 or bool(multiline and text[pos - 1] in LINE_ENDS)
        if kind == "end":
            return pos == size or bool(multiline and text[pos] in LINE_ENDS)
        here = (pos > 0 and WORD[text[pos - 1]]) != (pos < size and WORD[text[pos]])
        return here == (kind == "word")

    def _follow(self, back: tuple[list[int], bool], pos: int, direction: int, captures: Captures) -> int | None:
        """Returns the position after a repetition of a group's text, or None if another text stands there. A group that has not matched
        yet counts as empty."""
        numbers, ignore_case = back
        for number in numbers:
            start, end = captures[2 * number - 2 : 2 * number]
            if start < 0 or end < 0:
                continue
            length = end - start
            self.taken += length // 4
            at = pos if direction > 0 else pos - length
            wanted, found = self._text[start:end], self._text[max(at, 0) : max(at, 0) + length]
            same = wanted == found or (ignore_case and wanted.lower() == found.lower())
            return pos + direction * length if at >= 0 and same else None
        return pos


def _is_anchored(node: Node) -> bool:
    """Returns whether every match begins at the text's beginning."""
    match node:
        case Edge("start", False):
            return True
        case Sequence([first, *_]):
            return _is_anchored(first)
        case Choice(options):
            return all(map(_is_anchored, options))
        case Group(_, item):
            return _is_anchored(item)
    return False


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> Pattern:
    """Returns the compiled pattern. Raises PatternError."""
    return Pattern(source)
