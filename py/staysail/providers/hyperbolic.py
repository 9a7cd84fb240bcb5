from ..wire.chat import ChatDialect
from ..wire.format import Provider, Service

PROVIDER = Provider(
    "hyperbolic",
    "https://api.hyperbolic.xyz/v1",
    dialect=ChatDialect(output="none", tools=False, files="", audio=""),
    services={
        "images": Service(form="hyperbolic", path="image/generation"),
        "speech": Service(form="hyperbolic", path="audio/generation"),
        "models": Service(),
    },
    label="Hyperbolic",
    examples=("meta-llama/Llama-3.3-70B-Instruct",),
    key_env="HYPERBOLIC_API_KEY",
    key_url="https://app.hyperbolic.ai/settings",
)
