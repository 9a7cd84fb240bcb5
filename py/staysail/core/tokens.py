"""Estimates of the number of tokens of a text, without the tokenizer of the model that will read it.

How it works. Letters of each script, words, digits, punctuation and blanks are counted, and each kind has a weight: its tokens in the
tokenizers of GPT-4o, Llama 3, Gemini, Qwen 3, DeepSeek V3 and Claude 2, fitted to sample texts.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Sized
from functools import cache, lru_cache
from typing import Any

from .completion import CompletionRequest
from .messages import Media, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolOutput
from .value import NOTHING

WEIGHTS = {
    r"[A-Za-z]+": 0.25,  # a word, beside its letters
    r"[A-Za-z]": 0.2,
    r"[0-9]": 0.5,
    r"[!-/:-@\[-`{-~]": 0.45,
    r"\s{2,}|\n|\t": 0.9,
    r"[\u00c0-\u02ff\u1e00-\u1eff]": 1.5,  # letters with marks
    r"[\u0370-\u058f]": 0.42,  # Greek, Cyrillic, Armenian
    r"[\u0590-\u08ff]": 0.45,  # Hebrew, Arabic
    r"[\u0900-\u0dff]": 0.75,  # scripts of India
    r"[\u0e00-\u0fff]": 0.46,  # Thai, Lao, Tibetan
    r"[\u3000-\u30ff]": 0.7,  # kana
    r"[\u3400-\u9fff\uf900-\ufaff]": 0.8,  # Chinese characters
    r"[\u1100-\u11ff\uac00-\ud7af]": 0.86,  # Hangul
    r"[\u2000-\u2fff\U00010000-\U0010ffff]": 1.5,  # typographic signs, emoji
}
ASCII_KINDS = 5  # the first of them
LONGEST_CACHED = 4_000

PER_MESSAGE = 4
"""Tokens of the role and the marks around a message."""
PER_MEDIA = 1_500
"""Tokens of a picture, a sound or a file: assumed, not measured. Providers count from under a hundred to many thousands, by size and
detail."""

type Counter = Callable[[str], int | Sized | Awaitable[int]]
"""A function that returns the number of tokens of a text, or the tokens: `tiktoken.encoding_for_model("gpt-4o").encode_ordinary`, say."""


def estimate_tokens(text: str) -> int:
    """Returns an estimate of the number of tokens of a text.

    The error in 8 of 10 texts of 40 to 6,000 characters (its median first): English +7 % (-14 to +15), code 0 % (-20 to +5),
    JSON and tool schemas +4 % (-6 to +24), prompts of recorded traffic +6 % (-21 to +36), Chinese, Japanese and Korean +3 % (-17 to +34),
    fourteen other languages in Latin letters -11 % (-29 to +23). Where tokenizers themselves differ by a factor of two, so may this:
    Greek and Cyrillic -58 to +59 %, Arabic, Hebrew, Thai and the scripts of India -61 to +107 %. Measured against GPT-4o, Llama 3, Gemini,
    Qwen 3 and DeepSeek V3; the vocabularies of GPT-4 and Claude 2 need up to 75 % more outside of Latin letters. tools/token_error.py
    measures it against GPT-4o and GPT-4 on any text; on this repository's: English -8 % (-20 to 0), code 0 % (-13 to +9), JSON -10 %
    (-26 to 0).
    """
    return _estimated(text) if len(text) <= LONGEST_CACHED else _estimate(text)


def _estimate(text: str) -> int:
    kinds = _kinds()[: ASCII_KINDS if text.isascii() else None]
    return round(sum(weight * len(pattern.findall(text)) for pattern, weight in kinds))


# A history is counted again for each call of a model.
_estimated = lru_cache(maxsize=2048)(_estimate)


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(pattern), weight) for pattern, weight in WEIGHTS.items())


async def count_tokens(text: str, counter: Counter | None = None) -> int:
    """Returns the number of tokens of a text, counted by `counter`, or estimated without one."""
    if counter is None or not text:
        return estimate_tokens(text)
    counted: Any = counter(text)
    counted = await counted if inspect.isawaitable(counted) else counted
    return len(counted) if isinstance(counted, Sized) else int(counted)


async def message_tokens(message: Message, counter: Counter | None = None) -> int:
    """Returns the tokens of a message as it is sent: of text, tool calls and results, and thoughts; PER_MEDIA for each medium."""
    text = "\n".join(_texts(message.content))
    return PER_MESSAGE + await count_tokens(text, counter) + PER_MEDIA * _media(message.content)


async def overhead_tokens(request: CompletionRequest, counter: Counter | None = None) -> int:
    """Returns the tokens of a request beside its messages: of the preamble, documents, tools and output schema."""
    fields = request.replace(messages=(), additional_params=NOTHING).to_dict()
    kept = {name: value for name, value in fields.items() if value and name in ("preamble", "documents", "tools", "output")}
    return await count_tokens("\n".join(_strings(kept)), counter)


def _texts(parts: Iterable[Part]) -> Iterable[str]:
    for part in parts:
        match part:
            case Text(text) | Refusal(text) | Reasoning(text):
                yield text
            case ToolCall():
                yield f"{part.name} {part.arguments_json}"
            case ToolOutput():
                yield part.name
                yield from _texts(part.content)


def _media(parts: Iterable[Part]) -> int:
    return sum(_media(part.content) if isinstance(part, ToolOutput) else isinstance(part, Media) for part in parts)


def _strings(value: Any) -> Iterable[str]:
    """Every text in plain data, names of fields too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
    elif value is not None:
        yield str(value)
