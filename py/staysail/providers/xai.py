from ..wire.format import Provider, Service
from ..wire.responses import ResponsesDialect

PROVIDER = Provider(
    "xai",
    "https://api.x.ai/v1",
    chat="responses",
    dialect=ResponsesDialect(strict=False, instructions=False, system="system"),
    services={"images": Service(form="xai"), "models": Service()},
    key_env="XAI_API_KEY",
    key_url="https://console.x.ai",
)
