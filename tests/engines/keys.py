"""Keys as WebDriver names them: https://www.w3.org/TR/webdriver2/#keyboard-actions"""

from __future__ import annotations

from collections.abc import Iterator

CONTROL, SHIFT, ENTER, TAB, ESCAPE = "\ue009", "\ue008", "\ue007", "\ue004", "\ue00c"


def strokes(keys: str) -> Iterator[tuple[bool, str]]:
    """Yields (whether it goes down, key). Control and Shift are held until the next other key is up."""
    held = ""
    for key in keys:
        yield True, key
        if key in (CONTROL, SHIFT):
            held += key
            continue
        yield False, key
        yield from ((False, modifier) for modifier in reversed(held))
        held = ""
