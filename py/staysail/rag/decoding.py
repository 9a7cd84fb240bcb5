"""Bytes as text, whatever they were written in."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from ..core.errors import ConfigError, LoaderError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LAST_RESORT = "windows-1252"
SAMPLE = 4096


class Decoded(NamedTuple):
    """guessed: nothing told the encoding, and it is not UTF-8."""

    text: str
    encoding: str
    guessed: bool = False

    def describe(self) -> dict[str, str | bool]:
        """What metadata should tell: nothing of UTF-8."""
        told: dict[str, str | bool] = {} if self.encoding == "utf-8" else {"encoding": self.encoding}
        return told | ({"encoding_guessed": True} if self.guessed else {})


def decode_text(data: bytes, name: str, encoding: str | None = None) -> Decoded:
    """By `encoding`, a byte order mark, as UTF-8, as UTF-16 without a mark, and else as windows-1252. Raises LoaderError for what is no
    text."""
    if encoding:
        try:
            return Decoded(data.decode(encoding).removeprefix("\ufeff"), codecs.lookup(encoding).name)
        except LookupError as error:
            raise ConfigError(f"there is no encoding {encoding!r}") from error
        except ValueError as error:
            raise LoaderError(f"{name} is not {encoding}: {error}", file=name) from error
    for mark, kind in MARKS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(kind, "replace"), kind)
    try:
        text = data.decode("utf-8")
        if "\0" not in text[:SAMPLE]:
            return Decoded(text, "utf-8")
    except UnicodeDecodeError:
        pass
    sample = data[:SAMPLE]
    for kind, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if 3 * high.count(0) > len(high) > 0 == low.count(0):
            return Decoded(data.decode(kind, "replace"), kind, guessed=True)
    if b"\0" in sample:
        raise LoaderError(f"{name} is no text, and of no kind that is known", code="unknown_kind", file=name)
    return Decoded(data.decode(LAST_RESORT, "replace"), LAST_RESORT, guessed=True)
