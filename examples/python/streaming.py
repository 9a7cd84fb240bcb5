# Everything that happens, as it happens. Leaving the loop ends the request.

from contextlib import aclosing

from staysail import Agent, RunDone, TextDelta

agent = Agent("openai:gpt-6-luna")

async with aclosing(agent.stream("Tell me a short story.")) as events:
    async for event in events:
        match event:
            case TextDelta(text):
                print(text, end="")
            case RunDone(reply):
                print(f"\n{reply.usage.output_tokens} tokens, ended by {reply.finish_reason}")
