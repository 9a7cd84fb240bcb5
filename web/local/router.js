/**
 * Chooses the tool that a request is about, if any. A language model this small cannot choose (it would call a tool for a greeting), and no
 * one cosine parts "wants a tool" from "just talks". So the tools compete with things people say to a chat: the best tool is called
 * only if its sentence is closer to the request than every sentence of CHAT is. The figures are in the README beside this file.
 *
 * @import { ToolDefinition } from "./types.js"
 */

const CHAT = [
  "hello",
  "good morning",
  "thank you",
  "good bye",
  "how are you",
  "who are you, are you a robot",
  "what can you do",
  "what is your favourite thing",
  "a question about general knowledge",
  "what does it mean",
  "explain what something is",
  "explain how something works",
  "how is it made",
  "tell me about its history",
  "who was that person, who invented it",
  "what causes it",
  "why does it happen",
  "what makes it good",
  "write a poem",
  "tell me a story",
  "tell me a joke",
  "give me names and ideas",
];
/** "And in Rome?" says nothing without what came before it. */
const FOLLOW_UP = /^(and|also|now|then|what about|how about|same)\b/i;
const MAX_KNOWN = 512;

export class Router {
  #embed;
  /** Vectors of tools and of CHAT, which come again with every request. @type {Map<string, Float32Array>} */
  #known = new Map();

  /** @param {(texts: string[]) => Promise<Float32Array[]>} embed unit vectors */
  constructor(embed) {
    this.#embed = embed;
  }

  /**
   * Returns the tool that the last request is about.
   * @param {string[]} requests the texts of the user's messages, the oldest first
   * @param {ToolDefinition[]} tools
   * @param {boolean} must: returns the best tool however badly it fits
   * @returns {Promise<ToolDefinition | undefined>}
   */
  async route(requests, tools, must) {
    if (tools.length === 0) return undefined;
    if (must && tools.length === 1) return tools[0];
    const [last = "", before = ""] = requests.slice(-2).reverse();
    const [request] = await this.#embed([FOLLOW_UP.test(last.trim()) ? `${before} ${last}` : last]);
    const toolScores = (await this.#vectors(tools.map(sentenceOf))).map((vector) => dot(request, vector));
    const best = Math.max(...toolScores);
    const tool = tools[toolScores.indexOf(best)];
    if (must) return tool;
    const chat = Math.max(...(await this.#vectors(CHAT)).map((vector) => dot(request, vector)));
    return best > chat ? tool : undefined;
  }

  /** @param {string[]} texts */
  async #vectors(texts) {
    if (this.#known.size > MAX_KNOWN) this.#known.clear();
    const missing = [...new Set(texts)].filter((text) => !this.#known.has(text));
    const found = missing.length ? await this.#embed(missing) : [];
    missing.forEach((text, at) => this.#known.set(text, found[at]));
    return texts.map((text) => /** @type {Float32Array} */ (this.#known.get(text)));
  }
}

/** Returns a tool as a sentence that a user might write, with which requests are compared. @param {ToolDefinition} tool */
function sentenceOf({ name, description = "" }) {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[_\W]+/g, " ")
    .trim()
    .toLowerCase();
  return `Please ${words}. ${description}`;
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
function dot(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
