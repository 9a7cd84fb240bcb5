"""OpenRouter's Responses API, which keeps no state: https://openrouter.ai/docs/api/reference/responses/overview"""

from ..wire.responses import ResponsesDialect
from .openrouter import PROVIDER as OPENROUTER

PROVIDER = OPENROUTER.replace(
    name="openrouter-responses",
    label="OpenRouter by Responses",
    chat="responses",
    dialect=ResponsesDialect(hosted="openrouter"),
    services={"models": OPENROUTER.services["models"]},
)
