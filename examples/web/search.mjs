// Documents by meaning: each prompt takes the nearest ones along. Any object with search(query, n) can be such a store.

import { InMemoryVectorStore } from "staysail";
import { Agent, EmbeddingModel } from "staysail/openai";

const apiKey = process.env.OPENAI_API_KEY;
const store = new InMemoryVectorStore(new EmbeddingModel({ apiKey, model: "text-embedding-3-small" }));
await store.addDocuments([
  { id: "stay", text: "A stay holds a mast from ahead or astern." },
  { id: "keel", text: "A keel keeps a boat from drifting sideways." },
  { id: "jib", text: "A jib is a sail set on the forestay." },
]);

for (const [score, id] of await store.topN({ query: "What holds the mast?", samples: 2 })) console.log(score.toFixed(2), id);

const agent = new Agent({ apiKey, model: "gpt-6-luna", dynamicContext: { sample: 1, dynamicTools: store } });
console.log(await agent.prompt("What holds the mast?"));
