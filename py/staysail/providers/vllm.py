from ..wire.chat import ECHO_ALL, ChatDialect
from ..wire.format import Provider, Service
from ..wire.schemas.rules import EVERYTHING, RARE, SchemaRules, SchemaSupport

# The limits of xgrammar, by which vLLM constrains answers to a schema.
_RULES = SchemaRules(keywords=EVERYTHING - RARE - {"multipleOf"})

PROVIDER = Provider(
    "vllm",
    "http://127.0.0.1:8000/v1",
    dialect=ChatDialect(echo=ECHO_ALL, reasoning="template"),
    services={"embeddings": Service(), "rerank": Service(path="rerank"), "models": Service()},
    label="vLLM",
    key_env="VLLM_API_KEY",
    key_needed=False,
    page="setting",
    page_note="start it with --allowed-origins",
    schemas=SchemaSupport(tools=_RULES, output=_RULES),
)
