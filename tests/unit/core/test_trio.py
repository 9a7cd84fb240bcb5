"""Under trio, whose programs have no event loop of asyncio, every way in says that staysail needs one."""

import anyio
import pytest
import trio

from staysail import Agent, ConfigError, EmbeddingModel, McpServer
from staysail.testing import ScriptedModel


async def stream(agent):
    async for _ in agent.stream("go"):
        pass


WAYS = {
    "prompt": lambda: Agent(ScriptedModel(["well"])).prompt("go"),
    "stream": lambda: stream(Agent(ScriptedModel(["well"]))),
    "a model of a provider": lambda: Agent("openai:gpt-6-luna", api_key="k").prompt("go"),
    "embeddings": lambda: EmbeddingModel("openai:text-embedding-3-small", api_key="k").embed_text("go"),
    "an MCP server": lambda: McpServer("http://127.0.0.1:9/mcp").connect(),
}


@pytest.mark.parametrize("way", WAYS)
def test_under_trio_it_says_that_asyncio_is_needed(way):
    with pytest.raises(ConfigError, match=r'needs asyncio.*anyio\.run\(main, backend="asyncio"\)'):
        trio.run(WAYS[way])


def test_under_anyio_on_asyncio_it_works():
    assert anyio.run(WAYS["prompt"], backend="asyncio").text == "well"
