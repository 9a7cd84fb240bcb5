"""Groq. Reasoning: https://console.groq.com/docs/reasoning"""

from ..core.ports import ReasoningTraits
from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import OPENAI_STRICT, STRUCTURE, SchemaSupport

HOSTED = ("web_search", "code_execution", "mcp")
PROVIDER = Provider(
    "groq",
    "https://api.groq.com/openai/v1",
    dialect=ChatDialect(max_tokens="max_completion_tokens", reasoning="groq", hosted="groq", output_with_tools=False, files="", audio=""),
    models=(
        (r"gpt-oss", {"reasoning": ReasoningTraits(("low", "medium", "high"), by_default=True), "hosted_tools": HOSTED}),
        (r"qwen3", {"reasoning": ReasoningTraits(("none", "default"), by_default=True)}),
        (r"", {"reasoning": ReasoningTraits()}),
    ),
    services={"transcription": Service(), "models": Service(), "batches": Service()},
    label="Groq",
    examples=("openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b"),
    key_env="GROQ_API_KEY",
    key_url="https://console.groq.com/keys",
    # https://console.groq.com/docs/structured-outputs
    schemas=SchemaSupport(
        output=None,
        strict=OPENAI_STRICT.replace(keywords=STRUCTURE | {"const"}),
    ),
)
