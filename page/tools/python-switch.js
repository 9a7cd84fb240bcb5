/** Python that the agent writes: its interpreter, made when it is first switched on. */

import { pythonTool } from "../../web/index.js";

/** @type {ReturnType<typeof pythonTool> | undefined} */
let making;

/** @returns {ReturnType<typeof pythonTool>} */
export function agentPython() {
  making ??= pythonTool();
  making.catch(() => (making = undefined));
  return making;
}
