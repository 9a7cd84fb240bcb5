# An agent in views of Flask that are not async.

from flask import Flask, Response, request

from staysail import Agent, TextDelta

app = Flask(__name__)
agent = Agent("openai:gpt-6-luna", preamble="Be brief.")


@app.get("/ask")
def ask() -> dict:
    reply = agent.prompt_sync(request.args["question"])
    return {"text": reply.text, "tokens": reply.usage.total_tokens}


@app.get("/stream")
def stream() -> Response:
    events = agent.stream_sync(request.args["question"])
    return Response((event.text for event in events if isinstance(event, TextDelta)), mimetype="text/plain")
