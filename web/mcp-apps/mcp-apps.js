/**
 * MCP Apps: a server's own HTML below the calls of its tools, in a frame that is shut in.
 * https://modelcontextprotocol.io/extensions/apps
 *
 * @import { ChatTool } from "../chat/types.js"
 * @import { ToolViewer } from "../element/types.js"
 * @import { McpApp, McpAppTool, McpServer, McpTool } from "../mcp.js"
 * @import { EndedCall } from "./app-host.js"
 * @import { AppQuestion } from "./app-questions.js"
 * @import { AppView } from "./app-view.js"
 *
 * @typedef {object} McpAppsOptions
 * @property {string[] | ((tool: McpAppTool, args: Record<string, unknown>) => boolean | Promise<boolean>)} [allow] the tools, by their names on the
 *   server, that an app calls without asking the user, or a function that decides about each call. By default the user is asked about every call
 * @property {(text: string) => unknown} [onMessage] sends a message that the user approved: `(text) => chat.send(text)`. Without it apps send none
 * @property {(question: AppQuestion) => boolean | "always" | Promise<boolean | "always">} [approve] asks the user, in place of the buttons below the
 *   app; "always" approves the app's later calls of the same tool too
 * @property {() => "light" | "dark"} [theme] the theme that apps are told; by default that of the place where they stand
 * @property {number} [maxHeight] most pixels of an app's height; what is higher scrolls. 640
 */

import { newAppView } from "./app-view.js";

const OPTIONS = ["allow", "onMessage", "approve", "theme", "maxHeight"];

/**
 * Returns views of the tools that have an app, for `toolViews` of `<staysail-chat>`: `chat.toolViews = mcpApps(server, tools)`. A view takes a
 * call of `createChat` and returns the app's node once the call has succeeded, and null before. Nothing is loaded until an app comes into view.
 * @param {McpServer} server one with `apps: true`
 * @param {McpTool[]} tools tools of this server
 * @param {McpAppsOptions} [options]
 * @returns {Record<string, ToolViewer>}
 */
export function mcpApps(server, tools, options = {}) {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown) throw new TypeError(`mcpApps has no option ${unknown}; it has ${OPTIONS.join(", ")}`);
  const { allow = [], onMessage, approve, theme, maxHeight = 640 } = options;
  const isAllowed = typeof allow === "function" ? allow : (/** @type {McpAppTool} */ { name }) => allow.includes(name);
  const load = once((/** @type {string} */ uri) => server.readApp(uri));
  const list = once(() => server.appTools());
  const shared = { isAllowed, approve, theme, sendMessage: onMessage, mostHeight: maxHeight, tools: () => list("") };
  const withApps = tools.filter(({ app }) => app);
  return Object.fromEntries(
    withApps.map(({ name, title, app }) => [
      name,
      viewer((call) =>
        newAppView({
          ...shared,
          call,
          title: title ?? name,
          load: () => load(/** @type {string} */ (app)),
          callTool: (called, args, signal) => server.callAppTool(called, args, { signal }),
        }),
      ),
    ]),
  );
}

/**
 * @param {(call: EndedCall) => AppView} create
 * @returns {ToolViewer}
 */
function viewer(create) {
  /** @type {WeakMap<object, AppView>} */
  const views = new WeakMap();
  const draw = (/** @type {ChatTool} */ call) => {
    const { result } = call;
    // Only a call that succeeded was approved for sure, and nothing of another may reach an app.
    if (!result || result.isError) return null;
    const view = views.get(result) ?? create({ ...call, arguments: call.arguments, result });
    views.set(result, view);
    return view;
  };
  return Object.assign(draw, { below: true });
}

/**
 * Keeps what was loaded for each key; a failure is forgotten.
 * @template T
 * @param {(key: string) => Promise<T>} load
 */
function once(load) {
  /** @type {Map<string, Promise<T>>} */
  const kept = new Map();
  return (/** @type {string} */ key) => {
    const loading = kept.get(key) ?? load(key);
    kept.set(key, loading);
    loading.catch(() => kept.delete(key));
    return loading;
  };
}
