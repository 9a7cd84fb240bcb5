"""Gemini. Thinking: https://ai.google.dev/gemini-api/docs/thinking"""

from ..core.ports import ReasoningTraits
from ..wire.format import Provider, Service
from ..wire.schemas.rules import EVERYTHING, GEMINI_BEFORE_JSON_SCHEMA, GEMINI_SUBSET, STRUCTURE, SchemaRules, SchemaSupport


def _levels(*levels: str, sampling: str = "always") -> dict[str, object]:
    return {"reasoning": ReasoningTraits(levels, by_default=True), "sampling": sampling}


def _budget(least: int, most: int, *, by_default: bool = True) -> dict[str, object]:
    """Traits of models that think within a budget of tokens; 0 disables thinking where the budget may be 0."""
    return {"reasoning": ReasoningTraits(("none",) if least == 0 else (), by_default, (least, most))}


WITHOUT_REASONING = {"reasoning": ReasoningTraits()}
# From 3.6 Flash and 3.5 Flash-Lite on, temperature, top_p and top_k are ignored, and will be refused.
MODELS = (
    (r"gemini-2\.5-flash-image|gemini-(1|2\.0)|gemini-pro$|gemma|learnlm|tts|native-audio|robotics", WITHOUT_REASONING),
    (r"gemini-2\.5-pro", _budget(128, 32_768)),
    (r"gemini-2\.5-flash-lite", _budget(0, 24_576, by_default=False)),
    (r"gemini-2\.", _budget(0, 24_576)),
    (r"gemini-4-hydrogen", _levels("low", "medium", "high", "xhigh", sampling="never")),
    (r"gemini-3-pro", _levels("low", "high")),
    (r"gemini-3\.\d-pro", _levels("low", "medium", "high")),
    (r"gemini-3\.[78]-flash|gemini-flash-latest", _levels("low", "medium", "high", sampling="never")),
    (r"gemini-3\.6-flash|gemini-3\.5-flash-lite", _levels("minimal", "low", "medium", "high", sampling="never")),
    (r"gemini-3", _levels("minimal", "low", "medium", "high")),
    (r"gemini-", _levels("low", "medium", "high", sampling="never")),
)

PROVIDER = Provider(
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta",
    chat="gemini",
    models=MODELS,
    hosted=("web_search", "web_fetch", "url_context", "code_execution", "file_search"),
    hosted_at="gemini-interactions",
    services={
        "embeddings": Service(form="gemini", batch=100),
        "transcription": Service(form="gemini"),
        "images": Service(form="gemini"),
        "speech": Service(form="gemini"),
        "models": Service(form="gemini"),
        "files": Service(form="gemini"),
        "batches": Service(form="gemini"),
    },
    version="v1beta",
    auth="x-goog-api-key",
    label="Google Gemini",
    examples=("gemini-3.8-flash", "gemini-4-argon", "gemini-3.5-flash-lite"),
    key_env="GEMINI_API_KEY",
    key_url="https://aistudio.google.com/apikey",
    schemas=SchemaSupport(
        tools=SchemaRules(keywords=EVERYTHING, siblings=False),
        output=SchemaRules(
            keywords=STRUCTURE | {"format", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "oneOf"},
            siblings=False,
            enum_types=("string", "integer", "number"),
        ),
        older=((GEMINI_BEFORE_JSON_SCHEMA, GEMINI_SUBSET),),
        name="[a-zA-Z_][a-zA-Z0-9_.:-]*",
        longest_name=63,
    ),
)
