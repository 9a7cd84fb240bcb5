from ..wire.format import Provider, Service

PROVIDER = Provider(
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta",
    chat="gemini",
    services={
        "embeddings": Service(form="gemini", batch=100),
        "transcription": Service(form="gemini"),
        "images": Service(form="gemini"),
        "models": Service(form="gemini"),
    },
    version="v1beta",
    auth="x-goog-api-key",
    key_env="GEMINI_API_KEY",
    key_url="https://aistudio.google.com/apikey",
)
