/** Shapes that the chat reads and writes: what an agent is to it, and what an agent tells it. */

import type {
  AgentEvent,
  ApprovalAnswer,
  ApprovalRequest,
  FilePart,
  ImagePart,
  Message,
  RunInfo,
  TextPart,
  Usage as FullUsage,
} from "../types.js";

export type { ApprovalAnswer, ApprovalRequest, Message, Part, Source, TextPart } from "../types.js";
export type MediaPart = ImagePart | FilePart;
export type Prompt = string | (TextPart | MediaPart)[];
export type ChatEvent = AgentEvent;
export type Usage = Pick<FullUsage, "inputTokens" | "outputTokens" | "totalTokens">;

/**
 * Anything that streams a run can be given as `chat.agent`; staysail's Agent is one. Where the chat is kept as a conversation, there is its id
 * in place of a history.
 */
export interface ChatAgent {
  stream(
    prompt: Prompt,
    options: {
      signal: AbortSignal;
      history?: Message[];
      conversation?: string | null;
      conversations?: import("../agent/conversations.js").Conversations;
      approve: (request: ApprovalRequest) => Promise<ApprovalAnswer>;
    },
  ): AsyncIterable<ChatEvent>;
  /** What follows where it keeps durable runs. */
  runs?(): Promise<(Pick<RunInfo, "id" | "state" | "prompt" | "owned"> & Partial<Pick<RunInfo, "conversation">>)[]>;
  resumeStream?(
    runId: string,
    options: { signal: AbortSignal; approve: (request: ApprovalRequest) => Promise<ApprovalAnswer> },
  ): AsyncIterable<ChatEvent>;
  watch?(runId: string, options: { signal: AbortSignal }): AsyncIterable<ChatEvent>;
  forgetRun?(runId: string): Promise<void>;
}

export type Theme = "light" | "dark" | "auto";
