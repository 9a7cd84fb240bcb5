// Files into a store, and an agent that looks things up in it and says where. In a page: ingest(input.files, store).

import { Agent, EmbeddingModel } from "staysail/openai";
import { IndexedDBVectorStore, ingest, searchTool } from "staysail/vector_store";

const apiKey = process.env.OPENAI_API_KEY;
const store = new IndexedDBVectorStore(":memory:", { embedder: new EmbeddingModel({ apiKey, model: "text-embedding-3-small" }) });
const files = [
  { name: "harbour.md", text: "# Fees\n\nA berth costs twelve crowns a night.\n\n# Rules\n\nDogs are welcome on a lead." },
  { name: "sails.html", text: "<h1>Sails</h1><p>A staysail is set on a stay.</p>" },
];

for await (const event of ingest(files, store, { size: 300, overlap: 0 })) {
  if (event.type === "file_done") console.log(event.file, event.chunks);
}

const agent = new Agent({ apiKey, model: "gpt-6-luna", tools: [searchTool(store, { k: 1, mode: "hybrid" })] });
const reply = await agent.run("What does a night in the harbour cost?");
console.log(reply.text);
for (const { id, source, span } of reply.steps.flatMap((step) => step.sources)) console.log(id, source, span);
