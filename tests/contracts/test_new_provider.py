"""Adding a provider is one file."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import staysail.providers
from staysail import Agent, EmbeddingModel, provider_names, tool
from tests.server import Box

FILE = """
from staysail.wire.chat import ChatDialect
from staysail.wire.format import Provider, Service

PROVIDER = Provider(
    "acme-labs",
    "https://api.acme.example/v7",
    dialect=ChatDialect(max_tokens="max_completion_tokens"),
    services={"embeddings": Service(batch=2)},
    auth="x-acme-key",
    key_env="ACME_API_KEY",
    key_url="https://acme.example/keys",
)
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "acme_labs.py").write_text(FILE)
    monkeypatch.setattr(staysail.providers, "__path__", [*staysail.providers.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield
    sys.modules.pop("staysail.providers.acme_labs", None)


@pytest.mark.usefixtures("acme")
async def test_a_file_in_the_folder_is_a_provider(box: Box):
    @tool
    def add(a: int, b: int) -> int:
        """Adds."""
        return a + b

    box.add({"tool_calls": [{"name": "add", "arguments": {"a": 2, "b": 3}}]}, {"text": "5"})
    agent = Agent("acme-labs:m", api_key="k", base_url=box.url, tools=[add], max_tokens=9)
    assert (await agent.prompt("2 + 3?")).text == "5"
    first, second = box.seen
    assert first.headers["x-acme-key"] == "k"
    assert first.json["max_completion_tokens"] == 9
    assert second.json["messages"][-1]["content"] == "5"
    assert "acme-labs" in provider_names()
    assert "acme-labs" in provider_names("embeddings")


@pytest.mark.usefixtures("acme")
async def test_its_services_work_as_everybodys(box: Box):
    def answer(seen):
        return {"body": {"data": [{"index": n, "embedding": [float(len(text))]} for n, text in enumerate(seen.json["input"])]}}

    box.add(answer, answer)
    found = await EmbeddingModel("acme-labs:m", api_key="k", base_url=box.url, concurrency=1).embed_texts(["a", "bb", "ccc"])
    assert [one.vec for one in found] == [[1.0], [2.0], [3.0]]
    assert [seen.json["input"] for seen in box.seen] == [["a", "bb"], ["ccc"]]
