import asyncio
import io
import sys

import pytest

from staysail import Agent, Approve, ConfigError, Image, ProviderError, Text, ToolCall, VectorStore, show, tool
from staysail.core.shown import Card, Note, Picture, Prose
from staysail.testing import ScriptedModel

PNG = b"\x89PNG\r\n\x1a\n"


class Kept:
    """An output that keeps what it drew."""

    def __init__(self) -> None:
        self.drawn: list[tuple] = []
        self.ended = 0

    def draw(self, parts, *, is_last):
        self.drawn.append(tuple(parts))
        self.ended += is_last


@tool
async def chart(kind: str) -> list:
    """Draws."""
    return [Text(f"a {kind}"), Image(data=PNG, media_type="image/png")]


def agent(*answers, **options):
    return Agent(ScriptedModel(answers), tools=[chart], **options)


async def test_text_tool_cards_and_pictures_are_shown_in_their_order():
    output = Kept()
    reply = await show(agent(["Look:", ToolCall("1", "chart", {"kind": "bar"})], "**Done.**").stream("go"), output=output)
    assert reply.text == "**Done.**"
    text, card, answer, usage = output.drawn[-1]
    assert text == Prose("Look:")
    assert isinstance(card, Card)
    assert (card.title, card.state.partition(",")[0], card.is_open) == ("chart", "done", True)  # a slow call has its seconds behind it
    assert Picture(PNG, "image/png") in card.parts
    assert answer == Prose("**Done.**")
    assert usage == Note("4 tokens in 2 model calls")
    assert output.ended == 1
    assert reply.shown_parts() == output.drawn[-1], "a reply shows itself as its run was shown"


async def test_text_is_shown_while_it_streams():
    output = Kept()
    model = ScriptedModel(["one two three four five six"], delay_s=0.1)
    await show(Agent(model).stream("go"), output=output)
    lengths = [len(parts[0].markdown) for parts in output.drawn if parts]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) >= 4


async def test_a_nested_agent_is_shown_in_the_card_of_its_call():
    inner = Agent(ScriptedModel(["from within"]), name="inner")
    outer = Agent(ScriptedModel([[ToolCall("1", "inner", {"prompt": "x"})], "end"]), tools=[inner.as_tool(description="d", events=True)])
    output = Kept()
    await show(outer.stream("go"), output=output)
    assert Prose("from within") in output.drawn[-1][0].parts


async def test_a_failure_stays_below_what_was_shown():
    output = Kept()
    with pytest.raises(ProviderError):
        await show(agent(["Look:", ToolCall("1", "chart", {"kind": "bar"})], ProviderError("down")).stream("go"), output=output)
    assert output.drawn[-1][-1] == Note("ProviderError: down", "error")
    assert output.ended == 1


async def test_cancelling_closes_the_stream():
    closed = asyncio.Event()

    async def endless():
        try:
            async for event in Agent(ScriptedModel(["a b"], delay_s=0.01)).stream("go"):
                yield event
                await asyncio.sleep(60)
        finally:
            closed.set()

    output = Kept()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(show(endless(), output=output), 0.3)
    assert closed.is_set()
    assert output.drawn[-1][-1] == Note("cancelled", "error")


async def test_a_paused_run_shows_what_waits_and_then_goes_on():
    @tool(approval="always")
    async def pay(euros: int) -> str:
        return "paid"

    payer = Agent(ScriptedModel([[ToolCall("1", "pay", {"euros": 3})], "Paid."]), tools=[pay])
    output = Kept()
    reply = await show(payer.stream("go"), output=output)
    assert any(isinstance(part, Card) and part.state == "waits for approval" for part in output.drawn[-1])
    done = await show(payer.resume_stream(reply, {reply.pending[0].id: Approve()}), output=Kept())
    assert done.text == "Paid."


async def test_a_file_gets_text_as_it_comes(capsys):
    await show(agent(["Look:", ToolCall("1", "chart", {"kind": "bar"})], "Done.").stream("go"))
    assert capsys.readouterr().out == (
        'Look:\nchart: done\n  {\n    "kind": "bar"\n  }\n  a bar\n  [image/png, 8 bytes]\nDone.\n4 tokens in 2 model calls\n'
    )


async def test_a_terminal_with_rich_draws_markdown(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    await show(agent(["Look:", ToolCall("1", "chart", {"kind": "bar"})], "# Done\n\n- **a**").stream("go"))
    text = terminal.getvalue()
    assert "**a**" not in text
    assert "chart: done" in text
    assert "Done" in text


async def test_anything_but_a_stream_is_refused():
    with pytest.raises(ConfigError, match=r"await show\(agent\.stream"):
        await show(await agent("a").prompt("go"))


async def test_hits_stores_toolfs_runs_and_errors_show_themselves():
    from staysail import Run, ToolFS

    store = VectorStore(embedder=lambda texts: [[1.0, float(len(text))] for text in texts])
    assert "opens when it is first used" in store._repr_html_()
    await store.add([{"id": "a", "text": "<b>bold</b>", "metadata": {"year": 2020}}])
    assert "cosine" in store._repr_html_()
    hits = await store.search("x", 2)
    assert hits == list(hits)
    assert "<td>a</td>" in hits._repr_html_()
    assert "&lt;b&gt;bold" in hits._repr_html_()
    assert "| a |" in hits._repr_markdown_()
    assert "<td>a</td>" in hits[0]._repr_html_()
    toolfs = ToolFS(":memory:")
    toolfs.mount("/toolfs/data")
    assert "/toolfs/data" in toolfs._repr_html_()
    assert "phase model" in Run("hi")._repr_html_()
    assert "ConfigError: no &lt;b&gt;" in ConfigError("no <b>")._repr_html_()
    bundle = ConfigError("no")._repr_mimebundle_()
    assert bundle.keys() == {"text/html", "text/markdown", "text/plain"}
