// An agent whose language model and embedder run in the page by transformers.js. Nothing but files comes from a server.

import { env } from "@huggingface/transformers";
import { Agent, EmbeddingModel, InMemoryVectorStore, configure } from "staysail";
import { embedder, languageModel } from "./models.js";

configure({ runtimeURL: "/wheels/" }); // Pyodide's files; leave it out, and they come from a public CDN
const host = new URLSearchParams(location.search).get("host"); // files of yours; leave it out, and they come from Hugging Face and a CDN
if (host) {
  env.remoteHost = host;
  env.backends.onnx.wasm.wasmPaths = `${host}onnxruntime/`;
}

const notes = new InMemoryVectorStore(new EmbeddingModel({ model: embedder }));
const agent = new Agent({
  model: languageModel,
  preamble: "Answer in one short sentence, from the documents.",
  dynamicContext: { sample: 1, dynamicTools: notes },
  maxTokens: 60,
});
const filled = notes.addDocuments([
  { id: "master", text: "The harbour master is Ingrid Solvang." },
  { id: "tide", text: "High tide comes twice a day." },
  { id: "berths", text: "There are forty berths for guests." },
]);
filled.catch(() => {}); // reported where it is awaited

const output = document.querySelector("output");
let stop = new AbortController();
document.querySelector("[type=button]").addEventListener("click", () => stop.abort());
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  output.textContent = output.title = "";
  stop = new AbortController();
  try {
    await filled;
    for await (const event of agent.stream(document.querySelector("input").value, { signal: stop.signal })) {
      if (event.type === "text_delta") output.textContent += event.text;
      if (event.type !== "run_done") continue;
      const { usage, steps } = event.reply;
      output.title = `${usage.outputTokens} tokens, from ${steps[0].sources[0]?.id}`;
    }
  } catch (error) {
    output.textContent = String(error);
  }
});
