/**
 * Runs blocks of code that a model wrote, at the press of a button: Python in one sandbox for a conversation, so that names stay from
 * block to block, JavaScript in a new one for each. Neither reaches the page, its storage or the network.
 *
 * @import { RunEvent } from "./script-sandbox.js"
 * signal: ends the run. runtimeURL: the folder with Pyodide, by default the page's. scope: blocks of one scope share their names in Python
 * @typedef {{signal: AbortSignal, runtimeURL?: string, scope?: object}} RunOptions
 */

import { addresses } from "../runtime/settings.js";
import { Sandbox } from "./sandbox.js";
import { runScript } from "./script-sandbox.js";

const LIMITS = { timeoutMs: 30_000, outputBytes: 50_000 };
const MEMORY_BYTES = 512 << 20;
const MOST_PICTURES = 8;
const MOST_PICTURE_CHARACTERS = 6 << 20;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** @type {Sandbox | undefined} */
let python;
/** Whose names it holds. @type {object | undefined} */
let owner;
/** The run of Python that is under way: the next one waits for it. */
let before = Promise.resolve();

/**
 * Runs code.
 * @param {"python" | "javascript"} language
 * @param {string} code
 * @param {RunOptions} options
 * @returns {AsyncGenerator<RunEvent>}
 */
export function runCode(language, code, options) {
  return language === "python" ? runPython(code, options) : runScript(code, { ...LIMITS, signal: options.signal });
}

/**
 * @param {string} code
 * @param {RunOptions} options
 * @returns {AsyncGenerator<RunEvent>}
 */
async function* runPython(code, { signal, runtimeURL: given, scope }) {
  let isOver = false;
  const { promise: over, resolve: end } = Promise.withResolvers();
  const turn = before;
  before = turn.then(() => over).then(() => {});
  try {
    await turn;
    if (signal.aborted) return;
    signal.addEventListener("abort", () => isOver || python?.end());
    const runtimeURL = given ? new URL(given, document.baseURI).href.replace(/\/?$/, "/") : addresses().runtimeURL;
    if (!runtimeURL) throw new Error("there is no folder with Python for this page");
    if (owner !== scope) {
      python?.end(); // what one conversation's code left there is none of another's business
      python = undefined;
      owner = scope;
    }
    python ??= new Sandbox({ runtimeURL, allowedHosts: [], memoryBytes: MEMORY_BYTES, ...LIMITS });
    let pictures = 0;
    const work = { code, folders: [], files: [], deleted: [], most: { files: 100, bytes: 1 << 20 } };
    for await (const event of python.run(work)) {
      if (event.type === "output") yield { type: "output", stream: event.stream === "stderr" ? "stderr" : "stdout", text: event.text };
      else if (event.type === "shown") yield* readPart(event.part, pictures++);
      else {
        isOver = true;
        yield { type: "done", error: errorOf(event.result, event.ended) };
      }
    }
    if (!isOver) yield { type: "done", error: "it was ended" };
  } finally {
    isOver = true;
    end(undefined);
  }
}

/**
 * Reads what code showed: a stranger may have written it.
 * @param {string} text JSON
 * @param {number} pictures shown before
 * @returns {Generator<RunEvent>}
 */
function* readPart(text, pictures) {
  try {
    const part = JSON.parse(text);
    if (part.type === "text") yield { type: "output", stream: "stdout", text: `${String(part.text).slice(0, LIMITS.outputBytes)}\n` };
    else if (pictures < MOST_PICTURES && part.data.length < MOST_PICTURE_CHARACTERS && BASE64.test(part.data))
      yield { type: "picture", data: part.data };
  } catch {
    yield { type: "output", stream: "stderr", text: "[something that cannot be read is left out]\n" };
  }
}

/**
 * @param {string} result JSON of harness.py
 * @param {string | null} ended why the interpreter is no more
 */
function errorOf(result, ended) {
  const text = readError(result).slice(0, LIMITS.outputBytes);
  const end = ended && `The interpreter was ended: ${ended}. Names of earlier blocks are gone.`;
  return [text, end].filter(Boolean).join("\n") || undefined;
}

/** @param {string} result */
function readError(result) {
  try {
    return String(JSON.parse(result).error ?? "");
  } catch {
    return "The interpreter gave a result that cannot be read.";
  }
}
