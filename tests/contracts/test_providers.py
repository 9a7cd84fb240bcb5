"""What holds for every provider, found by walking the folder; each is asked what it can do."""

import json

import pytest

from staysail import (
    CompletionRequest,
    ConfigError,
    EmbeddingModel,
    ImageModel,
    NetworkError,
    OcrModel,
    Reranker,
    SpeechModel,
    TranscriptionModel,
    list_models,
    load_model,
    provider_names,
)
from staysail.core.ports import HttpRequest
from staysail.testing import ReplayTransport
from staysail.wire.format import Provider, join_url
from tests.contracts.specimens import SPECIMENS, TEXT
from tests.contracts.walk import providers

PROVIDERS = providers()
KEY = "sk-0123456789-secret"
MODELS = {
    "embeddings": EmbeddingModel,
    "rerank": Reranker,
    "transcription": TranscriptionModel,
    "images": ImageModel,
    "speech": SpeechModel,
    "ocr": OcrModel,
}
# How a key travels, and what goes beside it. Hosts refuse a page's request for a header they do not list.
OWN_KEY_HEADER = {"anthropic": "x-api-key", "azure": "api-key", "gemini": "x-goog-api-key", "gemini-interactions": "x-goog-api-key"}
BESIDE_KEY = {"anthropic": {"anthropic-version", "anthropic-dangerous-direct-browser-access"}}
# Where a recorded client called these; a base without a path leads there.
RECORDED_PATHS = {
    "anthropic": "/v1/messages",
    "cohere": "/v2/chat",
    "deepseek": "/chat/completions",
    "gemini": "/v1beta/models/m:generateContent",
    "gemini-interactions": "/v1beta/interactions",
    "groq": "/openai/v1/chat/completions",
    "llamacpp": "/v1/chat/completions",
    "mistral": "/v1/chat/completions",
    "mistral-conversations": "/v1/conversations",
    "ollama": "/api/chat",
    "openai": "/v1/responses",
    "openai-chat": "/v1/chat/completions",
    "openrouter": "/api/v1/chat/completions",
    "perplexity": "/chat/completions",
    "xai": "/v1/responses",
}


def each(condition=lambda provider: True):
    chosen = [provider for provider in PROVIDERS.values() if condition(provider)]
    return pytest.mark.parametrize("provider", chosen, ids=[provider.name for provider in chosen])


def answering(provider: Provider, streamed: bool = False) -> ReplayTransport:
    specimen = SPECIMENS[provider.chat]()
    kind = "application/x-ndjson" if provider.chat == "ollama" else "text/event-stream"
    body = specimen.stream.decode() if streamed else json.dumps(specimen.whole)
    headers = {"content-type": kind if streamed else "application/json"}
    return ReplayTransport([{"response": {"status": 200, "headers": headers, "body": body}}])


async def ask(provider: Provider, streamed: bool = False, base_url: str | None = None) -> HttpRequest:
    transport = answering(provider, streamed)
    base_url = base_url or (provider.base_url.replace("<resource>", "mine") if provider.base_needed else None)
    model = load_model(f"{provider.name}:m", api_key=KEY, base_url=base_url, transport=transport)
    request = CompletionRequest("Weather?")
    completion = [event async for event in model.stream(request)][-1] if streamed else await model.complete(request)
    assert completion.text == TEXT
    return transport.requests[0]


@each()
def test_its_file_says_what_a_reader_needs(provider: Provider):
    assert provider.name in provider_names()
    assert provider.chat or provider.services
    assert provider.base_url.startswith(("https://", "http://127.0.0.1:"))
    assert provider.key_env
    assert provider.key_url.startswith("https://") or not provider.key_needed
    assert provider.page in ("yes", "setting", "proxy")
    assert provider.page_note or provider.page != "setting"


@each(lambda provider: bool(provider.chat))
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_it_sends_exactly_the_headers_its_host_allows(provider: Provider, streamed: bool):
    request = await ask(provider, streamed)
    key_header = OWN_KEY_HEADER.get(provider.name, "authorization")
    assert set(request.headers) == {"content-type", key_header} | BESIDE_KEY.get(provider.name, set())
    assert request.headers[key_header].removeprefix("Bearer ") == KEY
    assert request.headers["content-type"] == "application/json"
    assert KEY not in request.url
    assert KEY not in repr(request)


