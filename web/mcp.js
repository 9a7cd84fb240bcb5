/**
 * Tools, resources and prompts of MCP servers, over Streamable HTTP: https://modelcontextprotocol.io/specification
 *
 * @import { Peer } from "./bridge/rpc.js"
 * @import { PythonDefinition, PythonTool } from "./agent/python-tools.js"
 * @import { Message, Part, ToolApproval } from "./types.js"
 *
 * @typedef {object} McpOAuth
 * @property {string} redirectURL address that the authorization server sends people back to
 * @property {(url: string) => string | Promise<string>} authorize shows the person an address, and returns the address that they came back
 *   to at redirectURL, or only the `code` in it; in a page `authorizeInPopup(redirectURL)` does
 * @property {string} [clientId] where the page is registered already; without it the page registers itself
 * @property {string} [clientSecret]
 * @property {string} [clientURL] https address of the page's client metadata, for servers that take one instead of a registration
 * @property {string} [clientName] name under which the page registers itself
 * @property {string} [scope] scopes to request where the server does not name any
 * @property {string} [issuer] authorization server that clientId is registered with; another one is refused
 *
 * @typedef {object} McpLimits most of what a server may send; above a limit the call ends with a StreamError that names it
 * @property {number} [messageBytes] one JSON answer, or one event of a stream. 16 MiB
 * @property {number} [responseBytes] everything in answer to one request, keep-alive comments included. 64 MiB
 * @property {number} [messages] messages in answer to one request; of messages that answer no request, within a minute. 10000
 * @property {number} [requests] the server's own requests (pings, elicitations, sampling) in answer to one request. 100
 * @property {number} [pages] pages of one list. 1000
 * @property {number} [items] tools, resources or prompts of one list. 10000
 * @property {number} [resumes] times that a stream is resumed in one call. 100
 *
 * @typedef {object} McpOptions
 * @property {string | URL} url address of the server
 * @property {Record<string, string>} [headers] headers of every request
 * @property {string | (() => string | Promise<string>)} [token] a bearer token, or a function that returns a token for each request
 * @property {McpOAuth} [oauth] logs in by OAuth
 * @property {string} [protocol] the version to insist on; by default the newest that both know, 2025-03-26 to 2026-07-28
 * @property {number | null} [timeoutMs] most milliseconds of one call in all; null: no limit. The time in which a person logs in, or an
 *   answerer works, does not count. 300000
 * @property {number | null} [idleMs] most milliseconds without a byte from the server; null: no limit. 120000
 * @property {McpLimits} [limits] most of what the server may send
 * @property {(method: string, params: Record<string, unknown>) => void} [onNotification] called with each notification of the server, such
 *   as "notifications/tools/list_changed"; a connection is kept open for it
 * @property {"debug" | "info" | "notice" | "warning" | "error" | "critical" | "alert" | "emergency"} [logLevel] least severe of the server's
 *   log messages that onNotification is to get
 * @property {Record<string, (params: any) => unknown>} [answerers] functions that answer the server's own requests, by method:
 *   "elicitation/create" (a form), "elicitation/url" (an address to open), "sampling/createMessage", "roots/list". For example
 *   {"elicitation/create": async ({message}) => ({action: "accept", content: {name: await ask(message)}})}
 * @property {boolean} [apps] tells the server that its apps (`ui://…`) are shown, as `mcpApps` of `staysail/mcp-apps` does
 *
 * @typedef {object} McpProgress
 * @property {string} tool the tool's name on the server
 * @property {number} progress
 * @property {number | null} total value of `progress` at the end, where the server knows it
 * @property {string | null} message
 *
 * @typedef {object} McpAnnotations what the server says of a tool's effects; a hostile server may lie
 * @property {string} [title]
 * @property {boolean} [readOnlyHint] changes nothing
 * @property {boolean} [destructiveHint] may delete or overwrite
 * @property {boolean} [idempotentHint] has no further effect when it is called again
 * @property {boolean} [openWorldHint] reaches beyond the server
 *
 * @typedef {PythonTool & {title: string | null, annotations: McpAnnotations, outputSchema: Record<string, unknown> | null, app: string | null}} McpTool
 *   app: address (`ui://…`) of the app that shows the tool's calls, for `mcpApps` of `staysail/mcp-apps`
 *
 * @typedef {object} McpToolOptions
 * @property {string} [prefix] put before each name
 * @property {string[]} [allow] names or patterns (`get_*`) of the tools to return; by default all
 * @property {boolean | ((tool: McpTool) => ToolApproval)} [needsApproval] whether each call needs approval, or a function that decides it
 *   for each tool: `({annotations}) => !annotations.readOnlyHint`
 * @property {(progress: McpProgress) => void} [onProgress] called while a tool works; in an agent's stream, progress is an event too
 *
 * @typedef {object} McpInfo
 * @property {string} name
 * @property {string} version
 * @property {string} protocol version that is spoken with the server
 * @property {string | null} instructions
 * @property {Record<string, unknown>} capabilities
 *
 * @typedef {{html: string, meta: {csp?: Record<string, unknown>, permissions?: Record<string, unknown>, prefersBorder?: boolean}}} McpApp an
 *   app's document, and what the server says of it
 *
 * @typedef {{name: string, title?: string, description?: string, inputSchema?: Record<string, unknown>, annotations?: McpAnnotations}} McpAppTool
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
import { snakeCase, toCamel } from "./bridge/spelling.js";

const OPTIONS = [
  "url",
  "headers",
  "token",
  "oauth",
  "protocol",
  "timeoutMs",
  "idleMs",
  "limits",
  "onNotification",
  "logLevel",
  "answerers",
  "apps",
];
const LIMITS = ["messageBytes", "responseBytes", "messages", "requests", "pages", "items", "resumes"];

let lastId = 0;
/** Servers whose functions Python may call, by their ids. @type {Map<string, McpOptions>} */
const known = new Map();
/** Listeners to the progress of tools, by the ids of their sets. @type {Map<string, (progress: McpProgress) => void>} */
const listeners = new Map();

