from ..wire.format import Provider, Service

PROVIDER = Provider(
    "cohere",
    "https://api.cohere.com/v2",
    chat="cohere",
    services={
        "embeddings": Service(form="cohere", path="/v1/embed", batch=96),
        "rerank": Service(form="cohere", path="rerank"),
        "models": Service(form="cohere", path="/v1/models"),
    },
    version="v2",
    key_env="COHERE_API_KEY",
    key_url="https://dashboard.cohere.com/api-keys",
)
