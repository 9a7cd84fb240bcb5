/** Types of a chat: its messages, the parts of a message, its snapshot. */

import type {
  AgentEvent,
  ApprovalAnswer,
  ApprovalRequest,
  AudioPart,
  Content,
  FilePart,
  FinishReason,
  HandedOver,
  ImagePart,
  Message,
  ModelChanged,
  Part,
  Reply,
  RequestAdjusted,
  RetryScheduled,
  RunInfo,
  Source,
  StoredConversation,
  TextPart,
  Usage,
} from "../types.js";
import type { Conversations } from "../agent/conversations.js";
import type { Steering } from "../agent/steering.js";

export type Prompt = string | (TextPart | ImagePart | AudioPart | FilePart)[];

/** Text of a message. state: "streaming" while more of it may come. */
export type ChatText = { type: "text"; text: string; state: "streaming" | "done" };
/** Visible reasoning of the model. */
export type ChatReasoning = { type: "reasoning"; text: string; state: "streaming" | "done" };
/**
 * A tool call.
 *
 * state: "writing": the model writes the arguments; "asking": the call waits for an approval; "stopped": the run ended before the tool did.
 */
export type ChatTool = {
  type: "tool";
  id: string;
  name: string;
  /** The call's position in the model's answer. */
  index: number;
  state: "writing" | "running" | "asking" | "done" | "failed" | "stopped";
  /** The arguments as far as they are written. Objects and lists that are not complete have the fields and items that came so far. */
  arguments: unknown;
  /** The same as JSON text. */
  argumentsText: string;
  /** Whether the provider runs the tool. */
  hosted: boolean;
  /** The approval request that the call waits for. */
  request?: ApprovalRequest;
  /** Reports of the running tool, in order. */
  progress: ChatProgress[];
  result?: ChatToolResult;
  /** The parts of an agent that serves as the tool with `events: true`. */
  parts: ChatPart[];
};
/** text: printed text, or a report as text. value: a report that is not text alone. part: a picture or a table. */
export type ChatProgress = { stream: "stdout" | "stderr" | "progress" | "display"; text: string; value?: unknown; part?: Part };
export type ChatToolResult = {
  /** The text that the model reads. */
  text: string;
  content: Part[];
  /** The JSON value that the tool returned; undefined where it returned text or parts. */
  value?: unknown;
  isError: boolean;
  durationS: number;
  sources: Source[];
  refused: boolean;
};
/** A document that the answer rests on. */
export type ChatSource = { type: "source"; source: Source };
/** A picture, a sound or another file. */
export type ChatFile = { type: "file"; file: ImagePart | AudioPart | FilePart };
/** The beginning of a model call. finishReason and usage: once it has ended. */
export type ChatStep = { type: "step"; step: number; finishReason?: FinishReason; usage?: Usage };
/** An event that is shown as a notice: a repeated call, an option left out, another model or agent that goes on. */
export type ChatNotice = { type: "notice"; event: RetryScheduled | RequestAdjusted | ModelChanged | HandedOver };
/** A part of a kind that this version does not know. */
export type ChatUnknown = { type: "unknown"; value: unknown };
export type ChatPart = ChatText | ChatReasoning | ChatTool | ChatSource | ChatFile | ChatStep | ChatNotice | ChatUnknown;

export type ChatMessage = {
  /** The same as long as the message exists. */
  id: string;
  role: "user" | "assistant";
  parts: ChatPart[];
  /** "streaming" while its run is under way; "stopped" by `stop`; "failed" by the message's `error`. */
  status: "streaming" | "done" | "stopped" | "failed";
  error?: Error;
  usage?: Usage;
  /** The range of the history's messages that it shows, [at, end); undefined until it is known. */
  at?: number;
  end?: number;
  /** A user's message as it was sent. */
  prompt?: Message["content"];
  /** The number of the version that is shown, from 1, and how many there are; undefined for a single version. See `showVersion`. */
  version?: number;
  versions?: number;
};

/** A message that waits: for the next step of the run, or for the end of the answer. */
export type QueuedPrompt = { id: string; prompt: Content; when: "next_step" | "after" };

/** The state of a chat. A snapshot never changes; a message or part that did not change is the same object in the next snapshot. */
export type ChatSnapshot = {
  messages: ChatMessage[];
  /**
   * "restoring": the kept conversation is being loaded. "submitted": the prompt is sent, and nothing of the answer is there. "error": the last
   * run failed, see `error`.
   */
  status: "restoring" | "ready" | "submitted" | "streaming" | "awaiting-approval" | "error";
  /** The approval requests without an answer. */
  approvals: ApprovalRequest[];
  /** Prompts that wait for their turn. */
  queued: QueuedPrompt[];
  error: Error | undefined;
  /** The usage of all model calls of this chat since it was created. */
  usage: Usage;
};

/** The options of each call that a chat makes. */
export type ChatCall = {
  signal: AbortSignal;
  history?: Message[];
  conversation?: string | null;
  conversations?: Conversations;
  steering?: Steering;
  approve: (request: ApprovalRequest) => Promise<ApprovalAnswer>;
  approvals?: Record<string, ApprovalAnswer>;
};

/** An agent as a chat needs it: staysail's Agent, or anything that streams a run's events. */
export interface ChatAgent {
  stream(prompt: Prompt, options: ChatCall): AsyncIterable<AgentEvent>;
  /** The methods from here on are for durable runs. */
  runs?(): Promise<(Pick<RunInfo, "id" | "state" | "prompt" | "owned"> & Partial<Pick<RunInfo, "conversation">>)[]>;
  resumeStream?(run: Reply | string, options: ChatCall): AsyncIterable<AgentEvent>;
  watch?(runId: string, options: ChatCall): AsyncIterable<AgentEvent>;
  forgetRun?(runId: string): Promise<void>;
}

/** An agent, or a function that returns one. signal: of the run that the agent is for; undefined where its runs are only looked up. */
export type AgentSource = ChatAgent | ((signal?: AbortSignal) => ChatAgent | Promise<ChatAgent>);

export type ChatOptions = {
  /** The id under which the chat is kept, and restored from after a reload. Without it the chat is as long as its page. */
  conversation?: string;
  /** The store of conversations; the package's own if left out. */
  conversations?: Conversations;
  /** The messages before the chat, for a chat that is not kept. */
  history?: Message[];
  /** Whether the agent's runs are durable and a chat without a conversation resumes the last of them. A kept chat always does. */
  durable?: boolean;
  /**
   * "manual": only `restore()` loads the kept conversation, and only `resume()` resumes a run. By default the first subscription or prompt
   * does both. "none": the conversation is new, so nothing is loaded, and the first prompt waits for no store.
   */
  restore?: "auto" | "manual" | "none";
  /** Called with the kept conversation once it is loaded. */
  onRestore?: (stored: StoredConversation) => void;
  /** Called with each approval request of this chat's runs. */
  onApproval?: (request: ApprovalRequest) => void;
  /** Called with each event of a run, after the chat has taken it. */
  onEvent?: (event: AgentEvent) => void;
  /** Called with the reply of each run that ended well. */
  onFinish?: (reply: Reply) => void;
  /** Called with each error that a run, a store or a listener threw. */
  onError?: (error: unknown) => void;
};
