"""Gemini's Interactions API, which Google recommends for new work."""

from ..core.ports import ReasoningTraits
from .gemini import MODELS
from .gemini import PROVIDER as GEMINI

PROVIDER = GEMINI.replace(
    name="gemini-interactions",
    label="Google Gemini by Interactions",
    chat="interactions",
    # Interactions has reasoning levels alone, and models of the 2.5 series have no levels.
    models=((r"gemini-2\.5", {"reasoning": ReasoningTraits(by_default=True)}), *MODELS),
    hosted=("web_search", "web_fetch", "url_context", "code_execution", "file_search", "mcp"),
    services={kind: GEMINI.services[kind] for kind in ("files", "models")},
)
