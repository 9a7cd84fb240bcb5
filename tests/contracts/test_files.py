"""Files that providers keep: sent once, named in messages, listed and deleted."""

from datetime import datetime
from typing import Any

import pytest

from staysail import Agent, Audio, ConfigError, File, Image, ProviderError, ProviderFiles, load_model, provider_names
from tests.rules import RulesTransport

PROVIDERS = ["openai", "openai-chat", "anthropic", "gemini", "gemini-interactions", "mistral", "xai"]
MODELS = {"openai": "gpt-6-sol", "anthropic": "claude-opus-5-5", "gemini": "gemini-3.8-flash", "gemini-interactions": "gemini-3.8-flash"}
PDF = b"%PDF-1.7\r\n\r\n\x00\xff--binary--\r\n"
everywhere = pytest.mark.parametrize("provider", PROVIDERS)


class NoWait:
    """A clock that does not wait."""

    def now(self) -> float:
        return 0.0

    async def sleep(self, delay_s: float) -> None:
        return None


def opened(provider: str) -> tuple[ProviderFiles, RulesTransport]:
    transport = RulesTransport(provider)
    return ProviderFiles(provider, api_key="k", transport=transport, clock=NoWait()), transport


def test_every_provider_with_files_is_tried():
    assert {*provider_names("files")} == {*PROVIDERS}


@everywhere
async def test_a_file_is_sent_listed_and_deleted(provider: str):
    files, transport = opened(provider)
    file = await files.upload(PDF, name='a "b".pdf')
    assert (file.media_type, file.size_bytes, file.provider) == ("application/pdf", len(PDF), provider)
    assert next(iter(transport.account.contents.values())) == PDF
    more = [await files.upload(Image(data=b"\x89PNG", media_type="image/png", name=f"{n}.png")) for n in range(4)]
    listed = await files.list()
    assert [one.id for one in listed] == [file.id, *(one.id for one in more)]
    assert listed[1].media_type == "image/png"
    assert await files.get(file.id) == listed[0]
    assert await files.content(file.id) == PDF
    await files.delete(file.id)
    assert [one.id for one in await files.list()] == [one.id for one in more]
    with pytest.raises(ProviderError):
        await files.get(file.id)


@pytest.mark.parametrize("provider", MODELS)
async def test_a_message_names_it(provider: str):
    files, transport = opened(provider)
    agent = Agent(load_model(f"{provider}:{MODELS[provider]}", api_key="k", transport=transport))
    part = await files.keep(File(data=PDF, media_type="application/pdf", name="a.pdf"))
    assert await files.keep(File(data=PDF, media_type="application/pdf", name="a.pdf")) == part
    assert part.data is None
    reply = await agent.prompt([part, "What is this?"])
    assert reply.text == "Hello."
    assert transport.refused == []
    sent = str(transport.seen[-1].json)
    assert part.file_id in sent
    assert len(transport.seen) == 2


async def test_a_file_that_the_provider_has_deleted_by_now_is_sent_again(monkeypatch: pytest.MonkeyPatch):
    files, transport = opened("gemini")
    part = File(data=PDF, media_type="application/pdf", name="a.pdf")
    first = await files.keep(part)
    assert await files.keep(part) == first
    (row,) = await files.list()
    assert row.expires_at
    days_later = datetime.fromisoformat(row.expires_at).timestamp() + 1
    monkeypatch.setattr("staysail.wire.files.time", lambda: days_later)
    second = await files.keep(part)
    assert second.file_id != first.file_id
    assert len([seen for seen in transport.seen if seen.method == "POST"]) == 2


async def test_parts_are_of_the_kind_that_they_hold():
    files, _ = opened("gemini")
    for kind, made in {"image/png": Image, "audio/wav": Audio, "application/pdf": File, "video/mp4": File}.items():
        file = await files.upload(b"x", name="x", media_type=kind)
        assert type(file.part) is made
        assert file.part.file_id == "https://generativelanguage.googleapis.com/v1beta/" + file.id


@pytest.mark.parametrize(("provider", "sent"), [("openai", b"expires_after[seconds]"), ("xai", b"expires_after")])
async def test_a_file_may_end(provider: str, sent: bytes):
    files, transport = opened(provider)
    await files.upload(b"x", name="x.txt", expires_after_s=3600)
    assert sent in transport.seen[0].body
    assert b"3600" in transport.seen[0].body


@pytest.mark.parametrize(
    ("provider", "make"),
    [
        ("cohere", lambda: ProviderFiles("cohere", api_key="k")),
        ("local", lambda: ProviderFiles("local")),
    ],
)
def test_a_provider_without_files_says_so(provider: str, make: Any):
    with pytest.raises(ConfigError):
        make()


async def test_what_cannot_be_sent_is_refused_at_once():
    files, transport = opened("anthropic")
    with pytest.raises(ConfigError, match="bytes"):
        await files.upload(File(url="https://x.example/a.pdf"))
    with pytest.raises(ConfigError, match="until they are deleted"):
        await files.upload(b"x", expires_after_s=60)
    with pytest.raises(ConfigError, match="48 hours"):
        await opened("gemini")[0].upload(b"x", expires_after_s=60)
    assert transport.seen == []
