/** The interpreter for Python that the agent writes: made when it is first switched on, and again where its permissions change. */

import { pythonTool } from "../../web/index.js";

/** @typedef {NonNullable<Parameters<typeof pythonTool>[0]>["files"]} Files */

/** @type {ReturnType<typeof pythonTool> | undefined} */
let making;
let reaches = "";

/**
 * Returns the tool. The names that its code defined are lost where hosts or files change.
 * @param {{hosts: string[], files?: Files}} options hosts: the hosts that the code may send requests to; files: the files below /toolfs
 * @returns {ReturnType<typeof pythonTool>}
 */
export function agentPython({ hosts, files }) {
  const wanted = JSON.stringify([hosts, files !== undefined]);
  if (wanted !== reaches) {
    making?.then((tool) => tool.reset()).catch(() => {});
    making = undefined;
    reaches = wanted;
  }
  making ??= pythonTool({ allowedHosts: hosts, ...(files ? { files } : {}) });
  making.catch(() => (making = undefined));
  return making;
}
