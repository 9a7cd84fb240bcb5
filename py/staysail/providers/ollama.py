"""Ollama. Thinking: https://docs.ollama.com/capabilities/thinking"""

from ..core.ports import ReasoningTraits
from ..wire.format import Provider, Service
from ..wire.schemas.rules import GRAMMAR, SchemaSupport

SWITCHED = ReasoningTraits(("none", "high"), by_default=True, style="switch")
PROVIDER = Provider(
    "ollama",
    "http://127.0.0.1:11434/api",
    chat="ollama",
    models=(
        (r"gpt-oss", {"reasoning": ReasoningTraits(("low", "medium", "high"), by_default=True)}),
        (r"qwen3|deepseek-(r1|v3\.1|v4)|magistral|thinking|glm-|kimi-k2", {"reasoning": SWITCHED}),
        (r"llama[23]|mistral|gemma|phi|llava|qwen2|tinyllama", {"reasoning": ReasoningTraits()}),
    ),
    services={"embeddings": Service(form="ollama", path="embed"), "models": Service(form="ollama", path="tags")},
    label="Ollama",
    examples=("qwen3:4b", "llama3.2", "gemma3:4b"),
    key_env="OLLAMA_API_KEY",
    key_needed=False,
    page="setting",
    page_note="start it with OLLAMA_ORIGINS set to the page's origin",
    schemas=SchemaSupport(output=GRAMMAR),
)
