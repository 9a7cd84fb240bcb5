"""What is known of a provider's models: of the catalog, and of the provider's own list."""

from datetime import date

import pytest

from staysail import list_models, load_model, provider_names
from staysail.providers.catalog import known_model, known_models
from staysail.wire.model_rows import read_row
from tests.server import Box

# Rows as the providers' documentation has them, cut.
ROWS = {
    "anthropic": (
        {
            "id": "claude-opus-5-5",
            "max_input_tokens": 1_000_000,
            "max_tokens": 128_000,
            "retires_at": "2028-01-22T00:00:00Z",
            "capabilities": {"image_input": {"supported": True}, "pdf_input": {"supported": True}, "thinking": {"supported": True}},
        },
        {
            "context_length": 1_000_000,
            "max_output_tokens": 128_000,
            "inputs": ("text", "image", "file"),
            "abilities": ("reasoning",),
            "retires": "2028-01-22",
        },
    ),
    "gemini": (
        {"name": "models/gemini-4-argon", "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536, "thinking": True},
        {"context_length": 1_048_576, "max_output_tokens": 65_536, "inputs": (), "abilities": ("reasoning",), "retires": ""},
    ),
    "openrouter": (
        {
            "id": "a/b",
            "context_length": 9,
            "top_provider": {"max_completion_tokens": 5},
            "pricing": {"prompt": "0.000002", "completion": "0.00001"},
            "architecture": {"input_modalities": ["text", "image"]},
            "supported_parameters": ["tools", "reasoning", "structured_outputs"],
        },
        {
            "context_length": 9,
            "max_output_tokens": 5,
            "inputs": ("text", "image"),
            "abilities": ("tools", "structured_output", "reasoning"),
            "retires": "",
            "input_usd": 2.0,
            "output_usd": 10.0,
        },
    ),
    "mistral": (
        {"id": "m", "max_context_length": 7, "capabilities": {"function_calling": True, "vision": True, "completion_chat": True}},
        {"context_length": 7, "max_output_tokens": None, "inputs": ("text", "image"), "abilities": ("tools",), "retires": ""},
    ),
    "groq": (
        {"id": "m", "context_window": 7, "max_completion_tokens": 3},
        {"context_length": 7, "max_output_tokens": 3, "inputs": (), "abilities": (), "retires": ""},
    ),
    "together": (
        {"id": "m", "pricing": {"input": 0.2, "output": 0.4}},
        {
            "context_length": None,
            "max_output_tokens": None,
            "inputs": (),
            "abilities": (),
            "retires": "",
            "input_usd": 0.2,
            "output_usd": 0.4,
        },
    ),
    "an odd one": (
        {
            "id": "m",
            "pricing": {"prompt": "-1", "completion": "free"},
            "capabilities": ["tools", 3],
            "architecture": None,
            "top_provider": [],
        },
        {"context_length": None, "max_output_tokens": None, "inputs": (), "abilities": ("tools",), "retires": ""},
    ),
}


@pytest.mark.parametrize("provider", ROWS)
def test_a_row_is_read_whatever_the_provider_calls_things(provider: str):
    row, told = ROWS[provider]
    assert read_row(row) == told


async def test_what_the_list_does_not_say_comes_from_the_catalog_and_limits_are_remembered(box: Box):
    box.add({"body": {"data": [{"id": "gpt-6-sol"}, {"id": "gpt-9-unheard-of", "context_window": 5, "max_completion_tokens": 3}]}})
    known, new = await list_models("openai", api_key="k", base_url=box.url)
    assert known.context_length == known_model("openai", "gpt-6-sol").context_tokens
    assert known.input_usd
    assert "tools" in known.abilities
    assert (new.context_length, new.max_output_tokens, new.input_usd) == (5, 3, None)
    assert load_model("openai:gpt-9-unheard-of", api_key="k").traits.max_output_tokens == 3


def test_a_dated_name_is_known_as_the_model_it_is_of():
    assert known_model("openai", "gpt-6-sol-2026-09-01") == known_model("openai", "gpt-6-sol")
    assert known_model("anthropic", "claude-opus-5-5-20261001") == known_model("anthropic", "claude-opus-5-5")
    assert known_model("gemini", "models/gemini-3.8-flash") == known_model("gemini", "gemini-3.8-flash")
    assert known_model("openai-chat", "gpt-6-sol") == known_model("openai", "gpt-6-sol")
    assert known_model("openai", "gpt-unheard-of") is None
    assert known_model("galadriel", "m") is None


@pytest.mark.parametrize("provider", [name for name in provider_names("chat") if known_models(name)])
def test_every_row_of_the_catalog_is_sound(provider: str):
    for name in known_models(provider):
        known = known_model(provider, name)
        assert known is not None
        assert known.inputs[0] == "text"
        for number in (known.context_tokens, known.max_output_tokens, known.input_usd, known.output_usd, known.cached_input_usd):
            assert number is None or number >= 0, name
        assert known.retires == "" or date.fromisoformat(known.retires), name


@pytest.mark.parametrize(
    ("name", "most"), [("claude-opus-5-5", 128_000), ("claude-haiku-4-5", 64_000), ("claude-opus-4-1", 32_000), ("claude-3-haiku", 4_096)]
)
def test_claude_gets_the_most_tokens_that_it_takes(name: str, most: int):
    assert load_model(f"anthropic:{name}", api_key="k").traits.max_output_tokens == most
