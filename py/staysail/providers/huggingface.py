from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "huggingface",
    "https://router.huggingface.co/v1",
    dialect=ChatDialect(echo=True, files=""),
    services={
        "transcription": Service(form="bytes", path="/hf-inference/models/{model}"),
        "images": Service(form="bytes", path="/hf-inference/models/{model}"),
        "models": Service(),
    },
    key_env="HF_TOKEN",
    key_url="https://huggingface.co/settings/tokens",
)
