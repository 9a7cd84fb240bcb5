/** Loads the model in the page before the first prompt, and shows its download. */

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
 * Loads the model. Returns once it can answer.
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