serve({
  "mcp.token": ({ server }) => {
    const token = known.get(server)?.token;
    return typeof token === "function" ? token() : token;
  },
  "mcp.authorize": ({ server, url }) => known.get(server)?.oauth?.authorize(url),
  "mcp.answer": ({ server, method, params }) => known.get(server)?.answerers?.[method](params),
  "mcp.notice": ({ server, method, params }) => known.get(server)?.onNotification?.(method, params),
  "mcp.progress": ({ set, progress }) => listeners.get(set)?.(progress),
});

/**
 * Creates a server of tools, resources and prompts. Options are checked at once; the server connects with the first call.
 * @param {McpOptions} options
 */
export function mcpServer(options) {
  return new McpServer(options);
}

export class McpServer {
  #described;

  /** Entries that the last lists left out, with reasons. @type {readonly string[]} */
  warnings = [];

  /** @param {McpOptions} options */
  constructor(options) {
    checkNames(options, OPTIONS);
    const { url, headers, token, oauth, protocol, timeoutMs = 300_000, idleMs = 120_000, limits = {}, onNotification } = options;
    const { answerers = {}, logLevel, apps = false } = options;
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
      timeout_s: seconds("timeoutMs", timeoutMs),
      idle_s: seconds("idleMs", idleMs),
      limits: describeLimits(limits),
      log_level: logLevel ?? null,
      listens: Boolean(onNotification),
      answers: Object.keys(answerers),
      apps: Boolean(apps),
    };
    known.set(this.#described.id, options);
  }

  /** Connects, and returns the server's description of itself. @returns {Promise<McpInfo>} */
  connect() {
    return this.#ask("mcp.connect");
  }

