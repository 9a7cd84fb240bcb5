import pytest

from staysail import CompletionRequest, ConfigError, load_model
from staysail.core.ports import HttpRequest
from staysail.testing import ReplayTransport

ANSWER = {
    "response": {
        "status": 200,
        "headers": {"content-type": "application/json", "x-request-id": "req_9"},
        "body": '{"id": "1", "object": "response", "status": "completed", "output": [], "usage": {}}',
    }
}
CHAT = {
    "response": {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}',
    }
}
KEYS = ("OPENAI_API_KEY", "STAYSAIL_OPENAI_BASE_URL", "STAYSAIL_OPENAI_CHAT_BASE_URL", "STAYSAIL_GROQ_BASE_URL", "GROQ_API_KEY")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch):
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


async def sent_by(model: str, answer: dict = ANSWER, **options) -> HttpRequest:
    transport = ReplayTransport([answer])
    await load_model(model, transport=transport, **options).complete(CompletionRequest("hi"))
    return transport.requests[0]


@pytest.mark.parametrize(
    ("model", "base_url", "url"),
    [
        ("openai:m", None, "https://api.openai.com/v1/responses"),
        ("openai:m", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/responses"),
        ("openai:m", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1/responses"),
        ("openai:m", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/responses"),
        ("openai:m", "http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1/responses"),
        ("openai:m", "https://proxy.example/openai", "https://proxy.example/openai/responses"),
        ("openai:m", "http://h/v1?api-version=2", "http://h/v1/responses?api-version=2"),
    ],
)
async def test_a_base_url_without_a_path_gets_the_providers_own(model: str, base_url: str | None, url: str):
    assert (await sent_by(model, api_key="k", base_url=base_url)).url == url


@pytest.mark.parametrize(
    ("model", "base_url", "url"),
    [
        ("openai-chat:m", "http://h:1", "http://h:1/v1/chat/completions"),
        ("groq:m", "http://h:1", "http://h:1/openai/v1/chat/completions"),
        ("deepseek:m", "http://h:1", "http://h:1/chat/completions"),
        ("llamacpp:m", None, "http://127.0.0.1:8080/v1/chat/completions"),
    ],
)
async def test_each_provider_has_a_path_of_its_own(model: str, base_url: str | None, url: str):
    assert (await sent_by(model, CHAT, api_key="k", base_url=base_url)).url == url


async def test_key_and_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment\n")
    monkeypatch.setenv("STAYSAIL_OPENAI_BASE_URL", "http://h:1/v1")
    request = await sent_by("openai:m")
    assert (request.url, request.headers["authorization"]) == ("http://h:1/v1/responses", "Bearer from-the-environment")
    assert (await sent_by("openai-chat:m", CHAT)).url == "http://h:1/v1/chat/completions"
    assert (await sent_by("openai:m", base_url="http://mine/v1")).url == "http://mine/v1/responses"
    assert (await sent_by("openai:m", api_key="mine-1234")).headers["authorization"] == "Bearer mine-1234"
    assert (await sent_by("groq:m", CHAT, api_key="k")).url.startswith("https://api.groq.com/")


async def test_an_address_of_its_own_comes_before_a_shared_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STAYSAIL_OPENAI_BASE_URL", "http://shared/v1")
    monkeypatch.setenv("STAYSAIL_OPENAI_CHAT_BASE_URL", "http://own/v1")
    assert (await sent_by("openai-chat:m", CHAT)).url == "http://own/v1/chat/completions"


async def test_a_server_of_ones_own_needs_no_key():
    assert "authorization" not in (await sent_by("openai:m", base_url="http://127.0.0.1:1/v1")).headers


async def test_headers_of_the_model_and_of_the_request_are_sent_the_latter_over_the_former():
    transport = ReplayTransport([ANSWER])
    model = load_model("openai:m", api_key="k", headers={"X-A": "1", "X-B": "1"}, transport=transport)
    completion = await model.complete(CompletionRequest("hi", headers={"x-b": "2"}))
    headers = transport.requests[0].headers
    assert (headers["x-a"], headers["x-b"], headers["content-type"]) == ("1", "2", "application/json")
    assert completion.request_id == "req_9"


async def test_only_headers_that_a_strict_host_allows_are_sent():
    assert set((await sent_by("openai:m", api_key="k")).headers) == {"authorization", "content-type"}


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("openai:m", {}, "openai needs an API key: pass api_key=, or set OPENAI_API_KEY. Get one at https://"),
        ("openai:m", {"api_key": ""}, "API key cannot be empty"),
        ("openai:m", {"api_key": "  "}, "API key cannot be empty"),
        ("openai:m", {"api_key": "sk-…pasted"}, "paste it again"),
        ("openai:m", {"api_key": "sk-1\nx: y"}, "paste it again"),
        ("openai:", {"api_key": "k"}, "Model cannot be empty"),
        ("openai", {"api_key": "k"}, "Model cannot be empty"),
        ("openia:m", {"api_key": "k"}, "there is no provider 'openia'; there are: "),
        ("../x:m", {"api_key": "k"}, "there is no provider"),
        (":m", {"api_key": "k"}, "there is no provider"),
        ("openai:m", {"api_key": "k", "base_url": "127.0.0.1:80"}, "base_url starts with http"),
        ("openai-compatible:m", {}, "needs a base_url, for example http"),
    ],
)
def test_what_cannot_work_is_refused_when_the_model_is_made(model: str, options: dict, said: str):
    with pytest.raises(ConfigError) as raised:
        load_model(model, **options)
    assert said in str(raised.value)
    assert "pasted" not in str(raised.value)


def test_nothing_shows_the_key_or_a_password_in_the_address():
    model = load_model(
        "openai:m", api_key="sk-secret-123", base_url="http://user:word@h/v1?key=hidden", headers={"x-api-key": "sk-other-456"}
    )
    shown = repr(model) + str(model) + repr(model.endpoint)  # type: ignore[attr-defined]
    assert not any(secret in shown for secret in ("sk-secret-123", "word", "hidden", "sk-other-456"))
    request = HttpRequest("POST", "http://user:word@h:1/v1?key=hidden", {"authorization": "Bearer sk-secret-123"}, b"sk-secret-123")
    assert repr(request) == "HttpRequest(POST http://h:1/v1, 13 bytes)"
    assert request.host == "h:1"


def test_a_model_says_its_name():
    assert load_model("openai:gpt-5:turbo", api_key="k").name == "openai:gpt-5:turbo"
