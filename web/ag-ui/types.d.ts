/** The shapes of AG-UI that this package reads and writes. They are written here, so that the package does not depend on `@ag-ui/core`. */

export type AgUiSource =
  | { type: "data"; value: string; mimeType: string }
  | { type: "url"; value: string; mimeType?: string }
  | { type: "file"; value: string; mimeType?: string };
export type AgUiPart = { type: "text"; text: string } | { type: "image" | "audio" | "video" | "document"; source: AgUiSource };
export type AgUiToolCall = { id: string; type: "function"; function: { name: string; arguments: string } };
export type AgUiMessage = {
  id: string;
  role: "user" | "assistant" | "tool" | "system" | "developer" | "reasoning" | "activity";
  content?: any;
  toolCalls?: AgUiToolCall[];
  toolCallId?: string;
  error?: string;
  encryptedValue?: string;
};
/** The input of a run, as AG-UI's clients send it. */
export type RunInput = {
  threadId: string;
  runId: string;
  messages: AgUiMessage[];
  tools?: { name: string; description: string; parameters?: any }[];
  context?: { description: string; value: string }[];
  state?: any;
  forwardedProps?: any;
  resume?: { interruptId: string; status: "resolved" | "cancelled"; payload?: any }[];
};
/** An event of AG-UI. */
export type AgUiEvent = { type: string; [field: string]: any };
export type AgUiOptions = {
  /** The agent, or a function of a run's input that returns one. */
  agent:
    | import("../agent/agent-like.js").AgentLike
    | ((input: RunInput) => import("../agent/agent-like.js").AgentLike | Promise<import("../agent/agent-like.js").AgentLike>);
  /** Options of each run, or a function of its input that returns them. */
  options?:
    | import("../types.js").CallOptions
    | ((input: RunInput) => import("../types.js").CallOptions | Promise<import("../types.js").CallOptions>);
};
