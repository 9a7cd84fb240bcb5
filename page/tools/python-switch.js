/** Python that the agent writes: its interpreter, made when it is first switched on, and again where it may reach something else. */

import { pythonTool } from "../../web/index.js";

/** @typedef {NonNullable<Parameters<typeof pythonTool>[0]>["files"]} Files */

/** @type {ReturnType<typeof pythonTool> | undefined} */
let making;
let reaches = "";

/**
 * Returns the tool. What its code defined is gone where hosts or files are others than before.
 * @param {{hosts: string[], files?: Files}} options hosts: what the code may send requests to; files: what it finds below /toolfs
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
