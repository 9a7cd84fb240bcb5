"""Instructions that functions write, before each model call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.errors import ConfigError
from ..core.functions import required_parameters, run
from .context import RunContext

type Instructions = str | Callable[..., Any]


class Preamble:
    """A system prompt of parts: texts, and functions that return text or None. A function with a parameter receives the RunContext; it may
    be async, and an ordinary one runs in a thread, as tools do."""

    def __init__(self, parts: tuple[Instructions, ...]) -> None:
        self.parts = parts
        self._takes = [not isinstance(part, str) and required_parameters(part) > 0 for part in parts]

    async def text(self, context: RunContext | None) -> str | None:
        """Returns the parts as one text, an empty line between them. Raises ConfigError for a part that is no text, or that needs a run
        where there is none."""
        return "\n\n".join(
            [text for part, takes in zip(self.parts, self._takes, strict=True) if (text := await _read(part, takes, context))]
        )

    def __repr__(self) -> str:
        return repr([part if isinstance(part, str) else getattr(part, "__name__", part) for part in self.parts])


async def _read(part: Instructions, takes_context: bool, context: RunContext | None) -> str | None:
    if isinstance(part, str):
        return part
    if takes_context and context is None:
        raise ConfigError(f"the preamble {_name(part)} takes the context of a run, and a batch has none: let it take no parameter")
    text = await run(part, *((context,) if takes_context else ()))
    if text is None or isinstance(text, str):
        return text
    raise ConfigError(f"the preamble {_name(part)} returned {type(text).__name__}; it returns text or None")


def _name(function: Any) -> str:
    return f"function {getattr(function, '__name__', repr(function))}"


def read_preamble(value: Any) -> str | Preamble | None:
    """Returns the preamble of an option: text, a function, or a list of both. Raises ConfigError."""
    if value is None or isinstance(value, str | Preamble):
        return value
    parts = tuple(value) if isinstance(value, list | tuple) else (value,)
    wrong = next((part for part in parts if not isinstance(part, str) and not callable(part)), None)
    if wrong is not None:
        raise ConfigError(f"preamble is text, a function that returns text, or a list of them, not {type(wrong).__name__}")
    return "\n\n".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else Preamble(parts)
