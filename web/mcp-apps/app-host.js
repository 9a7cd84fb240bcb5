/**
 * The page's end of the protocol between a page and an app: JSON-RPC 2.0, version 2026-01-26 of the extension io.modelcontextprotocol/ui,
 * https://modelcontextprotocol.io/extensions/apps. Everything that comes from the app is a stranger's.
 *
 * `AppBridge` of @modelcontextprotocol/ext-apps 2.0.4 does the same in 649 kB (146 kB compressed), because it brings a second MCP client and
 * zod. The tests hold this file against that package's `App`.
 *
 * @import { ChatTool } from "../chat/types.js"
 * @import { Part } from "../types.js"
 *
 * @typedef {Record<string, any>} Json
 * @typedef {ChatTool & {result: NonNullable<ChatTool["result"]>}} EndedCall
 *
 * @typedef {object} AppServices what the page does for an app; a thrown error is the app's answer
 * @property {(name: string, args: Json, signal: AbortSignal) => Promise<Json>} callTool returns the result of a call that the user approved
 * @property {(text: string) => Promise<boolean>} [sendMessage] returns whether the message is sent
 * @property {(url: string) => Promise<boolean>} openLink returns whether the address is opened
 * @property {(height: number) => void} resize
 */

import { VERSION } from "../runtime/locations.js";

export const PROTOCOL = "2026-01-26";
/** Requests of an app that wait for their answers. */
const MOST_OPEN = 20;
const MOST_MESSAGE_CHARACTERS = 20_000;
const MOST_ADDRESS_CHARACTERS = 4000;
const INVALID_REQUEST = -32600;
const UNKNOWN_METHOD = -32601;
const INVALID_PARAMS = -32602;
const FAILED = -32000;

class Refusal extends Error {
  /**
   * @param {number} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class AppHost {
  #send;
  #services;
  #context;
  #call;
  #isReady = false;
  /** Requests of the app, by their ids. @type {Map<string | number, AbortController>} */
  #open = new Map();

  /**
   * @param {(message: Json) => void} send
   * @param {EndedCall} call the tool call that the app shows
   * @param {AppServices} services
   * @param {() => Json} context returns the facts about the page for the app: theme, locale, size
   */
  constructor(send, call, services, context) {
    this.#call = call;
    this.#send = send;
    this.#services = services;
    this.#context = context;
  }

