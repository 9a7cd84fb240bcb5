"""Mistral by its Conversations, the API in which it runs tools of its own."""

from .mistral import PROVIDER as MISTRAL

PROVIDER = MISTRAL.replace(
    name="mistral-conversations",
    label="Mistral by Conversations",
    chat="conversations",
    hosted=("web_search", "code_execution", "file_search", "image_generation"),
    services={"models": MISTRAL.services["models"]},
)
