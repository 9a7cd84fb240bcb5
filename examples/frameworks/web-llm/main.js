// An agent whose model runs in the page by WebLLM, on the graphics card.

import { prebuiltAppConfig } from "@mlc-ai/web-llm";
import { Agent, configure } from "staysail";
import { webLLM } from "./model.js";

configure({ runtimeURL: "/wheels/" }); // Pyodide's files; leave it out, and they come from a public CDN
const MODEL = "SmolLM2-135M-Instruct-q0f32-MLC";
const host = new URLSearchParams(location.search).get("host"); // files of yours; leave it out, and they come from WebLLM's hosts
const record = { model_id: MODEL, model: `${host}${MODEL}`, model_lib: `${host}${MODEL}.wasm` };
const output = document.querySelector("output");
const agent = new Agent({
  model: webLLM(MODEL, {
    appConfig: host ? { ...prebuiltAppConfig, model_list: [record] } : prebuiltAppConfig,
    initProgressCallback: ({ text }) => (output.title = text),
  }),
  preamble: "Answer in one short sentence.",
});

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  output.textContent = "";
  try {
    for await (const event of agent.stream(document.querySelector("input").value))
      if (event.type === "text_delta") output.textContent += event.text;
  } catch (error) {
    output.textContent = String(error);
  }
});