  /** Begins again with a new document of the app: the open requests of the former document are cancelled. */
  reset() {
    for (const request of this.#open.values()) request.abort();
    this.#open.clear();
    this.#isReady = false;
  }

  /** Takes a message of the app. @param {string} text */
  async receive(text) {
    const message = JSON.parse(text);
    if (message?.jsonrpc !== "2.0" || typeof message.method !== "string") return; // an answer, or nothing that means anything
    const params = isObject(message.params) ? message.params : {};
    const { id, method } = message;
    if (typeof id !== "string" && typeof id !== "number") return this.#hear(method, params);
    if (this.#open.has(id) || this.#open.size >= MOST_OPEN)
      return this.#answer(id, { error: { code: INVALID_REQUEST, message: "too many requests at a time" } });
    const request = new AbortController();
    this.#open.set(id, request);
    let answer;
    try {
      answer = { result: await this.#carryOut(method, params, request.signal) };
    } catch (error) {
      const { message: why, code = FAILED } = /** @type {any} */ (error);
      answer = { error: { code: Number.isInteger(code) ? code : FAILED, message: String(why).slice(0, 500) } };
    }
    if (this.#open.get(id) !== request) return; // of a document that is gone
    this.#open.delete(id);
    if (!request.signal.aborted) this.#answer(id, answer);
  }

  #showCall() {
    this.#notify("ui/notifications/tool-input", { arguments: isObject(this.#call.arguments) ? this.#call.arguments : {} });
    this.#notify("ui/notifications/tool-result", resultOf(this.#call.result));
  }

  /** Tells the app of changes of the page. @param {Json} changes */
  tell(changes) {
    if (this.#isReady) this.#notify("ui/notifications/host-context-changed", changes);
  }

  /**
   * @param {string} method
   * @param {Json} params
   */
  #hear(method, params) {
    if (method === "ui/notifications/initialized" && !this.#isReady) {
      this.#isReady = true;
      this.#showCall();
    } else if (method === "ui/notifications/size-changed" && Number.isFinite(params.height)) this.#services.resize(params.height);
    else if (method === "notifications/cancelled") this.#open.get(params.requestId)?.abort();
  }

  /**
   * @param {string} method
   * @param {Json} params
   * @param {AbortSignal} signal
   * @returns {Promise<Json>}
   */
  async #carryOut(method, params, signal) {
    switch (method) {
      case "ui/initialize":
        return this.#describe();
      case "ping":
        return {};
      case "tools/call":
        if (typeof params.name !== "string" || !isObject(params.arguments ?? {}))
          throw new Refusal(INVALID_PARAMS, "a call has a name, and an object of arguments");
        return this.#services.callTool(params.name, params.arguments ?? {}, signal);
      case "ui/message": {
        const text = textOf(params.content);
        if (!this.#services.sendMessage || !text) throw new Refusal(INVALID_PARAMS, "only messages of text are taken here");
        return (await this.#services.sendMessage(text)) ? {} : { isError: true };
      }
      case "ui/open-link":
        return (await this.#services.openLink(readAddress(params.url))) ? {} : { isError: true };
      case "ui/request-display-mode":
        return { mode: "inline" };
    }
    throw new Refusal(UNKNOWN_METHOD, `${method.slice(0, 100)} is nothing that this page does`);
  }

  #describe() {
    return {
      protocolVersion: PROTOCOL,
      hostInfo: { name: "staysail", version: VERSION },
      hostCapabilities: { openLinks: {}, serverTools: {}, ...(this.#services.sendMessage ? { message: { text: {} } } : {}) },
      hostContext: this.#context(),
    };
  }

  /**
   * @param {string} method
   * @param {Json} params
   */
  #notify(method, params) {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /**
   * @param {string | number} id
   * @param {Json} answer
   */
  #answer(id, answer) {
    this.#send({ jsonrpc: "2.0", id, ...answer });
  }
}

/**
 * The result of a tool in MCP's terms. A value that a server gave as text alone, as both official SDKs do, is read from the text.
 * @param {EndedCall["result"]} result
 */
function resultOf({ content, text, value, isError }) {
  const structured = value ?? readObject(text);
  return { content: content.map(block), ...(isObject(structured) ? { structuredContent: structured } : {}), isError };
}

/** @param {Part} part */
function block(part) {
  if (part.type === "image" || part.type === "audio") return { type: part.type, data: part.data, mimeType: part.mediaType };
  if (part.type !== "file") return { type: "text", text: "text" in part ? String(part.text) : "" };
  const { data: blob, mediaType: mimeType, name } = part;
  return { type: "resource", resource: { uri: `file:///${encodeURIComponent(name ?? "file")}`, mimeType, blob } };
}

/** @param {string} text */
function readObject(text) {
  try {
    return text.startsWith("{") ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} content blocks, or one of them */
function textOf(content) {
  const blocks = Array.isArray(content) ? content : [content];
  const texts = blocks.map((part) => (part?.type === "text" && typeof part.text === "string" ? part.text : ""));
  return texts.filter(Boolean).join("\n").slice(0, MOST_MESSAGE_CHARACTERS);
}

/** @param {unknown} given */
function readAddress(given) {
  const url = typeof given === "string" && given.length <= MOST_ADDRESS_CHARACTERS && URL.canParse(given) ? new URL(given) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new Refusal(INVALID_PARAMS, "only addresses of http and https are opened");
  return url.href;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