@each(lambda provider: provider.name in RECORDED_PATHS)
async def test_a_base_without_a_path_leads_where_the_host_has_it(provider: Provider):
    request = await ask(provider, base_url="http://127.0.0.1:9")
    assert request.url == f"http://127.0.0.1:9{RECORDED_PATHS[provider.name]}"


def test_a_base_is_completed_only_where_it_has_to_be():
    anthropic, gemini, cohere = (PROVIDERS[name] for name in ("anthropic", "gemini", "cohere"))
    assert join_url("https://site/anthropic", "messages", anthropic.base_url, anthropic.version) == "https://site/anthropic/v1/messages"
    assert join_url("https://site/a/v1/", "messages", anthropic.base_url, anthropic.version) == "https://site/a/v1/messages"
    assert join_url("https://site/g/v1alpha", "models", gemini.base_url, gemini.version) == "https://site/g/v1alpha/models"
    assert join_url("https://site/c/v2", "/v1/embed", cohere.base_url, cohere.version) == "https://site/c/v1/embed"
    deployment = "https://mine.openai.azure.com/openai/deployments/d?api-version=2024-10-21"
    wanted = "https://mine.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
    assert join_url(deployment, "chat/completions", PROVIDERS["azure"].base_url) == wanted


@each(lambda provider: provider.key_needed and not provider.base_needed)
def test_without_a_key_it_says_where_to_get_one(provider: Provider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(provider.key_env or "", raising=False)
    make = (lambda: load_model(f"{provider.name}:m")) if provider.chat else (lambda: EmbeddingModel(f"{provider.name}:m"))
    with pytest.raises(ConfigError, match="API key") as raised:
        make()
    assert provider.key_url in str(raised.value)
    monkeypatch.setenv(provider.key_env or "", KEY)
    assert KEY not in repr(make())


@each(lambda provider: not provider.chat)
def test_without_chat_it_says_so_at_once(provider: Provider):
    with pytest.raises(ConfigError, match=f"{provider.name} has no chat models"):
        load_model(f"{provider.name}:m", api_key=KEY)


@each()
@pytest.mark.parametrize("kind", MODELS)
def test_a_service_is_there_or_refused_at_once(provider: Provider, kind: str):
    options = {"api_key": KEY, "base_url": "http://127.0.0.1:9/v1"}
    if kind in provider.services:
        assert KEY not in repr(MODELS[kind](f"{provider.name}:m", **options))
        assert provider.name in provider_names(kind)
        return
    with pytest.raises(ConfigError, match=f"{provider.name} has no "):
        MODELS[kind](f"{provider.name}:m", **options)


@each(lambda provider: "models" not in provider.services)
async def test_a_provider_without_a_list_of_models_says_so(provider: Provider):
    with pytest.raises(ConfigError, match="list of models"):
        await list_models(provider.name, api_key=KEY)


@each(lambda provider: bool(provider.chat) and not getattr(provider.dialect, "tools", True))
async def test_a_provider_without_tools_refuses_them_in_words(provider: Provider):
    model = load_model(f"{provider.name}:m", api_key=KEY, transport=answering(provider))
    with pytest.raises(ConfigError, match="no tool calls"):
        await model.complete(CompletionRequest("x", tools=[{"name": "f"}]))


@each(lambda provider: provider.page != "yes" and bool(provider.chat))
async def test_a_blocked_page_is_told_what_this_provider_wants(provider: Provider):
    class Blocked:
        def send(self, request):
            raise NetworkError("the browser may not read the answer", code="cors")

    model = load_model(f"{provider.name}:m", api_key=KEY, base_url=provider.base_url, transport=Blocked())
    with pytest.raises(NetworkError) as raised:
        await model.complete(CompletionRequest("x"))
    assert provider.page_note in str(raised.value)


async def test_a_host_that_lets_no_page_in_is_named_with_the_way_round():
    class Blocked:
        def send(self, request):
            raise NetworkError("the browser may not read the answer", code="cors")

    with pytest.raises(NetworkError, match="proxy"):
        await EmbeddingModel("voyageai:m", api_key=KEY, transport=Blocked()).embed_text("x")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("gpt-4o", "openai:gpt-4o"), ("o3", "openai:o3"), ("claude-opus-5-5", "anthropic:claude-opus-5-5"), ("grok-4", "xai:grok-4")],
)
def test_a_model_without_its_provider_is_told_with_it(name: str, meant: str):
    with pytest.raises(ConfigError, match=f'did you mean "{meant}"'):
        load_model(name, api_key=KEY)
