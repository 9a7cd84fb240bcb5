"""Reads descriptions of functions and their arguments from docstrings in Google's, NumPy's and Sphinx's style."""

from __future__ import annotations

import re
from collections.abc import Iterable

HEADINGS = "Args|Arguments|Parameters|Returns?|Yields?|Raises|Examples?|Notes?|Attributes|Fields"
SECTION = rf"^(?:{HEADINGS}):[ \t]*$|^(?:{HEADINGS})\n-+[ \t]*$|^[ \t]*:(?:param|returns?|raises|type|rtype)\b"
# Patterns are compiled at first use: a regular expression costs a millisecond in a page.


def summarise(doc: str) -> str:
    """Returns a docstring up to its first section."""
    return re.split(SECTION, _dedent(doc), maxsplit=1, flags=re.MULTILINE)[0].strip()


def describe_args(doc: str) -> dict[str, str]:
    """Returns the description of each argument, by its name."""
    text = _dedent(doc)
    found = {m[1]: _joined(m[2]) for m in re.finditer(r"^:param (?:[\w\[\], |]+ )?(\w+):((?:.*)(?:\n[ \t]+.*)*)", text, re.MULTILINE)}
    google = re.search(r"^(?:Args|Arguments|Parameters|Attributes|Fields):[ \t]*\n((?:[ \t]+.*\n?|[ \t]*\n)+)", text, re.MULTILINE)
    if google:
        entries: Iterable[re.Match[str]] = re.finditer(
            r"^(\w+)[ \t]*(?:\([^)\n]*\))?:[ \t]*(.*(?:\n(?:[ \t]+.*|[ \t]*$))*)",
            _dedent("\n" + google[1]),
            re.MULTILINE,
        )
        found |= {m[1]: _joined(m[2]) for m in entries}
    numpy = re.search(r"^(?:Parameters|Attributes)\n-+[ \t]*\n((?:(?!\w[^\n]*\n-+).*\n?)*)", text, re.MULTILINE)
    if numpy:
        entries = re.finditer(r"^(\w+)[ \t]*(?::.*)?\n((?:[ \t]+.*\n?)+)", numpy[1], re.MULTILINE)
        found |= {m[1]: _joined(m[2]) for m in entries}
    return found


def _joined(text: str) -> str:
    return " ".join(text.split())


def _dedent(doc: str) -> str:
    """Returns a docstring without the common indent of its lines after the first, like `inspect.cleandoc`."""
    first, _, rest = doc.expandtabs().partition("\n")
    lines = rest.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join([first.strip(), *(line[indent:] for line in lines)]).strip()
