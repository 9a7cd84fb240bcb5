"""Which recorded scenarios are played, on which of our providers; and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.replays.meaning import formats
from tests.server import load_scenarios

# Recording file -> end of the path -> our provider.
PLAYED = {
    "openai": {"/responses": "openai", "/chat/completions": "openai-chat"},
    "groq": {"/chat/completions": "groq"},
    "deepseek": {"/chat/completions": "deepseek"},
    "llamacpp": {"/chat/completions": "llamacpp"},
    "anthropic": {"/v1/messages": "anthropic"},
    "gemini": {"enerateContent": "gemini", "/v1beta/interactions": "gemini-interactions"},
    "cohere": {"/v2/chat": "cohere"},
    "mistral": {"/chat/completions": "mistral"},
    "xai": {"/responses": "xai"},
    "openrouter": {"/chat/completions": "openrouter", "/responses": "openai"},
    "perplexity": {"/chat/completions": "perplexity"},
    "ollama": {"/api/chat": "ollama"},
    "doubleword": {"/chat/completions": "openai-compatible"},
    "mistralrs": {"/chat/completions": "openai-compatible", "/responses": "openai"},
    "venice": {"/chat/completions": "openai-compatible"},
}

# Recording file -> why nothing of it is played.
OUT_OF_SCOPE = {
    "bedrock": "AWS signs each request with a secret that no page may hold; a site calls it from its server",
    "chatgpt": "a subscription's private address, with a login of its own and no CORS headers",
    "copilot": "GitHub's private address, with a token exchange of its own and no CORS headers",
}

# Piece of a path -> why a scenario of such calls is not played here: they are no conversations.
ELSEWHERE = {
    "/images/generations": "pictures",
    "/audio/speech": "speech",
    "/audio/transcriptions": "transcription",
    "/embeddings": "embeddings",
    "/v1/embed": "embeddings",
    ":batchEmbedContents": "embeddings",
    "/image/generate": "an image service of Venice's own",
    "/v1beta/cachedContents": "Gemini's caches, another API",
    "/v1/files": "Anthropic's files, another API",
    "/api/tags": "lists of models",
    "/rerank": "reranking",
    "/models": "lists of models",
    "/props": "the server's properties",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """interactions: those of a conversation. reason: why it is not played as one, or ''. all: every interaction."""

    name: str
    file: str
    interactions: tuple[dict[str, Any], ...]
    reason: str = ""
    all: tuple[dict[str, Any], ...] = ()

    @property
    def format(self) -> Any:
        return formats()[ending(self.interactions[0])]

    @property
    def provider(self) -> str:
        return self.provider_of(self.interactions[0])

    def provider_of(self, interaction: dict[str, Any]) -> str:
        return PLAYED[self.file][ending(interaction)]

    def __str__(self) -> str:
        return self.name


def ending(interaction: dict[str, Any]) -> str:
    """The part of a path that tells the format; the path itself where no format is known for it."""
    path = interaction["request"]["path"]
    known = next((end for end in formats() if path.endswith(end)), None)
    return known or next((piece for piece in ELSEWHERE if piece in path), path)


def scenarios() -> list[Scenario]:
    out = []
    for file in PLAYED:
        for scenario in load_scenarios(file):
            interactions = scenario["interactions"]
            ends = {ending(interaction) for interaction in interactions}
            reason = next((ELSEWHERE[end] for end in sorted(ends) if end in ELSEWHERE), "a WebSocket's handshake")
            # What is no conversation beside one that is (making a cache before it is used) is left out.
            interactions = [item for item in interactions if ending(item) in PLAYED[file] and item["request"]["method"] == "POST"]
            reason = "" if interactions else reason
            if not ends <= {*PLAYED[file], *ELSEWHERE}:
                raise LookupError(
                    f"{scenario['scenario']} calls {', '.join(ends)}: say in tests/replays/scope.py how it is played, or why not"
                )
            out.append(Scenario(scenario["scenario"], file, tuple(interactions), reason, tuple(scenario["interactions"])))
    return out


def played() -> list[Scenario]:
    return [scenario for scenario in scenarios() if not scenario.reason]
