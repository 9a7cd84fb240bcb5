from ..wire.chat import ChatDialect
from .openai import PROVIDER as OPENAI

DIALECT = ChatDialect(max_tokens="max_completion_tokens", strict=True, reasoning="effort")
PROVIDER = OPENAI.replace(
    name="openai-chat", label="OpenAI by Chat Completions", chat="chat", dialect=DIALECT, hosted=(), hosted_at="openai"
)
