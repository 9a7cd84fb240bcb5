from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "groq",
    "https://api.groq.com/openai/v1",
    dialect=ChatDialect(max_tokens="max_completion_tokens"),
    services={"transcription": Service(), "models": Service()},
    key_env="GROQ_API_KEY",
    key_url="https://console.groq.com/keys",
)
