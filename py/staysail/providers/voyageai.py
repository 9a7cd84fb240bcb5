from ..wire.format import Provider, Service

PROVIDER = Provider(
    "voyageai",
    "https://api.voyageai.com/v1",
    chat="",
    services={"embeddings": Service(form="voyage", batch=1000, batch_bytes=240_000), "rerank": Service(form="voyage", path="rerank")},
    label="Voyage AI",
    key_env="VOYAGE_API_KEY",
    key_url="https://dashboard.voyageai.com/organization/api-keys",
    page="proxy",
)
