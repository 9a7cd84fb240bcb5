/**
 * The worker of one plugin. It does one thing at a time.
 *
 * In:  {type: "start", spec, bytes?, module?, source?, shared?}  {type: "init", config}  {type: "execute", text}
 *      {type: "answer", id, head, bytes} to an ask that was not answered through shared memory
 * Out: {type: "ready"} first. {type: "done", value} or {type: "fault", message, goesOn} for each of start, init and execute; unless it
 *      goes on, this worker is given up. The value of start is {about, module}: what was compiled from `bytes`, for other workers. In between {type: "ask", id, method, params, body} and {type: "log", text}.
 *
 * @import { Port } from "./port.js"
 * @import { Running, Spec, Start } from "./types.js"
 */

import { startCommand } from "./command.js";
import { startExtism } from "./extism.js";
import { PluginError, PluginFault, describeFault } from "./faults.js";
import { startJavaScript } from "./javascript.js";
import { Line } from "./line.js";
import { startPlain } from "./plain.js";
import { openPort } from "./port.js";

/** @type {Line} */
let line;
/** @type {Running} */
let running;

void openPort().then((port) => {
  port.listen(async (message) => {
    if (message.type === "answer") return line.take(message.id, message.head, message.bytes);
    try {
      port.post({ type: "done", value: await handle(message, port) });
    } catch (error) {
      port.post({ type: "fault", message: describeFault(error), goesOn: error instanceof PluginError });
    }
  });
  port.post({ type: "ready" });
});

/**
 * @param {any} message
 * @param {Port} port
 */
async function handle(message, port) {
  switch (message.type) {
    case "start":
      line = new Line(message.shared, (ask) => port.post({ type: "ask", ...ask }));
      return start(message, (text) => port.post({ type: "log", text: text.slice(0, 2000) }));
    case "init":
      await running.init(message.config);
      return undefined;
    default:
      return running.execute(message.text);
  }
}

/**
 * @param {any} message
 * @param {(text: string) => void} log
 */
async function start({ bytes, ...message }, log) {
  const module = bytes ? await compile(bytes) : message.module;
  running = await starter(message.spec)({ ...message, module, line, log });
  return { about: running.about, module };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(bytes) {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new PluginFault(`it is no valid WASM module: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {Spec} spec
 * @returns {(start: Start) => Promise<Running>}
 */
function starter({ kind, abi, calls }) {
  if (kind === "javascript") return startJavaScript;
  if (calls && Object.keys(calls).length) return startPlain;
  if (abi === "wasi-command") return startCommand;
  return abi === "plain" || abi === "wasi-reactor" ? startPlain : startExtism;
}
