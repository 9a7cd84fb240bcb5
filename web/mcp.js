/**
 * Tools, resources and prompts of MCP servers, over Streamable HTTP: https://modelcontextprotocol.io/specification
 *
 * @import { Peer } from "./bridge/rpc.js"
 * @import { PythonDefinition, PythonTool } from "./agent/python-tools.js"
 * @import { Message, Part } from "./types.js"
 *
 * @typedef {object} McpOAuth
 * @property {string} redirectURL where the user comes back to
 * @property {(url: string) => string | Promise<string>} authorize shows the user an address, and gives the one that it came back to at
 *   redirectURL, or only the `code` in it; in a page `authorizeInPopup(redirectURL)` does
 * @property {string} [clientId] where the page is registered already; else it registers itself
 * @property {string} [clientSecret]
 * @property {string} [clientURL] https address of the page's client metadata, for servers that take one instead of a registration
 * @property {string} [clientName]
 * @property {string} [scope] what to ask for, where the server does not say
 *
 * @typedef {object} McpOptions
 * @property {string | URL} url
 * @property {Record<string, string>} [headers] sent with every request
 * @property {string | (() => string | Promise<string>)} [token] a bearer token, or a function that gives one for each request
 * @property {McpOAuth} [oauth]
 * @property {string} [protocol] a version to insist on; by default the newest that both know, 2025-03-26 to 2026-07-28
 * @property {number | null} [timeoutMs] how long the server may be silent before and within an answer; null: for ever. 120000
 * @property {(method: string, params: Record<string, unknown>) => void} [onNotification] told what the server says unasked, such as
 *   "notifications/tools/list_changed"; a connection is kept open for it
 * @property {Record<string, (params: any) => unknown>} [answerers] what answers the server's own requests in the middle of a call, by method:
 *   {"elicitation/create": async ({message}) => ({action: "accept", content: {name: await ask(message)}})}
 *
 * @typedef {object} McpToolOptions
 * @property {string} [prefix] put before each name
 * @property {string[]} [allow] names or patterns (`get_*`) of those that are wanted
 * @property {boolean} [needsApproval] whether each call of theirs needs approval
 *
 * @typedef {object} McpInfo
 * @property {string} name
 * @property {string} version
 * @property {string} protocol
 * @property {string | null} instructions
 * @property {Record<string, unknown>} capabilities
 *
 * @typedef {{uri: string, name: string, title?: string, description?: string, mimeType?: string, size?: number}} McpResource
 * @typedef {{uriTemplate: string, name: string, title?: string, description?: string, mimeType?: string}} McpResourceTemplate
 * @typedef {{name: string, title?: string, description?: string, arguments?: {name: string, description?: string, required?: boolean}[]}} McpPrompt
 */

import { checkNames } from "./models/access.js";
import { connect } from "./runtime/boot.js";
import { ConfigError } from "./errors.js";
import { ownTool } from "./agent/python-tools.js";
import { serve } from "./bridge/services.js";
import { toCamel } from "./bridge/spelling.js";

const OPTIONS = ["url", "headers", "token", "oauth", "protocol", "timeoutMs", "onNotification", "answerers"];

let lastId = 0;
/** Those whose functions Python may ask. @type {Map<string, McpOptions>} */
const known = new Map();

serve({
  "mcp.token": ({ server }) => {
    const token = known.get(server)?.token;
    return typeof token === "function" ? token() : token;
  },
  "mcp.authorize": ({ server, url }) => known.get(server)?.oauth?.authorize(url),
  "mcp.answer": ({ server, method, params }) => known.get(server)?.answerers?.[method](params),
  "mcp.notice": ({ server, method, params }) => known.get(server)?.onNotification?.(method, params),
});

/**
 * A server of tools, resources and prompts. It connects with the first call; options are checked at once.
 * @param {McpOptions} options
 */
export function mcpServer(options) {
  return new McpServer(options);
}

export class McpServer {
  #described;

