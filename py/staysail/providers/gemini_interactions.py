"""Gemini by its Interactions, which Google recommends for new work."""

from .gemini import PROVIDER as GEMINI

PROVIDER = GEMINI.replace(
    name="gemini-interactions",
    chat="interactions",
    hosted=("web_search", "web_fetch", "url_context", "code_execution", "file_search", "mcp"),
    services={},
)
