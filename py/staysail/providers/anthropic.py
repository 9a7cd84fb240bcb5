from ..wire.anthropic import MessagesDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "anthropic",
    "https://api.anthropic.com/v1",
    chat="anthropic",
    dialect=MessagesDialect(),
    services={"models": Service(form="anthropic")},
    version="v1",
    auth="x-api-key",
    key_env="ANTHROPIC_API_KEY",
    key_url="https://platform.claude.com/settings/keys",
    # The second is Anthropic's opt-in for pages; without it the host sends no CORS headers.
    headers={"anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true"},
)
