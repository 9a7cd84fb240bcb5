from __future__ import annotations

from typing import Any

from .value import Value


class Usage(Value):
    """Tokens of one model call, or the sum of several, as the provider counted them.

    Whether `input_tokens` includes cached tokens is the provider's convention (OpenAI's includes them, Anthropic's does not);
    `total_tokens` counts everything once. `hosted_calls` counts calls of tools that the provider ran, which it charges for apart.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    reasoning_tokens: int = 0
    hosted_calls: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, field) + getattr(other, field) for field in Usage.__match_args__))

    def to_dict(self) -> dict[str, int]:
        """Returns every count; that of hosted calls only where there are some."""
        return {field: getattr(self, field) for field in Usage.__match_args__ if field != "hosted_calls" or self.hosted_calls}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Usage:
        return cls(**{field: int(data.get(field) or 0) for field in Usage.__match_args__})
