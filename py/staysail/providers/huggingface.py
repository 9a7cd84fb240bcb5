from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "huggingface",
    "https://router.huggingface.co/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="effort", files=""),
    services={
        "transcription": Service(form="bytes", path="/hf-inference/models/{model}"),
        "images": Service(form="bytes", path="/hf-inference/models/{model}"),
        "models": Service(),
    },
    label="Hugging Face",
    key_env="HF_TOKEN",
    key_url="https://huggingface.co/settings/tokens",
)
