/**
 * Sandboxes for Python that runs in a worker of this page, as in JupyterLite, marimo and PyScript, because only a page can hold them. The
 * page loads this module:
 *
 *     <script type="module" src="/staysail/sandbox/for-workers.js"></script>
 *
 * Workers of the same origin send requests on a BroadcastChannel; page-link.js is the other end.
 *
 * @import { SandboxOptions, Work } from "./sandbox.js"
 *
 * In:  {type: "who", ask}; {type: "run", page, sandbox, run, options, work} and {type: "leave" | "end", page, sandbox, run?}
 * Out: {type: "page", ask, page}; {type: "event", sandbox, run, event} up to {type: "over", sandbox, run, error?}; {type: "gone", page}
 */

import { CHANNEL } from "./page-link.js";
import { Sandbox } from "./sandbox.js";

const page = crypto.randomUUID();
/** @type {Map<string, Sandbox>} */
const sandboxes = new Map();
/** Runs that are under way, as iterators of their events. @type {Map<string, AsyncGenerator<unknown>>} */
const running = new Map();
const channel = new BroadcastChannel(CHANNEL);

channel.onmessage = (/** @type {MessageEvent} */ { data }) => {
  if (data.type === "who") channel.postMessage({ type: "page", ask: data.ask, page });
  if (data.page !== page) return;
  if (data.type === "run") void run(data);
  if (data.type === "leave") void running.get(`${data.sandbox} ${data.run}`)?.return(undefined);
  if (data.type === "end") {
    sandboxes.get(data.sandbox)?.end();
    sandboxes.delete(data.sandbox);
  }
};
addEventListener("pagehide", () => channel.postMessage({ type: "gone", page }));

/** @param {{sandbox: string, run: number, options: SandboxOptions, work: Work}} request */
async function run({ sandbox: id, run, options, work }) {
  const sandbox = sandboxes.get(id) ?? new Sandbox(options);
  sandboxes.set(id, sandbox);
  const events = sandbox.run(work);
  running.set(`${id} ${run}`, events);
  try {
    for await (const event of events) channel.postMessage({ type: "event", sandbox: id, run, event });
    channel.postMessage({ type: "over", sandbox: id, run });
  } catch (error) {
    channel.postMessage({ type: "over", sandbox: id, run, error: String(/** @type {any} */ (error)?.message ?? error) });
  } finally {
    running.delete(`${id} ${run}`);
  }
}
