"""By how much `estimate_tokens` errs: prints the middle of its error, and the bounds that 8 of 10 texts stay within, for each kind of
text and each tokenizer.

    pip install bpe-openai && python -m tools.token_error [FILE...]

Texts are passages of this repository, or of the files named.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles

from staysail import estimate_tokens

ROOT = Path(__file__).parents[1]
KINDS = {
    "English": ["README.md", "docs/*.md", "web/README.md", "web/element/README.md"],
    "Python": ["py/staysail/**/*.py"],
    "JavaScript": ["web/*.js", "web/*/*.js"],
    "JSON": ["web/package.json", "wheels/sources.json", "tests/page/local_requests.json"],
}
PASSAGES = 200


def main(files: list[str]) -> None:
    texts = {Path(name).name: [Path(name).read_text("utf-8")] for name in files} or {
        kind: [path.read_text("utf-8") for pattern in patterns for path in sorted(ROOT.glob(pattern))] for kind, patterns in KINDS.items()
    }
    for kind, whole in texts.items():
        passages = list(cut(whole))
        for name, encode in tokenizers():
            errors = [estimate_tokens(text) / max(1, len(encode(text))) - 1 for text in passages]
            tenths = quantiles(errors, n=10)
            print(f"{kind:12} {name:12} {median(errors):+5.0%}  ({tenths[0]:+.0%} to {tenths[-1]:+.0%}) over {len(passages)} passages")


def tokenizers() -> Iterator[tuple[str, Callable[[str], list[int]]]]:
    try:
        known = import_module("bpe_openai")
    except ImportError:
        sys.exit("It compares with real tokenizers: pip install bpe-openai")
    for model, name in (("GPT-4o", "o200k_base"), ("GPT-4", "cl100k_base")):
        yield model, known.get_encoding(name).encode


def cut(whole: list[str]) -> Iterator[str]:
    """Passages of 40 to 6,000 characters, the same in every run."""
    rng = random.Random(7)  # noqa: S311
    for _ in range(PASSAGES):
        text = rng.choice(whole)
        length = min(len(text), round(40 * 150 ** rng.random()))
        start = rng.randrange(len(text) - length + 1)
        if passage := text[start : start + length].strip():
            yield passage


if __name__ == "__main__":
    main(sys.argv[1:])
