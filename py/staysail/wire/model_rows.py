"""Limits, inputs, abilities, prices and end dates in the rows of providers' model lists, under each provider's names.

Covers the rows of Anthropic, Gemini, Mistral, Groq, OpenRouter, Together, Cohere and OpenAI. Fields that a row lacks are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .shapes import number

CONTEXT_LENGTHS = ("context_length", "max_context_length", "context_window", "inputTokenLimit", "max_input_tokens")
MOST_OUTPUTS = ("outputTokenLimit", "max_completion_tokens", "max_output_tokens", "max_output_length", "max_tokens")
# Names of abilities and inputs in rows of several shapes.
ABILITIES = {
    "tools": ("function_calling", "tools", "tool_use", "tool_choice"),
    "structured_output": ("structured_outputs", "structured_output", "json_schema", "response_format"),
    "reasoning": ("reasoning", "thinking", "include_reasoning"),
    "web_search": ("web_search", "web_search_options"),
}
INPUTS = {"image": ("image", "vision", "image_input"), "file": ("file", "pdf_input", "ocr"), "audio": ("audio",), "video": ("video",)}


def read_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of ModelInfo that a row contains."""
    top = row.get("top_provider")
    length = _number(row, CONTEXT_LENGTHS)
    most = _number(row, MOST_OUTPUTS) or (_number(top, MOST_OUTPUTS) if isinstance(top, Mapping) else None)
    words = _words(row)
    inputs = [name for name, spellings in INPUTS.items() if words & set(spellings)]
    abilities = [name for name, spellings in ABILITIES.items() if words & set(spellings)]
    retires = row.get("retires_at") or row.get("deprecation") or row.get("expiration_date") or ""
    fields = {
        "context_length": length,
        "max_output_tokens": most,
        "inputs": ("text", *inputs) if inputs else (),
        "abilities": tuple(abilities),
        "retires": str(retires)[:10],
    }
    return fields | _prices(row.get("pricing"))


def _number(row: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    value = next((row[name] for name in names if row.get(name)), None)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _words(row: Mapping[str, Any]) -> set[str]:
    """Returns the names of a model's abilities: true flags of `capabilities`, and the lists of other shapes."""
    words: set[str] = {"reasoning"} if row.get("thinking") is True else set()
    capabilities = row.get("capabilities")
    if isinstance(capabilities, Mapping):
        words |= {name for name, value in capabilities.items() if (value.get("supported") if isinstance(value, Mapping) else value)}
    architecture = row.get("architecture")
    inputs = architecture.get("input_modalities") if isinstance(architecture, Mapping) else row.get("input_modalities")
    for names in (capabilities, inputs, row.get("supported_parameters"), row.get("features")):
        words |= {word for word in names if isinstance(word, str)} if isinstance(names, list) else set()
    return words


def _prices(pricing: Any) -> dict[str, float]:
    """Returns prices for a million tokens. OpenRouter's are dollars for one token, as text; Together's are for a million."""
    if not isinstance(pricing, Mapping):
        return {}
    per_token = "prompt" in pricing
    names = {"input_usd": "prompt" if per_token else "input", "output_usd": "completion" if per_token else "output"}
    out: dict[str, float] = {}
    for ours, theirs in names.items():
        value = number(pricing.get(theirs))
        if value is not None and value >= 0:  # OpenRouter's -1 means a price that varies
            out[ours] = round(value * 1_000_000, 4) if per_token else value
    return out
