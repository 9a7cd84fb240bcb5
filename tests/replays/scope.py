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
}

# End of a path -> why a scenario of such calls is not played here: they are no conversations.
ELSEWHERE = {
    "/images/generations": "pictures",
    "/audio/speech": "speech",
    "/audio/transcriptions": "transcription",
    "/embeddings": "embeddings",
    "/rerank": "reranking",
    "/models": "lists of models",
    "/props": "the server's properties",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """reason: why it is not played, or ''."""

    name: str
    file: str
    interactions: tuple[dict[str, Any], ...]
    reason: str = ""

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
    return next((end for end in (*formats(), *ELSEWHERE) if path.endswith(end)), path)


def scenarios() -> list[Scenario]:
    out = []
    for file in PLAYED:
        for scenario in load_scenarios(file):
            interactions = scenario["interactions"]
            ends = {ending(interaction) for interaction in interactions}
            reason = next((ELSEWHERE[end] for end in sorted(ends) if end in ELSEWHERE), "")
            if not reason:
                interactions = [interaction for interaction in interactions if interaction["request"]["method"] == "POST"]
                reason = "" if interactions else "a WebSocket's handshake"
            if not ends <= {*PLAYED[file], *ELSEWHERE}:
                raise LookupError(
                    f"{scenario['scenario']} calls {', '.join(ends)}: say in tests/replays/scope.py how it is played, or why not"
                )
            out.append(Scenario(scenario["scenario"], file, tuple(interactions), reason))
    return out


def played() -> list[Scenario]:
    return [scenario for scenario in scenarios() if not scenario.reason]
