/**
 * Tools that the provider runs itself, in one vocabulary. Where the provider lacks a kind, the run ends with a ConfigError, or `local`, a
 * tool of the caller's, takes its place. `extra`: fields in the provider's own terms.
 *
 * @import { HostedOptions, HostedTool, Tool } from "../types.js"
 * @import { BoundTool } from "./tool-types.js"
 */

import { ConfigError } from "../errors.js";
import { toSnake } from "../bridge/spelling.js";

const KINDS = new Set([
  "web_search",
  "web_fetch",
  "url_context",
  "x_search",
  "code_execution",
  "file_search",
  "image_generation",
  "mcp",
  "tool_search",
  "advisor",
]);

/**
 * Searches the web.
 * @param {HostedOptions & {allowedDomains?: string[], blockedDomains?: string[], maxUses?: number, userLocation?: Record<string,
 *   string>}} [options]
 */
export const webSearch = (options) => make("web_search", options);

/**
 * Reads pages and files at addresses in the conversation.
 * @param {HostedOptions & {allowedDomains?: string[], blockedDomains?: string[], maxUses?: number, maxContentTokens?: number}} [options]
 */
export const webFetch = (options) => make("web_fetch", options);

/** Reads the pages whose addresses are in the prompt. @param {HostedOptions} [options] */
export const urlContext = (options) => make("url_context", options);

/** Searches posts on X. @param {HostedOptions} [options] */
export const xSearch = (options) => make("x_search", options);

/** Runs code in the provider's sandbox. @param {HostedOptions} [options] */
export const codeExecution = (options) => make("code_execution", options);

/**
 * Searches files that the provider keeps.
 * @param {string | string[]} stores ids of the provider's vector stores, or names of its file search stores
 * @param {HostedOptions & {maxResults?: number}} [options]
 */
export const fileSearch = (stores, options) => make("file_search", { stores: [stores].flat(), ...options });

/** Creates pictures, which are parts of the answer. @param {HostedOptions} [options] */
export const imageGeneration = (options) => make("image_generation", options);

/**
 * Uses the tools of an MCP server that the provider connects to.
 * @param {string} serverUrl
 * @param {HostedOptions & {name: string, authorization?: string, allowedTools?: string[], approval?: "always" | "never"}} options
 */
export function hostedMcp(serverUrl, options) {
  if (!/^https?:\/\//.test(serverUrl)) throw new ConfigError(`serverUrl of hostedMcp starts with https://, got "${serverUrl}"`);
  if (!options?.name) throw new ConfigError("hostedMcp needs a name for the server");
  return make("mcp", { serverUrl, ...options });
}

/** Lets the provider find the tools that fit. @param {HostedOptions} [options] */
export const toolSearch = (options) => make("tool_search", options);

/**
 * Lets the model ask a stronger model of the same provider.
 * @param {string} model
 * @param {HostedOptions & {maxUses?: number}} [options]
 */
export const advisor = (model, options) => make("advisor", { model, ...options });

/**
 * @param {HostedTool["hosted"]} hosted
 * @param {HostedOptions & Record<string, unknown>} [options]
 * @returns {HostedTool}
 */
function make(hosted, { local, extra, ...options } = {}) {
  return { hosted, options, ...(local ? { local } : {}), ...(extra ? { extra } : {}) };
}

/**
 * Returns a hosted tool as a tool to describe, or undefined for any other tool.
 * @param {object} tool
 * @param {(tool: Tool) => BoundTool} bind
 * @returns {BoundTool | undefined}
 */
export function bindHosted(tool, bind) {
  if (!("hosted" in tool)) return undefined;
  const { hosted, options, local, extra } = /** @type {HostedTool} */ (tool);
  if (!KINDS.has(hosted)) throw new ConfigError(`there is no hosted tool "${hosted}"; there are: ${[...KINDS].join(", ")}`);
  const stand = local && bind(local);
  return {
    name: stand?.name ?? (hosted === "mcp" ? `mcp_${options?.name}` : hosted),
    needsApproval: stand?.needsApproval,
    async define(prompt, peer, crew) {
      return /** @type {any} */ ({
        name: hosted,
        hosted,
        options: toSnake(options ?? {}),
        ...(extra ? { extra } : {}),
        ...(stand ? { local: await stand.define(prompt, peer, crew) } : {}),
      });
    },
    call(args, context) {
      if (!stand) throw new ConfigError(`${hosted} runs at the provider`);
      return stand.call(args, context);
    },
  };
}
