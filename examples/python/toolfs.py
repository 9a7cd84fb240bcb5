# A file system for an agent: files and snapshots, each call under what a session may do, and all of it in an audit.

from staysail import Agent, ToolFS

toolfs = ToolFS("notes")
toolfs.mount("/toolfs/data")
me = toolfs.session("me", {"/toolfs": "*"})
await toolfs.write("/toolfs/data/crew.txt", "Ada steers.", me)
before = (await toolfs.snapshot(me)).name  # the time, or a name that you give

session = toolfs.session("agent", {"/toolfs/data": "read list write"}, calls=50)
agent = Agent("openai:gpt-6-luna", tools=toolfs.tools(session))
print(await agent.prompt("Add to crew.txt that Grace cooks."))
print((await toolfs.diff(before, None, me)).changed)
await toolfs.rollback(before, me)
print(await toolfs.read_text("/toolfs/data/crew.txt", me))
await toolfs.close()
