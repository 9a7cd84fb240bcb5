/**
 * The worker for JavaScript that a model wrote, as text: it is started in a frame (frame.html) whose policy lets nothing be fetched. The code
 * is a module, so `await` works at its top level. It has no page, no network, no storage and no other threads.
 *
 * In:  the code. Out: {type: "output", stream, text} for each line of the console, then {type: "done", error?}
 */
export const SCRIPT_WORKER = /* js */ `
const WAYS_OUT = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker", "SharedWorker",
  "BroadcastChannel", "importScripts", "indexedDB", "caches", "webkitRequestFileSystem", "webkitRequestFileSystemSync", "postMessage",
  "RTCPeerConnection", "Notification"];

addEventListener("message", ({ ports: [port] }) => {
  const send = port.postMessage.bind(port);
  for (const name of WAYS_OUT) for (let scope = globalThis; scope; scope = Object.getPrototypeOf(scope)) Reflect.deleteProperty(scope, name);
  const print = (stream) => (...values) => send({ type: "output", stream, text: values.map((value) => show(value)).join(" ") + "\\n" });
  for (const name of ["log", "info", "debug", "dir", "table"]) console[name] = print("stdout");
  for (const name of ["warn", "error", "trace"]) console[name] = print("stderr");
  port.onmessage = async ({ data: code }) => {
    try {
      await load(code);
      send({ type: "done" });
    } catch (error) {
      send({ type: "done", error: show(error) });
    }
  };
}, { once: true });

async function load(code) {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ url);
  } catch (error) {
    if (!(error instanceof TypeError) || !/import|module/i.test(error.message)) throw error;
    const text = "data:text/javascript," + encodeURIComponent(code); // WebKit imports nothing of a blob where there is no origin
    return import(/* webpackIgnore: true */ /* @vite-ignore */ text);
  }
}

function show(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.name + ": " + value.message;
  if (typeof value === "function") return "[function " + value.name + "]";
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? value + "n" : String(value);
  const seen = new Set();
  try {
    return JSON.stringify(value, (_, item) => {
      if (typeof item === "bigint") return item + "n";
      if (typeof item === "function") return "[function " + item.name + "]";
      if (item instanceof Map) return Object.fromEntries(item);
      if (item instanceof Set) return [...item];
      if (typeof item === "object" && item !== null) {
        if (seen.has(item)) return "[again]";
        seen.add(item);
      }
      return item;
    }, 2);
  } catch {
    return String(value);
  }
}
`;
