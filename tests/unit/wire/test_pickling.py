"""Agents, models and requests in pickles: the key stays behind."""

import copy
import pickle
from typing import Any

import pytest

from staysail import (
    Agent,
    ConfigError,
    EmbeddingModel,
    ImageModel,
    OcrModel,
    OTLPExporter,
    Reranker,
    SpeechModel,
    TranscriptionModel,
    load_model,
)
from staysail.core.hosted import mcp
from staysail.core.ports import HttpRequest
from staysail.host.httpx_transport import HttpxTransport
from tests.server import TestServer

KEY = "sk-of-this-test-0123456789"
OTHER = "sk-of-the-environment-9876543210"


def key_of_another_process() -> str:
    return OTHER


def again(thing: Any) -> Any:
    data = pickle.dumps(thing)
    assert KEY.encode() not in data
    assert OTHER.encode() not in data
    return pickle.loads(data)


async def sent_key(agent: Agent) -> str:
    with TestServer() as server:
        box = server.box({"text": "Here."})
        agent.model.endpoint.base_url = box.url
        assert await agent.prompt("hi", retry=False) is not None
        return box.seen[0].headers["authorization"]


async def test_an_unpickled_agent_reads_its_key_from_the_environment_again(monkeypatch: pytest.MonkeyPatch):
    agent = again(Agent("openai:m", api_key=KEY, preamble="Be brief."))
    assert agent.settings.preamble == "Be brief."
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match=r"the API key of openai was left out when the model was pickled: set OPENAI_API_KEY"):
        await agent.prompt("hi")
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    assert await sent_key(agent) == f"Bearer {OTHER}"


async def test_a_key_function_is_pickled_by_its_name():
    assert await sent_key(again(Agent("openai:m", api_key=key_of_another_process))) == f"Bearer {OTHER}"


@pytest.mark.parametrize(
    "thing",
    [
        lambda: Agent("openai:m", api_key="x", headers={"authorization": f"Bearer {KEY}"}),
        lambda: load_model("openai:m", api_key="x", headers={"x-custom": f"Bearer {KEY}"}),
        lambda: load_model("openai:m", api_key="x", base_url=f"https://user:{KEY}@host/v1"),
        lambda: load_model("openai:m", api_key="x", base_url=f"https://host/v1?key={KEY}"),
        lambda: OTLPExporter("http://host", headers={"authorization": f"Bearer {KEY}"}),
        lambda: Agent("anthropic:m", api_key="x", tools=[mcp("https://host/", name="other", authorization=KEY)]),
    ],
)
def test_a_secret_that_nothing_brings_back_is_refused(thing: Any):
    made = thing()
    with pytest.raises(ConfigError, match=r"cannot be pickled: its (header|address).* holds a secret") as caught:
        pickle.dumps(made)
    assert KEY not in str(caught.value)
    copy.deepcopy(made)


def test_a_pickled_request_has_no_secrets():
    request = HttpRequest("GET", f"https://host/?key={KEY}&q=tides", {"authorization": f"Bearer {KEY}", "accept": "*/*"})
    left = again(request)
    assert dict(left.headers) == {"accept": "*/*"}
    assert "q=tides" in left.url
    assert again(HttpRequest("GET", "https://host/", {"accept": "*/*"})) == HttpRequest("GET", "https://host/", {"accept": "*/*"})


async def test_copies_within_a_process_keep_the_key():
    transport = HttpxTransport()
    agent = Agent(load_model("openai:m", api_key=KEY, transport=transport), headers={"x-custom": f"Bearer {KEY}"})
    for copied in (copy.copy(agent), copy.deepcopy(agent)):
        assert await sent_key(copied) == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (EmbeddingModel, "openai:m"),
        (Reranker, "cohere:m"),
        (ImageModel, "openai:m"),
        (SpeechModel, "openai:m"),
        (TranscriptionModel, "openai:m"),
        (OcrModel, "mistral:m"),
    ],
)
def test_models_of_other_services_leave_their_keys_behind_too(kind: Any, name: str):
    model = again(kind(name, api_key=KEY, additional_params={"user": "ada"}))
    assert (type(model), model.name, model.additional_params) == (kind, name, {"user": "ada"})