  /** @param {McpOptions} options */
  constructor(options) {
    checkNames(options, OPTIONS);
    const { url, headers, token, oauth, protocol, timeoutMs = 120_000, onNotification, answerers = {} } = options;
    if (!/^https?:\/\//.test(String(url))) throw new ConfigError("the url of an MCP server starts with http:// or https://");
    if (token != null && oauth) throw new ConfigError("an MCP server has a token or oauth, not both");
    if (oauth && (typeof oauth.authorize !== "function" || !oauth.redirectURL))
      throw new ConfigError("oauth has redirectURL and authorize(url)");
    const unfit = Object.entries(answerers).find(([, answer]) => typeof answer !== "function");
    if (unfit) throw new ConfigError(`answerers are functions of a request's params; that of ${unfit[0]} is none`);
    this.#described = {
      id: `mcp-${++lastId}`,
      url: String(url),
      headers: headers ?? null,
      auth: typeof token === "function" ? true : (token ?? null),
      oauth: oauth ? describeOAuth(oauth) : null,
      protocol: protocol ?? null,
      timeout_s: timeoutMs === null ? null : timeoutMs / 1000,
      listens: Boolean(onNotification),
      answers: Object.keys(answerers),
    };
    known.set(this.#described.id, options);
  }

  /** What the server says of itself. @returns {Promise<McpInfo>} */
  connect() {
    return this.#ask("mcp.connect");
  }

  /**
   * Its tools, for an agent: `new Agent({tools: await server.tools()})`.
   * @param {McpToolOptions} [options]
   * @returns {Promise<PythonTool[]>}
   */
  async tools({ prefix = "", allow, needsApproval = false } = {}) {
    const set = `${this.#described.id}-tools-${++lastId}`;
    const options = { prefix, allow: allow ?? null, approval: needsApproval ? "always" : "never" };
    /** @type {WeakMap<Peer, Promise<PythonDefinition[]>>} */
    const loaded = new WeakMap();
    const load = (/** @type {Peer} */ peer) => {
      const loading = loaded.get(peer) ?? peer.call("mcp.tools", { server: this.#described, set, options });
      loaded.set(peer, loading);
      loading.catch(() => loaded.delete(peer));
      return loading;
    };
    /** @type {PythonDefinition[]} */
    const definitions = await load(await connect());
    const loadSet = async (/** @type {Peer} */ peer) => {
      await load(peer);
      return set;
    };
    return definitions.map((definition) => ownTool({ ...definition, ...(needsApproval ? { needsApproval } : {}) }, loadSet));
  }

  /** Those that have an address of their own. @returns {Promise<McpResource[]>} */
  resources() {
    return this.#ask("mcp.list", { what: "resources" });
  }

  /** Patterns of addresses (RFC 6570). @returns {Promise<McpResourceTemplate[]>} */
  resourceTemplates() {
    return this.#ask("mcp.list", { what: "resource_templates" });
  }

  /**
   * A resource's contents; bytes are base64 text in `data`.
   * @param {string} uri
   * @returns {Promise<Part[]>}
   */
  async readResource(uri) {
    return toCamel(await this.#ask("mcp.read", { uri }));
  }

  /** @returns {Promise<McpPrompt[]>} */
  prompts() {
    return this.#ask("mcp.list", { what: "prompts" });
  }

  /**
   * Messages, ready to be a `history`.
   * @param {string} name
   * @param {Record<string, string>} [args]
   * @returns {Promise<Message[]>}
   */
  async getPrompt(name, args = {}) {
    return toCamel(await this.#ask("mcp.prompt", { name, arguments: args }));
  }

  /** Ends the session, where the server keeps one. What is asked after opens another. */
  async close() {
    await this.#ask("mcp.close");
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>}
   */
  async #ask(method, params = {}) {
    return (await connect()).call(method, { server: this.#described, ...params });
  }
}

/** @param {McpOAuth} oauth */
function describeOAuth({ redirectURL, clientId, clientSecret, clientURL, clientName = "staysail", scope }) {
  return {
    redirect_uri: redirectURL,
    client_id: clientId ?? null,
    client_secret: clientSecret ?? null,
    client_url: clientURL ?? null,
    client_name: clientName,
    scope: scope ?? null,
  };
}
