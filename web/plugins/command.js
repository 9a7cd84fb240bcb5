/**
 * WASI commands: a program that is started anew for each call.
 *
 * The operation `run` is for programs that know nothing of ToolFS: options {args, env, folder} and data as standard input, and the result
 * {stdout, stderr, code}; `folder` is what "." is. Any other operation is for programs written as plugins: they read the request from
 * standard input and write the response to standard output. PLUGIN_CONFIG in their environment is the configuration.
 *
 * @import { Request } from "./response.js"
 * @import { Running, Start } from "./types.js"
 */

import { Budget } from "./budget.js";
import { PluginError } from "./faults.js";
import { instantiate } from "./link.js";
import { failed, succeeded, toBytes, toResult } from "./response.js";
import { Exit, Wasi } from "./wasi.js";

const RUN = {
  description:
    "Runs the program: args as on a command line, data as its standard input. Files are under /toolfs; folder is the current directory.",
  parameters: {
    type: "object",
    properties: {
      args: { type: "array", items: { type: "string" } },
      data: { description: "standard input: text" },
      folder: { type: "string", description: "a directory such as /toolfs/data" },
      env: { type: "object", additionalProperties: { type: "string" } },
    },
  },
};

/**
 * @param {Start} start
 * @returns {Promise<Running>}
 */
export async function startCommand({ spec, line, module }) {
  let config = {};
  /** @param {import("./wasi.js").Surroundings} surroundings */
  const run = async (surroundings) => {
    const budget = new Budget(spec);
    const wasi = new Wasi(line, spec.output_bytes, budget);
    const instance = await instantiate(module, { wasi_snapshot_preview1: wasi.imports, wasi_unstable: {} }, budget);
    wasi.attach(instance);
    wasi.begin(surroundings);
    let code = 0;
    try {
      /** @type {Function} */ (instance.exports._start)();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      code = error.code;
    }
    wasi.end();
    return { stdout: wasi.stdout(), stderr: wasi.stderr(), code };
  };
  return {
    about: { operations: { run: RUN } },
    init: (given) => {
      config = given;
    },
    execute: async (text) => {
      /** @type {Request} */
      const { operation, data, options = {} } = JSON.parse(text);
      if (operation !== "run") {
        const done = await run({
          args: [spec.name],
          env: [`PLUGIN_CONFIG=${JSON.stringify(config)}`],
          stdin: new TextEncoder().encode(text),
        });
        if (done.code) throw new PluginError(`it ended with code ${done.code}${done.stderr && `: ${done.stderr.slice(0, 500)}`}`);
        return new TextDecoder().decode(done.stdout);
      }
      const { args = [], env = {}, folder } = options;
      const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const { stdout, stderr, code } = await run({ args: [spec.name, ...args.map(String)], env: pairs, stdin: toBytes(data), folder });
      return code
        ? failed(stderr.slice(0, 2000) || `it ended with code ${code}`, { code })
        : succeeded({ stdout: toResult(stdout), stderr, code });
    },
  };
}
