/**
 * A chat in Vue: `useChat` holds one.
 *
 * @import { AgentSource, ChatOptions, ChatSnapshot } from "./chat/types.js"
 * @template T
 * @typedef {{readonly value: T}} ReadonlyRef a ref that is read
 */

// @ts-expect-error Vue is a peer dependency, and its types are its user's
import { computed, getCurrentInstance, getCurrentScope, onMounted, onScopeDispose, shallowRef } from "vue";

import { Chat, createChat } from "./chat.js";

/**
 * Holds a chat whose state is reactive. In a component the chat starts when the component is mounted, so not on a server. A chat that is not
 * kept stops with its scope.
 * @param {AgentSource | Chat} agent an Agent, a function that returns one, or a chat that others show too
 * @param {ChatOptions} [options]
 * @returns {{[name in keyof ChatSnapshot]: ReadonlyRef<ChatSnapshot[name]>} & Pick<Chat, "send" | "queue" | "unqueue" | "stop" | "retry" | "edit"
 *   | "showVersion" | "takeBack" | "fork" | "approve" | "refuse" | "answer" | "clear"> & {chat: Chat}} a ref for each field of the snapshot, the chat's
 *   methods, and the chat
 */
export function useChat(agent, options = {}) {
  const chat = agent instanceof Chat ? agent : createChat(agent, options);
  /** @type {{value: ChatSnapshot}} */
  const snapshot = shallowRef(chat.getSnapshot());
  let leave = () => {};
  const subscribe = () => {
    leave = chat.subscribe(() => {
      snapshot.value = chat.getSnapshot();
    });
    snapshot.value = chat.getSnapshot();
  };
  if (getCurrentInstance()) onMounted(subscribe);
  else subscribe();
  if (getCurrentScope())
    onScopeDispose(() => {
      leave();
      if (!(agent instanceof Chat) && chat.conversation === undefined) chat.stop();
    });
  /**
   * @template {keyof ChatSnapshot} N
   * @param {N} name
   * @returns {ReadonlyRef<ChatSnapshot[N]>}
   */
  const field = (name) => computed(() => snapshot.value[name]);
  const { send, queue, unqueue, stop, retry, edit, showVersion, takeBack, fork, approve, refuse, answer, clear } = chat;
  return {
    messages: field("messages"),
    status: field("status"),
    approvals: field("approvals"),
    queued: field("queued"),
    error: field("error"),
    usage: field("usage"),
    chat,
    send,
    queue,
    unqueue,
    stop,
    retry,
    edit,
    showVersion,
    takeBack,
    fork,
    approve,
    refuse,
    answer,
    clear,
  };
}