  /**
   * Returns the server's tools, for an agent: `new Agent({tools: await server.tools()})`. A malformed tool is left out, and `warnings` says
   * why.
   * @param {McpToolOptions} [options]
   * @returns {Promise<McpTool[]>}
   */
  async tools({ prefix = "", allow, needsApproval = false, onProgress } = {}) {
    const set = `${this.#described.id}-tools-${++lastId}`;
    // A function in JavaScript decides about approval; Python takes those tools for tools that need none.
    const options = { prefix, allow: allow ?? null, approval: needsApproval === true ? "always" : "never" };
    if (onProgress) listeners.set(set, onProgress);
    /** @type {WeakMap<Peer, Promise<{tools: PythonDefinition[], warnings: string[]}>>} */
    const loaded = new WeakMap();
    const load = (/** @type {Peer} */ peer) => {
      const loading = loaded.get(peer) ?? peer.call("mcp.tools", { server: this.#described, set, options, progress: Boolean(onProgress) });
      loaded.set(peer, loading);
      loading.catch(() => loaded.delete(peer));
      return loading;
    };
    const { tools, warnings } = await load(await connect());
    this.warnings = warnings;
    const loadSet = async (/** @type {Peer} */ peer) => {
      await load(peer);
      return set;
    };
    return tools.map((/** @type {PythonDefinition} */ definition) => {
      const tool = /** @type {McpTool} */ (ownTool(definition, loadSet));
      const approval = typeof needsApproval === "function" ? needsApproval(tool) : needsApproval;
      return approval ? Object.assign(tool, { needsApproval: approval }) : tool;
    });
  }

  /** Returns the resources that have an address. @returns {Promise<McpResource[]>} */
  resources() {
    return this.#list("resources");
  }

  /** Returns patterns of addresses (RFC 6570). @returns {Promise<McpResourceTemplate[]>} */
  resourceTemplates() {
    return this.#list("resource_templates");
  }

  /**
   * Returns the contents of a resource; bytes are base64 text in `data`.
   * @param {string} uri
   * @returns {Promise<Part[]>}
   */
  async readResource(uri) {
    return toCamel(await this.#ask("mcp.read", { uri }));
  }

  /**
   * Returns an app of the server. Throws a StreamError where the resource is no app, or larger than 4 MiB.
   * @param {string} uri `app` of a tool
   * @returns {Promise<McpApp>}
   */
  readApp(uri) {
    return this.#ask("mcp.app", { uri });
  }

  /** Returns the tools that the server's apps may call. @returns {Promise<McpAppTool[]>} */
  appTools() {
    return this.#ask("mcp.app_tools");
  }

  /**
   * Calls a tool for an app of this server, and returns the result as the server gave it. Asking the user is up to the caller.
   * @param {string} name the tool's name on the server
   * @param {Record<string, unknown>} [args]
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Record<string, unknown>>}
   */
  callAppTool(name, args = {}, { signal } = {}) {
    return this.#ask("mcp.app_call", { name, arguments: args }, signal);
  }

  /** Subscribes to changes of a resource, which `onNotification` gets as "notifications/resources/updated". @param {string} uri */
  async subscribe(uri) {
    await this.#ask("mcp.subscribe", { uri, wanted: true });
  }

  /** @param {string} uri */
  async unsubscribe(uri) {
    await this.#ask("mcp.subscribe", { uri, wanted: false });
  }

  /** @returns {Promise<McpPrompt[]>} */
  prompts() {
    return this.#list("prompts");
  }

  /**
   * Returns the messages of a prompt, ready to be a `history`.
   * @param {string} name
   * @param {Record<string, string>} [args]
   * @returns {Promise<Message[]>}
   */
  async getPrompt(name, args = {}) {
    return toCamel(await this.#ask("mcp.prompt", { name, arguments: args }));
  }

  /** Ends the session, where the server keeps one. A later call opens another session. */
  async close() {
    await this.#ask("mcp.close");
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /**
   * @param {"resources" | "resource_templates" | "prompts"} what
   * @returns {Promise<any[]>}
   */
  async #list(what) {
    const { items, warnings } = await this.#ask("mcp.list", { what });
    this.warnings = warnings;
    return items;
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async #ask(method, params = {}, signal) {
    return (await connect()).call(method, { server: this.#described, ...params }, { signal });
  }
}

/** @param {McpOAuth} oauth */
function describeOAuth({ redirectURL, clientId, clientSecret, clientURL, clientName = "staysail", scope, issuer }) {
  return {
    redirect_uri: redirectURL,
    client_id: clientId ?? null,
    client_secret: clientSecret ?? null,
    client_url: clientURL ?? null,
    client_name: clientName,
    scope: scope ?? null,
    issuer: issuer ?? null,
  };
}

/** @param {McpLimits} limits */
function describeLimits(limits) {
  checkNames(limits, LIMITS);
  const wrong = Object.entries(limits).find(([, limit]) => !Number.isSafeInteger(limit) || limit < 1);
  if (wrong) throw new ConfigError(`${wrong[0]} of limits is a whole number from 1 on, not ${wrong[1]}`);
  return Object.fromEntries(Object.entries(limits).map(([name, limit]) => [snakeCase(name), limit]));
}

/**
 * @param {string} name
 * @param {number | null} milliseconds
 */
function seconds(name, milliseconds) {
  if (milliseconds === null) return null;
  if (!(milliseconds > 0)) throw new ConfigError(`${name} is more than 0, or null for no limit, not ${milliseconds}`);
  return milliseconds / 1000;
}
