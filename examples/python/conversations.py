# A conversation that is kept by its id, and a long history that fits the model.

from staysail import Agent, Conversations, SummaryCompaction, TokenWindow

conversations = Conversations("chats")  # a directory; in a page a name in IndexedDB
memory = [SummaryCompaction(over_tokens=12_000, keep_last=8), TokenWindow(16_000)]  # asked in this order
agent = Agent("openai:gpt-6-luna", conversations=conversations, memory=memory)

await agent.prompt("My name is Ada.", conversation="crew")
print(await agent.prompt("What is my name?", conversation="crew"))
copy = await conversations.fork("crew", 2)
print(await agent.prompt("Where to?", conversation=copy))
print([(found.title, found.messages) for found in await conversations.list()])
