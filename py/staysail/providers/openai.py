"""OpenAI's Responses API. Efforts and sampling: https://developers.openai.com/api/docs/guides/reasoning"""

from ..core.ports import ReasoningTraits
from ..wire.format import Provider, Service
from ..wire.responses import ResponsesDialect
from ..wire.schemas.rules import OPENAI

WITHOUT_REASONING = {"reasoning": ReasoningTraits()}


def _reasons(*levels: str, by_default: bool = True, sampling: str = "without_reasoning") -> dict[str, object]:
    return {"reasoning": ReasoningTraits(levels, by_default), "sampling": sampling if "none" in levels else "never"}


# The o-series, the first GPT-5 and the pro models always reason; GPT-5.1 to 5.4 on request; later models unless it is disabled.
MODELS = (
    (r"(^|:)(gpt-[34]|chatgpt|gpt-5-chat|gpt-audio|codex-mini|davinci|babbage)", WITHOUT_REASONING),
    (r"(^|:)(gpt-6-astra|gpt-6\.1-sol)", _reasons("low", "medium", "high", "xhigh", "max")),
    (r"(^|:)gpt-5\.6", _reasons("none", "low", "medium", "high", "xhigh", "max")),
    (r"(^|:)gpt-5\.\d-pro", _reasons("medium", "high", "xhigh")),
    (r"(^|:)gpt-5\.\d-chat", _reasons("medium")),
    (r"(^|:)gpt-5\.1-codex", _reasons("low", "medium", "high", "xhigh")),
    (r"(^|:)gpt-5\.1", _reasons("none", "low", "medium", "high", by_default=False)),
    (r"(^|:)gpt-5\.[234]", _reasons("none", "low", "medium", "high", "xhigh", by_default=False)),
    (r"(^|:)gpt-5\.", _reasons("none", "low", "medium", "high", "xhigh")),
    (r"(^|:)gpt-5-pro", _reasons("high")),
    (r"(^|:)gpt-5", _reasons("minimal", "low", "medium", "high")),
    (r"(^|:)o[134](-|$)", _reasons("low", "medium", "high")),
    # GPT-6 and later models take no sampling parameters.
    (r"(^|:)gpt-\d", _reasons("none", "low", "medium", "high", "xhigh", "max", sampling="never")),
)
PROVIDER = Provider(
    "openai",
    "https://api.openai.com/v1",
    chat="responses",
    dialect=ResponsesDialect(),
    models=MODELS,
    hosted=("web_search", "code_execution", "file_search", "image_generation", "mcp", "tool_search"),
    services={
        "embeddings": Service(batch=2048, batch_bytes=600_000),
        "transcription": Service(),
        "images": Service(),
        "speech": Service(),
        "models": Service(),
        "files": Service(),
        "batches": Service(),
    },
    label="OpenAI",
    examples=("gpt-6-luna", "gpt-6-sol", "gpt-6.1-sol"),
    key_env="OPENAI_API_KEY",
    key_url="https://platform.openai.com/api-keys",
    page_note="a wrong key looks like a network failure: its 401 has no CORS header",
    schemas=OPENAI,
)
