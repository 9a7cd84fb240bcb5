/** The model in the page, made ready before it is asked, so that its download is seen. */

/** @import { Startup } from "./startup.js" */

/** @type {Record<string, string>} */
const STAGES = {
  model: "Getting the language model, once",
  embedder: "Getting the model that picks tools, once",
  starting: "Starting the model",
};

/** @param {string | undefined} model */
export function isLocal(model) {
  return model === "local" || Boolean(model?.startsWith("local:"));
}

/**
 * Ends when the model can answer; at once where it already can.
 * @param {string} model "local" or "local:<address of a GGUF>"
 * @param {Startup} view
 * @param {{tools: boolean, signal: AbortSignal}} options tools: whether the agent has any
 */
export async function loadLocalModel(model, view, { tools, signal }) {
  const { localEngine } = await import("../models/local-engines.js");
  const engine = await localEngine();
  try {
    await engine.load({
      model: model.slice("local:".length) || undefined,
      tools,
      signal,
      onProgress: ({ stage, loadedBytes, totalBytes }) => view.show(STAGES[stage] ?? "Starting the model", loadedBytes, totalBytes),
    });
  } finally {
    view.hide();
  }
}
