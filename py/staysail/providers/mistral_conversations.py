"""Mistral's Conversations API, which has Mistral's hosted tools."""

from .mistral import PROVIDER as MISTRAL

PROVIDER = MISTRAL.replace(
    name="mistral-conversations",
    label="Mistral by Conversations",
    chat="conversations",
    hosted=("web_search", "code_execution", "file_search", "image_generation"),
    services={"models": MISTRAL.services["models"]},
)
