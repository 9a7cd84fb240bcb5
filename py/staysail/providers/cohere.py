"""Cohere. Thinking: https://docs.cohere.com/docs/reasoning"""

from ..core.ports import ReasoningTraits
from ..wire.format import Provider, Service
from ..wire.schemas.rules import STRUCTURE, SchemaRules, SchemaSupport

# https://docs.cohere.com/docs/structured-outputs
_RULES = SchemaRules(
    keywords=STRUCTURE | {"const", "default", "pattern", "format"},
    formats={"string": frozenset({"date-time", "uuid", "date", "time"}), "integer": frozenset(), "number": frozenset()},
    patterns="unanchored",
)

PROVIDER = Provider(
    "cohere",
    "https://api.cohere.com/v2",
    chat="cohere",
    models=(
        (r"reasoning|command-a-plus", {"reasoning": ReasoningTraits(("none",), True, (1, 32_000))}),
        (r"command|c4ai|aya", {"reasoning": ReasoningTraits()}),
    ),
    services={
        "embeddings": Service(form="cohere", path="/v1/embed", batch=96),
        "rerank": Service(form="cohere", path="rerank"),
        "models": Service(form="cohere", path="/v1/models"),
    },
    version="v2",
    label="Cohere",
    examples=("command-a-03-2025",),
    key_env="COHERE_API_KEY",
    key_url="https://dashboard.cohere.com/api-keys",
    schemas=SchemaSupport(tools=_RULES, output=_RULES, name="[a-zA-Z_][a-zA-Z0-9_]*"),
)
