# Files into a store, and an agent that looks things up in it and says where.

from pathlib import Path

from staysail import Agent, EmbeddingModel, FileDone, VectorStore, ingest, search_tool

Path("harbour.md").write_text("# Fees\n\nA berth costs twelve crowns a night.\n\n# Rules\n\nDogs are welcome on a lead.")
Path("sails.html").write_text("<h1>Sails</h1><p>A staysail is set on a stay.</p>")

store = VectorStore("library", embedder=EmbeddingModel("openai:text-embedding-3-small"))
async for event in ingest(["harbour.md", "sails.html"], store):
    if isinstance(event, FileDone):
        print(event.file, event.chunks)

agent = Agent("openai:gpt-6-luna", tools=[search_tool(store)])
reply = await agent.prompt("What does a night in the harbour cost?")
print(reply)
print(sorted({source["source"] for source in reply.sources}))
await store.close()
