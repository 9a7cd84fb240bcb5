from ..wire.format import Provider, Service

PROVIDER = Provider(
    "jina",
    "https://api.jina.ai/v1",
    chat="",
    services={"embeddings": Service(form="jina", batch=512), "rerank": Service(path="rerank")},
    label="Jina",
    key_env="JINA_API_KEY",
    key_url="https://jina.ai/api-dashboard",
    page="proxy",
)
