/**
 * The host for a program that is not JavaScript: frames on standard input and output, each two 32-bit lengths (little-endian), a head of
 * JSON and a body of bytes. py/staysail/host/node_plugins.py is the other end.
 *
 *     load     {id, spec} and the module     done {id, value: about}
 *     init     {id, plugin, config}          done {id}
 *     execute  {id, plugin} and the request  done {id} and the response; in between ask {ask, id, method, params} and a body, answered
 *                                            by answer {ask, head} and a body
 *     stop     {plugin}                      nothing
 *
 * `plugin` is the id of the load. What fails ends in fault {id, message}. It lives as long as its standard input.
 */

import { describeFault } from "./faults.js";
import { loadPlugin } from "./host.js";

console.log = console.info = console.debug = console.error.bind(console); // standard output is for frames
const LENGTHS_BYTES = 8;
/** @type {Map<number, import("./host.js").LoadedPlugin>} */
const plugins = new Map();
/** @type {Map<number, (answer: [string, Uint8Array]) => void>} */
const questions = new Map();
let lastAsk = 0;

/**
 * @param {object} head
 * @param {Uint8Array} [body]
 */
function send(head, body = new Uint8Array()) {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  process.stdout.write(Buffer.concat([lengths, text, body]));
}

/**
 * @param {any} head
 * @param {Buffer} body
 */
async function receive(head, body) {
  if (head.type === "answer") {
    questions.get(head.ask)?.([head.head, body]);
    questions.delete(head.ask);
    return;
  }
  if (head.type === "stop") return void plugins.get(head.plugin)?.stop();
  try {
    send(...(await handle(head, body)));
  } catch (error) {
    send({ type: "fault", id: head.id, message: describeFault(error) });
  }
}

/**
 * @param {any} head
 * @param {Buffer} body
 * @returns {Promise<[head: object, body?: Uint8Array]>}
 */
async function handle({ type, id, spec, plugin, config }, body) {
  if (type === "load") {
    const loaded = await loadPlugin(spec, new Uint8Array(body));
    plugins.set(id, loaded);
    return [{ type: "done", id, value: loaded.about }];
  }
  const loaded = plugins.get(plugin);
  if (!loaded) throw new Error(`there is no plugin ${plugin}`);
  if (type === "init") {
    await loaded.init(config);
    return [{ type: "done", id }];
  }
  const response = await loaded.execute(body.toString("utf8"), (method, params, data) => {
    const ask = ++lastAsk;
    send({ type: "ask", ask, id, method, params }, data);
    return new Promise((resolve) => questions.set(ask, resolve));
  });
  return [{ type: "done", id }, Buffer.from(response)];
}

/** @type {Buffer[]} */
let chunks = [];
let held = 0;
let wanted = LENGTHS_BYTES;
process.stdin.on("data", (chunk) => {
  chunks.push(chunk);
  held += chunk.length;
  while (held >= wanted) {
    const all = Buffer.concat(chunks);
    const [headLength, bodyLength] = [all.readUInt32LE(0), all.readUInt32LE(4)];
    const end = LENGTHS_BYTES + headLength + bodyLength;
    if (held < end) {
      chunks = [all];
      wanted = end;
      return;
    }
    const head = JSON.parse(all.toString("utf8", LENGTHS_BYTES, LENGTHS_BYTES + headLength));
    void receive(head, all.subarray(LENGTHS_BYTES + headLength, end));
    chunks = [all.subarray(end)];
    held -= end;
    wanted = LENGTHS_BYTES;
  }
});
process.stdin.on("end", () => process.exit(0));
