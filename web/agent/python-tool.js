/**
 * A tool for agents that write Python: it runs in an interpreter of its own, held by a frame of the page, that can be thrown away.
 *
 * @import { Peer } from "../bridge/rpc.js"
 * @import { PythonDefinition, PythonTool } from "./python-tools.js"
 * @import { Session } from "../toolfs/link.js"
 * @import { ToolFS } from "../toolfs.js"
 *
 * @typedef {object} PythonToolOptions
 * @property {string[]} [allowedHosts] what the code may send requests to, such as "api.example.org" or "*.example.org"; none by default
 * @property {{toolfs: ToolFS, session: Session}} [files] what the session may read is below /toolfs, and what is changed there is written back
 * @property {number} [timeoutMs] of one call, 30,000 by default
 * @property {number} [memoryBytes] that Python gets, 512 MB by default
 * @property {number} [outputBytes] of text in a result, 20,000 by default
 * @property {string} [name] "python" by default
 */

import { ConfigError } from "../errors.js";
import { checkNames } from "../models/access.js";
import { connect } from "../runtime/boot.js";
import { ownTool } from "./python-tools.js";
import { Session as ToolFSSession, links } from "../toolfs/link.js";

const OPTIONS = ["allowedHosts", "files", "timeoutMs", "memoryBytes", "outputBytes", "name"];
let lastId = 0;

/**
 * Runs what the model wrote. Names stay from call to call until the interpreter is ended, because a call took too long or used up its
 * memory: give each conversation a tool of its own.
 * @param {PythonToolOptions} [options]
 * @returns {Promise<PythonTool & {reset: () => Promise<void>}>} reset: ends the interpreter, whatever it is doing; the next call starts another
 */
export async function pythonTool(options = {}) {
  checkNames(options, OPTIONS);
  if (typeof document === "undefined") throw new ConfigError("pythonTool needs a page: what the model wrote is held by a frame in it");
  const { files, allowedHosts, timeoutMs, memoryBytes, outputBytes, name } = options;
  const link = files && links.get(files.toolfs);
  if (files && !(link && files.session instanceof ToolFSSession))
    throw new ConfigError("files is {toolfs, session}: a ToolFS and a session of it");
  const module = `python-${++lastId}`;
  const described = {
    allowed_hosts: allowedHosts,
    timeout_s: timeoutMs && timeoutMs / 1000,
    memory_bytes: memoryBytes,
    output_bytes: outputBytes,
    name,
  };
  /** @type {WeakMap<Peer, Promise<PythonDefinition[]>>} */
  const opened = new WeakMap();
  const open = (/** @type {Peer} */ peer) => {
    const opening =
      opened.get(peer) ??
      peer.call("python_tool.open", {
        module,
        options: Object.fromEntries(Object.entries(described).filter(([, value]) => value !== undefined)),
        files: link && { id: link.id, session: files.session.described },
      });
    opened.set(peer, opening);
    opening.catch(() => opened.delete(peer));
    return opening;
  };
  const here = () => (link ? link.peer() : connect());
  const [definition] = await open(await here());
  const tool = ownTool(definition, async (peer) => {
    if (link) await link.peer(); // another interpreter than before has no files yet
    await open(peer);
    return module;
  });
  return Object.assign(tool, { reset: async () => void (await (await here()).call("python_tool.reset", { module })) });
}
