"""Sets of characters: escapes such as `\\d`, classes in brackets, and Unicode properties.

https://tc39.es/ecma262/#sec-compiletocharset
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

type Test = Callable[[str], bool]
type Range = tuple[int, int]


class CharSet(dict[str, bool]):
    """A set of characters: `chars[character]` is whether the character belongs to it. Each answer is computed once."""

    __slots__ = ("_test",)

    def __init__(self, test: Test) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, character: str) -> bool:
        belongs = self[character] = self._test(character)
        return belongs


def one_of(ranges: Iterable[Range], tests: Iterable[Test] = (), *, negated: bool = False, ignore_case: bool = False) -> CharSet:
    """Returns the set of the characters that lie in a range of code points or pass a test; negated: of all others."""
    ranges, tests = tuple(ranges), tuple(tests)

    def within(character: str) -> bool:
        code = ord(character)
        return any(low <= code <= high for low, high in ranges) or any(test(character) for test in tests)

    def folded(character: str) -> bool:
        return any(within(form) for form in {character, character.lower(), character.upper()} if len(form) == 1)

    test = folded if ignore_case else within
    return CharSet(lambda character: not test(character)) if negated else CharSet(test)


DIGITS: tuple[Range, ...] = ((48, 57),)
WORDS: tuple[Range, ...] = ((48, 57), (65, 90), (95, 95), (97, 122))
# `\s`: white space and line ends.
SPACES: tuple[Range, ...] = tuple(
    (ord(c), ord(c))
    for c in "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
LINE_ENDS = "\n\r\u2028\u2029"
WORD, SPACE = one_of(WORDS), one_of(SPACES)
CLASSES = {"d": DIGITS, "w": WORDS, "s": SPACES}

CATEGORIES = {
    "Letter": "L",
    "Uppercase_Letter": "Lu",
    "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm",
    "Other_Letter": "Lo",
    "Mark": "M",
    "Combining_Mark": "M",
    "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc",
    "Enclosing_Mark": "Me",
    "Number": "N",
    "Decimal_Number": "Nd",
    "digit": "Nd",
    "Letter_Number": "Nl",
    "Other_Number": "No",
    "Punctuation": "P",
    "punct": "P",
    "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd",
    "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe",
    "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf",
    "Other_Punctuation": "Po",
    "Symbol": "S",
    "Math_Symbol": "Sm",
    "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk",
    "Other_Symbol": "So",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp",
    "Other": "C",
    "Control": "Cc",
    "cntrl": "Cc",
    "Format": "Cf",
    "Surrogate": "Cs",
    "Private_Use": "Co",
    "Unassigned": "Cn",
}
PROPERTIES: dict[str, Test] = {
    "Any": lambda character: True,
    "ASCII": str.isascii,
    "Assigned": lambda character: unicodedata.category(character) != "Cn",
    "ASCII_Hex_Digit": lambda character: character in "0123456789abcdefABCDEF",
    "Uppercase": str.isupper,
    "Lowercase": str.islower,
    "White_Space": lambda character: character == "\x85" or (SPACE[character] and character != "\ufeff"),
}


def property_test(name: str) -> Test | None:
    r"""Returns the test of `\p{name}`: a general category by its short or long name, or one of a few binary properties. Returns None for a
    property that Python's Unicode data lacks, such as a script."""
    if name in PROPERTIES:
        return PROPERTIES[name]
    name = name.removeprefix("General_Category=").removeprefix("gc=")
    if name in ("LC", "Cased_Letter"):
        return lambda character: unicodedata.category(character) in ("Lu", "Ll", "Lt")
    short = CATEGORIES.get(name, name)
    if short not in CATEGORIES.values():
        return None
    return lambda character: unicodedata.category(character).startswith(short)
