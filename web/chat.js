/**
 * A chat without a framework: its messages folded from an agent's events, and what may be done with them. `staysail/react`, `staysail/vue`,
 * `staysail/svelte` and `<staysail-chat>` show the same chat.
 *
 * @import { AgentSource, ChatOptions } from "./chat/types.js"
 * @typedef {import("./chat/types.js").ChatAgent} ChatAgent
 * @typedef {import("./chat/types.js").ChatMessage} ChatMessage
 * @typedef {import("./chat/types.js").ChatPart} ChatPart
 * @typedef {import("./chat/types.js").ChatSnapshot} ChatSnapshot
 * @typedef {import("./chat/types.js").ChatTool} ChatTool
 * @typedef {import("./chat/types.js").QueuedPrompt} QueuedPrompt
 */

import { Chat } from "./chat/chat.js";

export { Chat };
export { beginRun, endRun, foldRun } from "./chat/fold.js";
export { readHistory, textOf } from "./chat/history.js";
export { readPartialJson } from "./chat/partial-json.js";

/**
 * Creates a chat. Nothing starts before somebody subscribes or sends.
 * @param {AgentSource} agent an Agent, or a function that returns one when the first run begins
 * @param {ChatOptions} [options]
 * @returns {Chat}
 */
export function createChat(agent, options = {}) {
  return new Chat(agent, options);
}
