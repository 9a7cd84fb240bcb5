"""Ids of tool calls: each call of a conversation has its own, and keeps the first id that was shown."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from typing import Any

from ..core.whole_text import whole_text
from .shapes import string


class CallIds:
    """The ids of the calls of one answer.

    Args:
        taken: Ids of the calls before the answer.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._chosen: dict[Hashable, str] = {}

    def at(self, place: Hashable, given: Any, answer: Any = "") -> str:
        """Returns the id of the call at a place in the answer. It does not change, whatever id is given later.

        Args:
            given: The provider's own id, which is kept unless another call has it.
            answer: The answer's id or time, from which an id is made where the provider sends none.
        """
        if place not in self._chosen:
            name = whole_text(string(given)).strip() or self._made(place, answer)
            id, copies = name, 1
            while id in self._taken:
                copies += 1
                id = f"{name}-{copies}"
            self._taken.add(id)
            self._chosen[place] = id
        return self._chosen[place]

    @staticmethod
    def _made(place: Hashable, answer: Any) -> str:
        source = "".join(letter for letter in string(answer) if letter.isascii() and (letter.isalnum() or letter in "_-"))
        return f"call_{source[-40:] or os.urandom(6).hex()}_{place if isinstance(place, int) else 0}"
