"""xAI. Reasoning: https://docs.x.ai/developers/model-capabilities/text/reasoning"""

from ..core.ports import ReasoningTraits
from ..wire.format import Provider, Service
from ..wire.responses import ResponsesDialect
from ..wire.schemas.rules import COUNTS, EVERYTHING, LENGTHS, RARE, SchemaRules, SchemaSupport

# Every tool is strict: https://docs.x.ai/developers/model-capabilities/text/structured-outputs
_RULES = SchemaRules(keywords=EVERYTHING - RARE - LENGTHS - COUNTS - {"allOf"})

PROVIDER = Provider(
    "xai",
    "https://api.x.ai/v1",
    chat="responses",
    dialect=ResponsesDialect(strict=False, instructions=False, system="system", summary=False, proof=False, hosted="xai"),
    models=(
        (r"non-reasoning|grok-2", {"reasoning": ReasoningTraits()}),
        (r"grok-4\.20-multi-agent", {"reasoning": ReasoningTraits(("low", "medium", "high", "xhigh"), by_default=True)}),
        (r"grok-4\.20|grok-code|grok-build-0", {"reasoning": ReasoningTraits((), by_default=True)}),
        (r"grok-(latest|4\.3|4-|3(?!-mini))", {"reasoning": ReasoningTraits(("none", "low", "medium", "high"), by_default=True)}),
        (r"grok-3-mini", {"reasoning": ReasoningTraits(("none", "low", "high"), by_default=True)}),
        (r"grok-(4\.[7-9]|[5-9])", {"reasoning": ReasoningTraits(("low", "medium", "high", "xhigh"), by_default=True)}),
        (r"grok", {"reasoning": ReasoningTraits(("low", "medium", "high"), by_default=True)}),
    ),
    hosted=("web_search", "x_search", "code_execution", "file_search", "image_generation", "mcp"),
    services={
        "images": Service(form="xai"),
        "speech": Service(form="xai"),
        "transcription": Service(form="xai"),
        "models": Service(),
        "files": Service(form="xai"),
    },
    label="xAI",
    examples=("grok-4.7", "grok-4.3"),
    key_env="XAI_API_KEY",
    key_url="https://console.x.ai",
    schemas=SchemaSupport(tools=_RULES, output=_RULES),
)
