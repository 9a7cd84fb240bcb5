"""Notes count the parts of a file that its loader left out or guessed, so that nothing is dropped silently."""

from __future__ import annotations

MOST_KINDS = 50


class Notes:
    """Counts what is left out of a file, by kind. `lines` has a line for each kind, `take` those since the last `take`.

    notes = Notes()
    notes.count("pictures left out", 3)
    notes.lines()  # ("pictures left out: 3",)
    """

    def __init__(self) -> None:
        self._all: dict[str, tuple[int, str]] = {}
        self._new: dict[str, tuple[int, str]] = {}

    def add(self, text: str) -> None:
        """Notes something that has no count, once."""
        self.count(text, 0)

    def count(self, kind: str, count: int = 1, example: str = "") -> None:
        """Adds `count` to a kind.

        Args:
            kind: A plural with its verb: "pictures left out".
            count: How many; 0 is a note without a number.
            example: The place or name of the first one, such as "line 3".
        """
        for counts in (self._all, self._new):
            if kind in counts or len(counts) < MOST_KINDS:
                before, first = counts.get(kind, (0, example))
                counts[kind] = before + count, first

    def lines(self) -> tuple[str, ...]:
        """Returns a line for each kind, in the order in which they were met."""
        return _lines(self._all)

    def take(self) -> tuple[str, ...]:
        """Returns a line for each kind that was counted since `take` was called last."""
        taken, self._new = self._new, {}
        return _lines(taken)


def _lines(counts: dict[str, tuple[int, str]]) -> tuple[str, ...]:
    return tuple(kind + (f": {count:,}" if count else "") + (f" ({first})" if first else "") for kind, (count, first) in counts.items())
