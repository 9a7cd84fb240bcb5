"""No page, example or documentation names a model that its provider ends soon."""

import re
from datetime import date
from pathlib import Path

import pytest

from staysail.providers.catalog import known_models
from tools.sources import ROOT

# Of the time when the catalog was made; a date that moves by itself would break the tests on a day without a change.
SOON = date(2027, 1, 31)
FILES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "web/README.md", "index.html", "page/**/*.js", "examples/**/*.*", "py/staysail/providers/*.py")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"
    and path.suffix in (".md", ".html", ".js", ".py", ".mjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte", ".astro", ".ipynb")
)
# Rules for models that still run are no advice to use them.
RULES = re.compile(r"^\s*\(?r\"|^MODELS|retired|\"(?:always|never|without_reasoning)\", (?:true|false)\],$", re.IGNORECASE)


def ended() -> dict[str, str]:
    providers = ("openai", "anthropic", "gemini", "mistral", "xai", "groq", "cohere", "deepseek", "perplexity")
    dates = {name: row[-1] for provider in providers for name, row in known_models(provider).items()}
    return {name: day for name, day in dates.items() if day and date.fromisoformat(day) <= SOON}


def named(text: str, models: dict[str, str]) -> list[str]:
    words = {word for line in text.splitlines() if not RULES.search(line) for word in re.findall(r"[a-z][\w.:/-]*\w", line)}
    return sorted(f"{name} ({models[name]})" for word in words if (name := word.rpartition(":")[2].rpartition("/")[2]) in models)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_model_is_named_that_ends_soon(path: Path):
    assert named(path.read_text("utf-8"), ended()) == []


def test_the_check_finds_such_a_model():
    assert named('Agent("openai:gpt-3.5-turbo-1106")', {"gpt-3.5-turbo-1106": "2026-10-23"}) == ["gpt-3.5-turbo-1106 (2026-10-23)"]
