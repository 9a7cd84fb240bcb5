"""Text from bytes: which encoding a file is written in, in the order in which browsers decide it."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ..core.errors import ConfigError, LoaderError
from .encodings import REPLACEMENT, decode, find_encoding
from .request import LoadRequest

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LAST_RESORT = "windows-1252"
SAMPLE = 4096
FEW = 8
"""Control characters that a text of any length may hold."""
CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # not in text, but for a few
JAPANESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]{2,}")
DECLARED = re.compile(rb"""<(?:meta\b|\?xml\s)[^>]{0,300}?\b(?:charset|encoding)\s*=\s*["']?\s*([^\s"'/>;]+)""", re.IGNORECASE)


class Decoded(NamedTuple):
    """A text with its encoding.

    encoding: As the WHATWG Encoding Standard names it, or as Python does. guessed: Nothing named the encoding, and it is not UTF-8.
    """

    text: str
    encoding: str
    guessed: bool = False

    def describe(self) -> dict[str, str | bool]:
        """Returns metadata: nothing for UTF-8."""
        named: dict[str, str | bool] = {} if self.encoding == "utf-8" else {"encoding": self.encoding}
        return named | ({"encoding_guessed": True} if self.guessed else {})


def decode_text(data: bytes, request: LoadRequest) -> Decoded:
    """Decodes by a byte order mark, the caller's encoding, the server's charset, as UTF-16, as UTF-8, as Shift-JIS if it is
    Japanese, and else as windows-1252.

    Never raises for bytes that mean nothing: U+FFFD stands for them, and a note counts them. Raises LoaderError for data that are no text,
    ConfigError for an encoding that does not exist.
    """
    return _decode(data, request, None)


def decode_markup(data: bytes, request: LoadRequest) -> Decoded:
    """Decodes as `decode_text`, by the encoding that a `<meta>` or an XML declaration names where nothing outside the page names one."""
    declared = DECLARED.search(data[:SAMPLE])
    name = find_encoding(declared[1].decode("latin-1")) if declared else None
    if name in ("utf-16le", "utf-16be"):
        name = "utf-8"  # a declaration that could be read so far is in ASCII
    return _decode(data, request, LAST_RESORT if name == "x-user-defined" else name)


def check_encoding(label: str) -> str:
    """Returns the name of the encoding that a caller chose. Raises ConfigError where there is none of that name."""
    if name := find_encoding(label):
        return name
    try:
        codec = codecs.lookup(label).name
        b"a".decode(codec, "replace")
    except (LookupError, ValueError) as error:
        raise ConfigError(f"there is no encoding {label!r}; use a label of the web such as 'utf-8', 'gbk' or 'shift_jis'") from error
    return find_encoding(codec) or codec


def _decode(data: bytes, request: LoadRequest, declared: str | None) -> Decoded:
    chosen = check_encoding(request.encoding) if request.encoding else find_encoding(request.charset) or declared
    for mark, name in MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(name, "replace"), name, data, request)
    if chosen:
        return _checked(
            _decode_by(data, chosen, request), {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}.get(chosen, chosen), data, request
        )
    sample = data[:SAMPLE]
    # UTF-16 of mostly ASCII has a zero in every other place, and is valid UTF-8.
    for name, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if 3 * high.count(0) > len(high) > 0 == low.count(0):
            return _checked(data.decode(name, "replace"), name, data, request, guessed=True)
    try:
        return _checked(data.decode("utf-8"), "utf-8", data, request)
    except UnicodeDecodeError:
        name = "shift_jis" if _is_shift_jis(data) else LAST_RESORT
        return _checked(decode(data, name), name, data, request, guessed=True)


def _is_shift_jis(data: bytes) -> bool:
    """Returns whether bytes that are not UTF-8 are Japanese in Shift-JIS, as Excel in Japan writes CSV.

    Letters with accents and curly quotes are valid Shift-JIS in many places, but there they stand alone among ASCII, or have lead bytes
    from 0xE0 on. Japanese text is made of runs of characters whose lead bytes are 0x81 to 0x9F: kana, and the kanji in common use.
    """
    if REPLACEMENT in decode(data[:SAMPLE], "shift_jis")[:-1]:  # the sample may end within a character
        return False
    text = decode(data, "shift_jis")
    if REPLACEMENT in text:
        return False
    sample = text[:SAMPLE]
    runs = "".join(JAPANESE.findall(sample))
    common = sum(character.encode("cp932", "replace")[0] < 0xA0 for character in runs)
    return common >= 2 and common > 3 * (sum(not character.isascii() for character in sample) - common)


def _decode_by(data: bytes, name: str, request: LoadRequest) -> str:
    if find_encoding(name):
        return decode(data, name)
    try:
        return data.decode(name, "replace")
    except ValueError as error:
        raise LoaderError(f"{request.name} cannot be read as {name}: {error}", file=request.name) from error


def _checked(text: str, name: str, data: bytes, request: LoadRequest, guessed: bool = False) -> Decoded:
    """Notes what was replaced. Zeros, which stores and databases refuse, become spaces, so that every character keeps its place."""
    sample = text[:SAMPLE]
    found = CONTROL.findall(sample)
    most = len(sample) // (2 if set(found) == {"\0"} else 10)  # programs fill columns up with zeros
    if len(found) > max(most, FEW):
        raise LoaderError(f"{request.name} is no text, and of no kind that is known", code="unknown_kind", file=request.name)
    if zeros := text.count("\0"):
        request.notes.count("NUL characters read as spaces", zeros)
    if guessed:
        request.notes.add(f"read as {name}: it is not UTF-8 and does not say what it is")
    replaced = text.count(REPLACEMENT) - (data.count(REPLACEMENT.encode()) if name == "utf-8" else 0)
    if replaced > 0:
        request.notes.count(f"U+FFFD where bytes are no {name}", replaced)
    return Decoded(request.decoded(text.replace("\0", " ").removeprefix("\ufeff")), name, guessed)
