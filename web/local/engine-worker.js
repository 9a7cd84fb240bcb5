/**
 * The worker that holds the local models, so that neither the page nor Python waits for them.
 *
 * In:  {type: "load", id, options}  {type: "complete", id, request}  {type: "embed", id, texts, using}  {type: "abort", id}
 *      {type: "download", id, model, places}  {type: "stored", id}  {type: "delete", id, model}
 * Out: {type: "up"}, first; {type: "progress", id, progress}  {type: "event", id, event}
 *      and, exactly once for every id but an abort's, {type: "done", id, value} or {type: "fault", id, error}.
 *      After {type: "crash", error} nothing more comes: end this worker and make another.
 *
 * @typedef {{type: "load", id: number, options: HostOptions} | {type: "complete", id: number, request: CompletionRequest}
 *   | {type: "embed", id: number, texts: string[], using: LocalEmbedder} | {type: "abort", id: number}
 *   | {type: "download", id: number, model: string, places: {localURL: string, hubURL: string}} | {type: "stored", id: number}
 *   | {type: "delete", id: number, model: string}} ToWorker
 * @typedef {{type: "progress", id: number, progress: Progress} | {type: "event", id: number, event: CompletionEvent}
 *   | {type: "done", id: number, value?: unknown} | {type: "fault", id: number, error: ReturnType<typeof toWire>}
 *   | {type: "crash", error: ReturnType<typeof toWire>} | {type: "up"}} FromWorker
 * @import { CompletionEvent, CompletionRequest, HostOptions, LocalEmbedder, Progress } from "./types.js"
 */

import { LocalModelError, toWire } from "./errors.js";
import { Host } from "./host.js";
import { deleteWeights, storedModels } from "./weights.js";

const scope =
  /** @type {{onmessage: ((event: MessageEvent<ToWorker>) => void) | null, postMessage(message: FromWorker, transfer?: Transferable[]): void}} */ (
    /** @type {unknown} */ (globalThis)
  );
const host = new Host((error) => scope.postMessage({ type: "crash", error: toWire(error) }));
/** @type {Map<number, AbortController>} */
const running = new Map();

scope.onmessage = async (/** @type {MessageEvent<ToWorker>} */ { data }) => {
  if (data.type === "abort") {
    running.get(data.id)?.abort();
    return;
  }
  const { id } = data;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    scope.postMessage({ type: "done", id, value: await answer(data, controller.signal) });
  } catch (error) {
    const wire = toWire(error);
    // A trap leaves the instance's memory in an unknown state, and what stalls may hold it: this worker is given up whole.
    scope.postMessage(
      wire.code === "crashed" || wire.code === "stalled" ? { type: "crash", error: wire } : { type: "fault", id, error: wire },
    );
  } finally {
    running.delete(id);
  }
};

scope.postMessage({ type: "up" });

/**
 * @param {Exclude<ToWorker, {type: "abort"}>} message
 * @param {AbortSignal} signal
 */
async function answer(message, signal) {
  const { id } = message;
  switch (message.type) {
    case "load":
      return host.load(message.options, (progress) => scope.postMessage({ type: "progress", id, progress }), signal);
    case "complete":
      for await (const event of host.complete(message.request, signal)) scope.postMessage({ type: "event", id, event });
      return undefined;
    case "embed":
      return host.embed(message.texts, message.using, signal);
    case "download":
      return host.download(message.model, message.places, (progress) => scope.postMessage({ type: "progress", id, progress }), signal);
    case "stored":
      return storedModels();
    case "delete":
      return deleteWeights(message.model);
    default:
      throw new LocalModelError("bad_request", "The local engine does not know that message.");
  }
}
