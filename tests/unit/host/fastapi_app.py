"""A server with `def` and `async def` endpoints that share one agent and its stores; test_fastapi.py starts it with uvicorn."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from staysail import Agent, Conversations, RunContext, TextDelta, ToolCall, VectorStore, tool
from staysail.testing import ScriptedModel

FOLDER = os.environ["STORES"]
notes = VectorStore(f"{FOLDER}/notes", dim=2)


@tool
async def remember(context: RunContext[str]) -> str:
    """Remembers the user."""
    await notes.upsert([{"id": context.deps, "text": context.deps}], vectors=[[1.0, float(len(context.deps))]])
    return f"remembered {context.deps}"


def answer(request):
    last = request.messages[-1]
    return f"Ahoy, {last.text}." if last.role != "tool" else last.content[0].content[0].text


def remembering(request):
    return answer(request) if request.messages[-1].role == "tool" else [ToolCall("1", "remember", {})]


common = {"conversations": Conversations(f"{FOLDER}/conversations"), "durable": f"{FOLDER}/runs"}
greeter = Agent(ScriptedModel([answer], repeat=True), **common)
keeper = Agent(ScriptedModel([remembering], repeat=True), tools=[remember], deps_type=str, **common)
app = FastAPI()


@app.get("/sync/{user}")
def greet_sync(user: str) -> str:
    return greeter.prompt_sync(user, conversation=f"sync {user}").text


@app.get("/async/{user}")
async def greet(user: str) -> str:
    return (await greeter.prompt(user, conversation=f"async {user}")).text


@app.get("/keep-sync/{user}")
def keep_sync(user: str) -> str:
    return keeper.prompt_sync("?", deps=user).text


@app.get("/keep-async/{user}")
async def keep(user: str) -> str:
    return (await keeper.prompt("?", deps=user)).text


@app.get("/stream-sync/{user}")
def stream_sync(user: str) -> StreamingResponse:
    def pieces() -> Generator[str]:
        for event in greeter.stream_sync(user):
            if isinstance(event, TextDelta):
                yield event.text

    return StreamingResponse(pieces())


@app.get("/stream-async/{user}")
async def stream(user: str) -> StreamingResponse:
    async def pieces() -> AsyncGenerator[str]:
        async for piece in greeter.stream_text(user):
            yield piece

    return StreamingResponse(pieces())


@app.get("/count")
async def count() -> int:
    return await notes.count()
