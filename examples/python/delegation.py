# Two agents: one serves as a tool of the other, and one takes the conversation over.

from staysail import Agent, HandedOver, Handoff, RunDone

translator = Agent("openai:gpt-6-luna", name="translator", preamble="Translate into French. Give the translation alone.")
billing = Agent("openai:gpt-6-luna", name="billing", preamble="You answer questions about bills.")
desk = Agent("openai:gpt-6-luna", preamble="You greet, translate and route.", tools=[translator.as_tool(), Handoff(billing)])

print(await desk.prompt("What is 'ahoy' in French?"))

async for event in desk.stream("Why is my bill so high?"):
    match event:
        case HandedOver(agent):
            print(f"[{agent}]")
        case RunDone(reply):
            print(reply.text)
