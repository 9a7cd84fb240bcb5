/**
 * A chat in React: `useChat` holds one, `ToolView` draws its tool calls with components of yours.
 *
 * @import { AgentSource, ChatOptions, ChatSnapshot, ChatTool } from "./chat/types.js"
 */

// @ts-expect-error React is a peer dependency, and its types are its user's
import { createElement, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { Chat, createChat } from "./chat.js";

/**
 * Holds a chat and renders again when it changes. The chat is created once for each conversation; an agent that is given later is the agent
 * of the next run. A chat that is not kept stops with its component.
 * @param {AgentSource | Chat} agent an Agent, a function that returns one, or a chat that others show too
 * @param {ChatOptions} [options]
 * @returns {ChatSnapshot & Pick<Chat, "send" | "queue" | "unqueue" | "stop" | "retry" | "edit" | "showVersion" | "takeBack" | "fork" | "approve" | "refuse"
 *   | "answer" | "clear"> & {chat: Chat}} the snapshot, the chat's methods, and the chat
 */
export function useChat(agent, options = {}) {
  /** @type {{current: ChatOptions}} */
  const latest = useRef(options);
  const create = () =>
    agent instanceof Chat
      ? agent
      : createChat(agent, {
          ...options,
          onEvent: (event) => latest.current.onEvent?.(event),
          onFinish: (reply) => latest.current.onFinish?.(reply),
          onError: (error) => latest.current.onError?.(error),
        });
  /** @type {[Chat, (chat: Chat) => void]} */
  let [chat, setChat] = useState(create);
  const isOther = agent instanceof Chat ? chat !== agent : chat.conversation !== options.conversation;
  if (isOther) setChat((chat = create()));
  /** @type {ChatSnapshot} */
  const snapshot = useSyncExternalStore(chat.subscribe, chat.getSnapshot, chat.getSnapshot);
  useEffect(() => {
    latest.current = options;
    if (!(agent instanceof Chat)) chat.agent = agent;
  });
  /** @type {{current: ReturnType<typeof setTimeout> | undefined}} */
  const leaving = useRef(undefined);
  const isOwn = !(agent instanceof Chat) && chat.conversation === undefined;
  useEffect(() => {
    clearTimeout(leaving.current); // StrictMode mounts twice
    return () => {
      if (isOwn) leaving.current = setTimeout(chat.stop);
    };
  }, [chat, isOwn]);
  return useMemo(() => {
    const { send, queue, unqueue, stop, retry, edit, showVersion, takeBack, fork, approve, refuse, answer, clear } = chat;
    return { ...snapshot, chat, send, queue, unqueue, stop, retry, edit, showVersion, takeBack, fork, approve, refuse, answer, clear };
  }, [snapshot, chat]);
}

/**
 * Draws a tool call with the component for its tool, which gets the call as `call`: while the model writes the arguments, while the tool runs,
 * and with its result. A tool without a component is drawn by `children`.
 * @param {{call: ChatTool, views: Record<string, any>, children?: any}} props views: components by the names of tools
 * @returns {any}
 */
export function ToolView({ call, views, children }) {
  return Object.hasOwn(views, call.name) ? createElement(views[call.name], { call }) : (children ?? null);
}
