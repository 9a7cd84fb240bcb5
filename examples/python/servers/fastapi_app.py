# An agent behind FastAPI: one agent for all requests, a streamed answer that ends with its client.

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from staysail import Agent

app = FastAPI()
agent = Agent("openai:gpt-6-luna", preamble="Be brief.")


@app.get("/ask")
async def ask(question: str) -> dict:
    reply = await agent.prompt(question)
    return {"text": reply.text, "tokens": reply.usage.total_tokens}


@app.get("/ask-in-a-thread")
def ask_in_a_thread(question: str) -> dict:
    return {"text": agent.prompt_sync(question).text}


@app.get("/stream")
async def stream(question: str) -> StreamingResponse:
    return StreamingResponse(agent.stream_text(question), media_type="text/plain; charset=utf-8")
