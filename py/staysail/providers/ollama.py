from ..wire.format import Provider, Service

PROVIDER = Provider(
    "ollama",
    "http://127.0.0.1:11434/api",
    chat="ollama",
    services={"embeddings": Service(form="ollama", path="embed"), "models": Service(form="ollama", path="tags")},
    key_env="OLLAMA_API_KEY",
    key_needed=False,
    page="setting",
    page_note="start it with OLLAMA_ORIGINS set to the page's origin",
)
