"""Words of a text, for keyword search: lower case without accents; Chinese, Japanese and Korean as overlapping pairs of characters, which
need no dictionary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
RUN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)*")
IS_CJK = re.compile(f"[{CJK}]")
ACCENT = re.compile("[\u0300-\u036f]")
LONGEST = 64


def split_words(text: str) -> Iterator[str]:
    """Returns the words of a text in order, with repetitions."""
    if not text.isascii():
        # Half-width forms and ligatures become ordinary letters, accents go; Hangul and kana voicing marks are put together again.
        text = unicodedata.normalize("NFC", ACCENT.sub("", unicodedata.normalize("NFKD", text)))
    for run in RUN.findall(text.casefold()):
        if not IS_CJK.match(run):
            yield run[:LONGEST].replace("’", "'").removesuffix("'s")
        elif len(run) == 1:
            yield run
        else:
            yield from map("".join, pairwise(run))
