/**
 * A sandbox for JavaScript that a model wrote: each run has a frame and a worker of its own, which can be thrown away.
 *
 * @typedef {{type: "output", stream: "stdout" | "stderr", text: string} | {type: "picture", data: string} | {type: "done", error?: string}} RunEvent
 *   data: a PNG as base64
 */

import { Frame } from "./frame.js";
import { SCRIPT_WORKER } from "./script-worker.js";

/**
 * Runs a module. Its worker is ended with it.
 * @param {string} code
 * @param {{timeoutMs: number, outputBytes: number, signal: AbortSignal}} options signal: ends it before
 * @returns {AsyncGenerator<RunEvent>}
 */
export async function* runScript(code, { timeoutMs, outputBytes, signal }) {
  /** @type {RunEvent[]} */
  const news = [];
  let wake = () => {};
  let room = outputBytes;
  let isOver = false;
  const add = (/** @type {RunEvent} */ event) => {
    if (isOver) return;
    isOver = event.type === "done";
    news.push(event);
    wake();
  };
  const { port1, port2 } = new MessageChannel();
  const frame = new Frame("JavaScript sandbox", (message) => add({ type: "done", error: message }));
  port1.onmessage = ({ data }) => {
    if (data?.type === "done")
      add({ type: "done", error: data.error === undefined ? undefined : String(data.error).slice(0, outputBytes) });
    else if (data?.type === "output" && room > 0) {
      const text = String(data.text).slice(0, room);
      room -= Math.max(text.length, 1);
      add({ type: "output", stream: data.stream === "stderr" ? "stderr" : "stdout", text });
      if (room <= 0) add({ type: "output", stream: "stderr", text: "[the rest is cut]\n" });
    }
  };
  signal.addEventListener("abort", () => add({ type: "done", error: "it was stopped" }));
  const timer = setTimeout(() => add({ type: "done", error: `it took longer than ${timeoutMs / 1000} s` }), timeoutMs);
  try {
    await frame.load();
    frame.start(SCRIPT_WORKER, port2);
    port1.postMessage(code);
    for (;;) {
      if (!news.length) await new Promise((resolve) => (wake = () => resolve(undefined)));
      for (const event of news.splice(0)) {
        yield event;
        if (event.type === "done") return;
      }
    }
  } finally {
    clearTimeout(timer);
    port1.close();
    frame.close();
  }
}
