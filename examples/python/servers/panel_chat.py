# A chat with an agent in Panel: `panel serve panel_chat.py`.

import panel as pn

from staysail import Agent, Message

agent = Agent("openai:gpt-6-luna", preamble="Be brief.")


def no_html(parser):
    parser.options["html"] = False
    parser.disable("image")


# Without this, Panel runs the HTML that a model writes, and loads pictures from any address.
pn.pane.Markdown.plugins = [no_html]


async def answer(text, user, chat):
    *before, _ = chat.serialize()
    history = [Message.user(m["content"]) if m["role"] == "user" else Message.assistant(m["content"]) for m in before]
    shown = ""
    async for piece in agent.stream_text(text, history=history):
        shown += piece
        yield shown


pn.chat.ChatInterface(callback=answer, callback_user="Assistant").servable()
