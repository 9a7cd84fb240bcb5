/**
 * Which tool a request is about. A language model this small cannot choose (it calls a tool for a greeting); sentence embeddings can.
 *
 * @import { ToolDefinition } from "./types.js"
 */

export class Router {
  #embed;
  /** @type {Map<string, Float32Array>} */
  #known = new Map();

  /** @param {(texts: string[]) => Promise<Float32Array[]>} embed */
  constructor(embed) {
    this.#embed = embed;
  }

  /** @param {string} request @param {ToolDefinition[]} tools @returns {Promise<{tool: ToolDefinition, score: number}[]>} best first */
  async rank(request, tools) {
    const texts = tools.map(describe);
    const [asked, ...described] = await this.vectors([request, ...texts]);
    return tools.map((tool, at) => ({ tool, score: dot(asked, described[at]) })).sort((a, b) => b.score - a.score);
  }

  /** @param {string[]} texts */
  async vectors(texts) {
    const missing = [...new Set(texts)].filter((text) => !this.#known.has(text));
    const found = missing.length ? await this.#embed(missing) : [];
    missing.forEach((text, at) => this.#known.set(text, found[at]));
    return texts.map((text) => /** @type {Float32Array} */ (this.#known.get(text)));
  }
}

/** @param {ToolDefinition} tool */
function describe({ name, description = "" }) {
  return `${name.replace(/[_-]+/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()}: ${description}`;
}

/** @param {Float32Array} a @param {Float32Array} b */
function dot(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
