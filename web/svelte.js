/**
 * A chat in Svelte: `useChat` returns a store with the chat's methods. It imports nothing of Svelte, whose stores are a contract.
 *
 * @import { AgentSource, ChatOptions, ChatSnapshot } from "./chat/types.js"
 */

import { Chat, createChat } from "./chat.js";

/**
 * Returns a store of the chat's state: `$chat.messages` in a component, `chat.send(prompt)` in its script. A chat that is not kept stops when
 * nothing shows it any more. On a server the store has the first state, and nothing starts.
 * @param {AgentSource | Chat} agent an Agent, a function that returns one, or a chat that others show too
 * @param {ChatOptions} [options]
 * @returns {{subscribe: (run: (snapshot: ChatSnapshot) => void) => () => void} & Pick<Chat, "send" | "queue" | "unqueue" | "stop" | "retry" | "edit"
 *   | "showVersion" | "takeBack" | "fork" | "approve" | "refuse" | "answer" | "clear"> & {chat: Chat}}
 */
export function useChat(agent, options = {}) {
  const chat = agent instanceof Chat ? agent : createChat(agent, options);
  const isOwn = !(agent instanceof Chat) && chat.conversation === undefined;
  let shown = 0;
  /** @param {(snapshot: ChatSnapshot) => void} run */
  const subscribe = (run) => {
    run(chat.getSnapshot());
    if (typeof window === "undefined") return () => {};
    shown++;
    const leave = chat.subscribe(() => run(chat.getSnapshot()));
    return () => {
      leave();
      shown--;
      if (isOwn) setTimeout(() => shown || chat.stop());
    };
  };
  const { send, queue, unqueue, stop, retry, edit, showVersion, takeBack, fork, approve, refuse, answer, clear } = chat;
  return { subscribe, chat, send, queue, unqueue, stop, retry, edit, showVersion, takeBack, fork, approve, refuse, answer, clear };
}
