/** The shapes of assistant-ui that this package reads and writes. They are written here, so that the package does not depend on it. */

import type { AgentLike } from "../agent/agent-like.js";
import type { CallOptions, Message, PausedRun, Usage } from "../types.js";

export type UiToolCall = {
  readonly type: "tool-call";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: any;
  readonly argsText: string;
  readonly result?: unknown;
  readonly isError?: boolean;
  readonly isPreliminary?: boolean;
  readonly approval?: { readonly id: string; readonly prompt?: string; readonly approved?: boolean; readonly reason?: string };
};
/** A part of an assistant's message. */
export type UiPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | UiToolCall
  | { readonly type: "source"; readonly sourceType: "url"; readonly id: string; readonly url: string; readonly title?: string }
  | {
      readonly type: "source";
      readonly sourceType: "document";
      readonly id: string;
      readonly title: string;
      readonly mediaType: string;
      readonly filename?: string;
    }
  | { readonly type: "image"; readonly image: string }
  | { readonly type: "file"; readonly data: string; readonly mimeType: string };
export type UiStatus =
  | { readonly type: "running" }
  | { readonly type: "requires-action"; readonly reason: "tool-calls" }
  | { readonly type: "complete"; readonly reason: "stop" | "unknown" }
  | { readonly type: "incomplete"; readonly reason: "length" | "content-filter" | "other" | "error" };
/** What `metadata.custom.staysail` of an assistant's message holds. */
export type UiKept = {
  /** The messages of the run, as the provider wants them back. */
  messages?: Message[];
  usage?: Usage;
  runId?: string;
  run?: PausedRun | string | null;
};
export type UiResult = {
  readonly content: readonly UiPart[];
  readonly status?: UiStatus;
  readonly metadata?: { readonly custom: Record<string, unknown> };
};
/** A message of a thread, of which the fields below are read. */
export type UiMessage = {
  readonly id: string;
  readonly role: "system" | "user" | "assistant";
  readonly content: readonly any[];
  readonly attachments?: readonly { readonly content: readonly any[] }[] | undefined;
  readonly metadata?: any;
};
/** The options of a run, of which the fields below are read. */
export type UiRunOptions = {
  readonly messages: readonly UiMessage[];
  readonly abortSignal: AbortSignal;
  unstable_getMessage?(): UiMessage;
};
export type AssistantOptions = {
  /** The agent, or a function of a run's options that returns one. */
  agent: AgentLike | ((options: any) => AgentLike | Promise<AgentLike>);
  /** Options of each run, or a function that returns them. */
  options?: CallOptions | ((options: any) => CallOptions | Promise<CallOptions>);
};
export type HistoryItem = { message: any; parentId: string | null; runConfig?: any };
/** A storage of texts by their names, such as `localStorage`; its methods may be async. */
export type TextStorage = {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
};
