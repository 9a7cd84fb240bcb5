"""Cuts litellm's model map (MIT) to what staysail uses of it: py/staysail/providers/catalog/, a module a provider.

    python -m tools.catalog

The map is kept by many hands and changes every week; the version here is pinned, and what is cut is committed. Models that a provider
retires are kept, with the date.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.sources import ROOT

VERSION = "1.110.2"
MEMBER = "litellm/model_prices_and_context_window_backup.json"
FOLDER = ROOT / "py" / "staysail" / "providers" / "catalog"
# The map's name of each of our providers.
PROVIDERS = {
    "anthropic": "anthropic",
    "cohere": "cohere_chat",
    "deepseek": "deepseek",
    "gemini": "gemini",
    "groq": "groq",
    "hyperbolic": "hyperbolic",
    "mistral": "mistral",
    "moonshot": "moonshot",
    "openai": "openai",
    "perplexity": "perplexity",
    "together": "together_ai",
    "xai": "xai",
}
INPUTS = (("i", "supports_vision"), ("f", "supports_pdf_input"), ("a", "supports_audio_input"), ("v", "supports_video_input"))
ABILITIES = (
    ("t", "supports_function_calling"),
    ("s", "supports_response_schema"),
    ("r", "supports_reasoning"),
    ("w", "supports_web_search"),
)


def main() -> None:
    wheel = fetch()
    with zipfile.ZipFile(wheel) as archive:
        entries: dict[str, dict[str, Any]] = json.loads(archive.read(MEMBER))
    for ours, theirs in PROVIDERS.items():
        write(ours, cut(entries, theirs))


def fetch() -> Path:
    """The wheel of litellm, downloaded where it is missing; nothing of it is installed or run."""
    folder = ROOT / ".cache" / f"litellm-{VERSION}"
    if not any(folder.glob("*.whl")):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"litellm=={VERSION}"], check=True
        )
    return next(folder.glob("*.whl"))


def cut(entries: Mapping[str, Mapping[str, Any]], provider: str) -> dict[str, tuple[Any, ...]]:
    """The provider's chat models by name: (context tokens, most output tokens, US dollars for a million tokens of input, output and cached
    input, inputs, abilities, the date on which it retires)."""
    rows: dict[str, tuple[Any, ...]] = {}
    for name, entry in sorted(entries.items()):
        if entry.get("litellm_provider") != provider or entry.get("mode") not in ("chat", "responses") or name.startswith("ft:"):
            continue
        if provider == "perplexity" and "sonar" not in name:
            continue  # other providers' models, behind another API of theirs
        rows[name.removeprefix(f"{provider}/").removeprefix("gemini/")] = (
            entry.get("max_input_tokens"),
            entry.get("max_output_tokens"),
            _dollars(entry.get("input_cost_per_token")),
            _dollars(entry.get("output_cost_per_token")),
            _dollars(entry.get("cache_read_input_token_cost")),
            _letters(entry, INPUTS),
            _letters(entry, ABILITIES),
            entry.get("deprecation_date") or "",
        )
    return {name: row for name, row in rows.items() if not any(rows.get(short) == row for short in _shorter(name))}


def _shorter(name: str) -> list[str]:
    """The names that stand for this one where nothing else is known: without its date, or its last word."""
    parts = name.split("-")
    return ["-".join(parts[:end]) for end in range(len(parts) - 1, 1, -1)]


def _dollars(per_token: float | None) -> float | None:
    return None if per_token is None else round(per_token * 1_000_000, 4)


def _letters(entry: Mapping[str, Any], names: tuple[tuple[str, str], ...]) -> str:
    return "".join(letter for letter, name in names if entry.get(name))


def write(provider: str, rows: Mapping[str, tuple[Any, ...]]) -> None:
    lines = [f"    {json.dumps(name)}: {_literal(row)},\n" for name, row in rows.items()]
    head = f'"""Made by tools/catalog.py of litellm {VERSION}; not to be edited."""\n\n'
    kind = "dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]]"
    FOLDER.mkdir(exist_ok=True)
    target: Path = FOLDER / f"{provider}.py"
    target.write_text(f"{head}MODELS: {kind} = {{\n{''.join(lines)}}}\n", encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(rows)} models")


def _literal(row: tuple[Any, ...]) -> str:
    return f"({', '.join(json.dumps(item) if isinstance(item, str) else repr(item) for item in row)})"


if __name__ == "__main__":
    main()
