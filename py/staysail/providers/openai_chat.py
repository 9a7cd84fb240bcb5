from ..wire.chat import ChatDialect
from .openai import PROVIDER as OPENAI

PROVIDER = OPENAI.replace(name="openai-chat", chat="chat", dialect=ChatDialect(max_tokens="max_completion_tokens", strict=True))
