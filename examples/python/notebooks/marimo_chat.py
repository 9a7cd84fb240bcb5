# A chat with an agent in marimo: `marimo edit marimo_chat.py`, or in a page by `marimo export html-wasm`.

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    from staysail import Agent, Message

    return Agent, Message, mo


@app.cell
def _(Message):
    def chat_model(agent):
        """Returns the model that marimo's chat calls: it yields the pieces of an answer."""

        async def answer(messages, config):
            *before, last = messages
            history = [Message.user(m.content) if m.role == "user" else Message.assistant(m.content) for m in before]
            async for text in agent.stream_text(last.content, history=history):
                yield text

        return answer

    return (chat_model,)


@app.cell
def _(Agent, chat_model, mo):
    agent = Agent("openai:gpt-6-luna", preamble="Be brief.")
    chat = mo.ui.chat(chat_model(agent))
    chat
    return agent, chat


if __name__ == "__main__":
    app.run()
