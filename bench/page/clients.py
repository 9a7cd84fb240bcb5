"""The Python clients that bench/clients.py compares, inside Pyodide. `connect(name, url)` makes one."""

import asyncio
import json
import time
from functools import partial

from pyodide.http import pyfetch

imports = {}


def timed(name):
    begun = time.perf_counter()
    module = __import__(name)
    imports[name] = (time.perf_counter() - begun) * 1000
    return module


staysail = timed("staysail")
openai = timed("openai")
pydantic_ai = timed("pydantic_ai")
from pydantic_ai.models.openai import OpenAIChatModel  # noqa: E402
from pydantic_ai.providers.openai import OpenAIProvider  # noqa: E402


def add(a: float, b: float) -> float:
    """Adds."""
    return a + b


SCHEMA = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]}
TOOLS = [{"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": SCHEMA}}]


class Client:
    """prompt, rounds (of tools): the answer's text. hundred: a hundred of them. count: how many pieces a streamed answer has."""

    async def hundred(self, text):
        return await asyncio.gather(*(self.prompt(text) for _ in range(100)))


class Pyfetch(Client):
    def __init__(self, url):
        self.url = url

    async def prompt(self, text):
        message = await self.ask([{"role": "user", "content": text}])
        return message["content"]

    async def ask(self, messages):
        headers = {"content-type": "application/json", "authorization": "Bearer k"}
        body = json.dumps({"model": "m", "messages": messages, "tools": TOOLS})
        response = await pyfetch(f"{self.url}/chat/completions", method="POST", headers=headers, body=body)
        return (await response.json())["choices"][0]["message"]

    async def rounds(self, text):
        messages = [{"role": "user", "content": text}]
        while calls := (message := await self.ask(messages)).get("tool_calls"):
            results = [(call["id"], add(**json.loads(call["function"]["arguments"]))) for call in calls]
            messages += [message, *({"role": "tool", "tool_call_id": id, "content": str(result)} for id, result in results)]
        return message["content"]

    async def count(self, text, _client):
        headers = {"content-type": "application/json", "authorization": "Bearer k"}
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], "stream": True})
        response = await pyfetch(f"{self.url}/chat/completions", method="POST", headers=headers, body=body)
        reader, count, rest = response.js_response.body.getReader(), 0, b""
        while not (piece := await reader.read()).done:
            *lines, rest = (rest + piece.value.to_bytes()).split(b"\n")
            chunks = (json.loads(line[6:]) for line in lines if line.startswith(b"data: {"))
            count += sum(bool(chunk["choices"] and chunk["choices"][0]["delta"].get("content")) for chunk in chunks)
        return count


class Staysail(Client):
    def __init__(self, url):
        self.agent = staysail.Agent("openai-chat:m", api_key="k", base_url=url)
        self.with_tools = staysail.Agent("openai-chat:m", api_key="k", base_url=url, tools=[staysail.tool(add)])

    async def prompt(self, text):
        return (await self.agent.prompt(text)).text

    async def rounds(self, text):
        return (await self.with_tools.prompt(text)).text

    async def count(self, text, _client):
        count = 0
        async for event in self.agent.stream(text):
            count += event.type == "text_delta"
        return count


class OpenAI(Client):
    def __init__(self, url):
        self.create = partial(openai.AsyncOpenAI(api_key="k", base_url=url).chat.completions.create, model="m")

    async def prompt(self, text):
        return (await self.create(messages=[{"role": "user", "content": text}])).choices[0].message.content

    async def rounds(self, text):
        messages = [{"role": "user", "content": text}]
        while calls := (message := (await self.create(messages=messages, tools=TOOLS)).choices[0].message).tool_calls:
            results = [(call.id, add(**json.loads(call.function.arguments))) for call in calls]
            messages += [message, *({"role": "tool", "tool_call_id": id, "content": str(result)} for id, result in results)]
        return message.content

    async def count(self, text, _client):
        count = 0
        async for chunk in await self.create(messages=[{"role": "user", "content": text}], stream=True):
            count += bool(chunk.choices and chunk.choices[0].delta.content)
        return count


class PydanticAI(Client):
    def __init__(self, url):
        model = OpenAIChatModel("m", provider=OpenAIProvider(openai_client=openai.AsyncOpenAI(api_key="k", base_url=url)))
        self.agent = pydantic_ai.Agent(model)
        self.with_tools = pydantic_ai.Agent(model, tools=[add])

    async def prompt(self, text):
        return (await self.agent.run(text)).output

    async def rounds(self, text):
        return (await self.with_tools.run(text)).output

    async def count(self, text, _client):
        count = 0
        async with self.agent.run_stream(text) as answer:
            async for _ in answer.stream_text(delta=True, debounce_by=None):
                count += 1
        return count


CLIENTS = {"pyfetch": Pyfetch, "staysail": Staysail, "openai": OpenAI, "pydantic_ai": PydanticAI}


def connect(name, url):
    return CLIENTS[name](url)
