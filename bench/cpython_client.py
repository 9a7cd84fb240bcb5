"""One client on CPython, for bench/cpython.py, which runs this in the environment of the peers: `python cpython_client.py CLIENT WORK URL`
prints what was measured as JSON."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

BODY = {"model": "m", "messages": [{"role": "user", "content": "How are you?"}]}
type Client = tuple[Callable[[], Awaitable[str]], Callable[[], AsyncIterator[str]]]
"""Asks for one answer and returns its text; streams an answer's pieces of text."""


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def bare(url: str) -> Client:
    import httpx

    client = httpx.AsyncClient(timeout=60)

    async def ask() -> str:
        response = await client.post(f"{url}/chat/completions", json=BODY)
        return response.json()["choices"][0]["message"]["content"]

    async def stream() -> AsyncIterator[str]:
        async with client.stream("POST", f"{url}/chat/completions", json={**BODY, "stream": True}) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    for choice in json.loads(line[6:])["choices"]:
                        if choice["delta"].get("content"):
                            yield choice["delta"]["content"]

    return ask, stream


def staysail(url: str) -> Client:
    from staysail import Agent

    agent = Agent("openai-chat:m", api_key="k", base_url=url)

    async def ask() -> str:
        return (await agent.prompt("How are you?")).text

    return ask, lambda: agent.stream_text("How are you?")


def openai(url: str) -> Client:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="k", base_url=url)

    async def ask() -> str:
        return (await client.chat.completions.create(**BODY)).choices[0].message.content

    async def stream() -> AsyncIterator[str]:
        async for chunk in await client.chat.completions.create(**BODY, stream=True):
            for choice in chunk.choices:
                if choice.delta.content:
                    yield choice.delta.content

    return ask, stream


def pydantic_ai(url: str) -> Client:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    agent = Agent(OpenAIChatModel("m", provider=OpenAIProvider(base_url=url, api_key="k")))

    async def ask() -> str:
        return (await agent.run("How are you?")).output

    async def stream() -> AsyncIterator[str]:
        async with agent.run_stream("How are you?") as result:
            async for piece in result.stream_text(delta=True, debounce_by=None):
                yield piece

    return ask, stream


def langchain(url: str) -> Client:
    from langchain.agents import create_agent
    from langchain_core.messages import AIMessageChunk
    from langchain_openai import ChatOpenAI

    agent = create_agent(ChatOpenAI(model="m", base_url=url, api_key="k"))
    asked = {"messages": [{"role": "user", "content": "How are you?"}]}

    async def ask() -> str:
        return (await agent.ainvoke(asked))["messages"][-1].text

    async def stream() -> AsyncIterator[str]:
        async for chunk, _ in agent.astream(asked, stream_mode="messages"):
            if isinstance(chunk, AIMessageChunk) and chunk.text:
                yield chunk.text

    return ask, stream


CLIENTS = {made.__name__: made for made in (bare, staysail, openai, langchain, pydantic_ai)}


async def first_answer(client: Client) -> None:
    ask, _ = client
    await ask()


async def prompts(client: Client, count: int) -> dict[str, object]:
    ask, _ = client
    for _ in range(5):  # these open the connection and fill caches
        await ask()
    times, begun_cpu = [], time.process_time()
    for _ in range(count):
        begun = time.perf_counter()
        text = await ask()
        times.append((time.perf_counter() - begun) * 1000)
        assert text == "Fine, thanks.", text
    return {"ms": times, "cpu_ms": (time.process_time() - begun_cpu) / count * 1000}


async def deltas(client: Client, count: int) -> dict[str, float]:
    _, stream = client
    begun, begun_cpu, seen = time.perf_counter(), time.process_time(), 0
    async for _ in stream():
        seen += 1
    assert seen >= count, f"{seen} deltas came, not {count}"
    return {"rate": count / (time.perf_counter() - begun), "cpu_us": (time.process_time() - begun_cpu) / count * 1e6}


def main(name: str, work: str, url: str, count: int) -> None:
    before_mb, begun_cpu = resident_mb(), time.process_time()
    client = CLIENTS[name](url)
    told: dict[str, object] = {"cpu_ms": (time.process_time() - begun_cpu) * 1000}
    if work == "start":
        asyncio.run(first_answer(client))
        told |= {"first_cpu_ms": (time.process_time() - begun_cpu) * 1000, "mb": resident_mb() - before_mb}
    elif work == "prompts":
        told = asyncio.run(prompts(client, count))
    else:
        told |= asyncio.run(deltas(client, count))
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
