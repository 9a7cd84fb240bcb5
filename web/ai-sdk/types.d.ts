/** The shapes of the AI SDK that this package reads and writes. They are written here, so that the package does not depend on `ai`. */

export type JsonObject = { [key: string]: any };
/** What a provider adds to a part, by the provider's name; what is given to a call is `providerOptions` of the same shape. */
export type ProviderMetadata = Record<string, JsonObject>;

export type FileData = { type: "data"; data: Uint8Array | string } | { type: "url"; url: URL };
export type AiSource =
  | { type: "source"; sourceType: "url"; id: string; url: string; title?: string; providerMetadata?: ProviderMetadata }
  | {
      type: "source";
      sourceType: "document";
      id: string;
      mediaType: string;
      title: string;
      filename?: string;
      providerMetadata?: ProviderMetadata;
    };
export type AiWarning =
  | { type: "unsupported"; feature: string; details?: string }
  | { type: "compatibility"; feature: string; details?: string }
  | { type: "other"; message: string };
export type AiFinishReason = {
  unified: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "interrupted" | "other";
  raw: string | undefined;
};
export type AiUsage = {
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: number | undefined;
  };
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined };
  raw?: JsonObject;
};

export type AiToolResultOutput =
  | { type: "text"; value: string }
  | { type: "json"; value: any }
  | { type: "execution-denied"; reason?: string }
  | { type: "error-text"; value: string }
  | { type: "error-json"; value: any }
  | { type: "content"; value: AiToolResultPart[] };
export type AiToolResultPart =
  | { type: "text"; text: string }
  | { type: "file"; data: FileData; mediaType: string; filename?: string }
  | { type: "custom" };
type Options = { providerOptions?: ProviderMetadata };
export type AiTextPart = { type: "text"; text: string } & Options;
export type AiFilePart = { type: "file"; data: FileData; mediaType: string; filename?: string } & Options;
export type AiReasoningPart = { type: "reasoning"; text: string } & Options;
export type AiToolCallPart = {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  input: unknown;
  providerExecuted?: boolean;
} & Options;
export type AiToolResultPromptPart = { type: "tool-result"; toolCallId: string; toolName: string; output: AiToolResultOutput } & Options;
export type AiAnswerPart = AiTextPart | AiFilePart | AiReasoningPart | AiToolCallPart | AiToolResultPromptPart;
export type AiMessage = (
  | { role: "system"; content: string }
  | { role: "user"; content: (AiTextPart | AiFilePart)[] }
  | { role: "assistant"; content: AiAnswerPart[] }
  | { role: "tool"; content: AiToolResultPromptPart[] }
) &
  Options;

export type AiFunctionTool = { type: "function"; name: string; description?: string; inputSchema: JsonObject; strict?: boolean };
export type AiToolChoice = { type: "auto" } | { type: "none" } | { type: "required" } | { type: "tool"; toolName: string };
export type AiReasoningLevel = "provider-default" | "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
/** The options of one call of a language model, as version 4 of the specification has them. */
export type AiCallOptions = {
  prompt: AiMessage[];
  maxOutputTokens?: number;
  temperature?: number;
  stopSequences?: string[];
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  responseFormat?: { type: "text" } | { type: "json"; schema?: JsonObject; name?: string; description?: string };
  seed?: number;
  tools?: (AiFunctionTool | { type: "provider"; id: `${string}.${string}`; name: string; args: Record<string, unknown> })[];
  toolChoice?: AiToolChoice;
  includeRawChunks?: boolean;
  abortSignal?: AbortSignal;
  headers?: Record<string, string | undefined>;
  reasoning?: AiReasoningLevel;
  providerOptions?: ProviderMetadata;
};
type Noted = { providerMetadata?: ProviderMetadata };
/** A part of a streamed answer, or of the content of a whole one. */
export type AiStreamPart =
  | ({ type: "text-start"; id: string } & Noted)
  | ({ type: "text-delta"; id: string; delta: string } & Noted)
  | ({ type: "text-end"; id: string } & Noted)
  | ({ type: "reasoning-start"; id: string } & Noted)
  | ({ type: "reasoning-delta"; id: string; delta: string } & Noted)
  | ({ type: "reasoning-end"; id: string } & Noted)
  | ({ type: "tool-input-start"; id: string; toolName: string; providerExecuted?: boolean } & Noted)
  | ({ type: "tool-input-delta"; id: string; delta: string } & Noted)
  | ({ type: "tool-input-end"; id: string } & Noted)
  | ({ type: "tool-call"; toolCallId: string; toolName: string; input: string; providerExecuted?: boolean } & Noted)
  | ({ type: "tool-result"; toolCallId: string; toolName: string; result: any; isError?: boolean } & Noted)
  | ({ type: "file"; mediaType: string; data: FileData } & Noted)
  | AiSource
  | { type: "stream-start"; warnings: AiWarning[] }
  | { type: "response-metadata"; id?: string; timestamp?: Date; modelId?: string }
  | ({ type: "finish"; usage: AiUsage; finishReason: AiFinishReason } & Noted)
  | { type: "error"; error: unknown };
export type AiContent =
  | Extract<AiStreamPart, { type: "tool-call" | "tool-result" | "file" | "source" }>
  | ({ type: "text" | "reasoning"; text: string } & Noted);
export type AiGenerateResult = {
  content: AiContent[];
  finishReason: AiFinishReason;
  usage: AiUsage;
  warnings: AiWarning[];
  providerMetadata?: ProviderMetadata;
  request?: { url?: string; body?: unknown };
  response?: { id?: string; timestamp?: Date; modelId?: string; headers?: Record<string, string>; body?: unknown };
};
/** A language model of version 4 of the specification, as `languageModel` returns it. */
export interface LanguageModelV4 {
  readonly specificationVersion: "v4";
  readonly provider: string;
  readonly modelId: string;
  supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: AiCallOptions): Promise<AiGenerateResult>;
  doStream(options: AiCallOptions): Promise<{ stream: ReadableStream<AiStreamPart>; request?: { body?: unknown } }>;
}

// The messages and chunks of the AI SDK's user interface.

type Metadata = { providerMetadata?: ProviderMetadata };
export type UIPart =
  | ({ type: "text"; text: string; state?: "streaming" | "done" } & Metadata)
  | ({ type: "reasoning"; id?: string; text: string; state?: "streaming" | "done" } & Metadata)
  | ({ type: "file"; mediaType: string; filename?: string; url: string } & Metadata)
  | ({ type: "custom"; kind: `${string}.${string}` } & Metadata)
  | { type: "step-start" }
  | { type: "steering-message"; id: string; parts: UIPart[] }
  | UIToolPart
  | { type: `source-${string}` | `data-${string}` | "reasoning-file"; [field: string]: any };
export type UIToolPart = {
  type: `tool-${string}` | "dynamic-tool";
  toolName?: string;
  toolCallId: string;
  state: string;
  input?: any;
  output?: any;
  errorText?: string;
  providerExecuted?: boolean;
  approval?: { id: string; approved?: boolean; reason?: string };
};
export type UIMessageLike = { id: string; role: "system" | "user" | "assistant"; metadata?: any; parts: readonly any[] };
export type UIFinishReason = AiFinishReason["unified"];
export type UIChunk =
  | { type: "start"; messageId?: string; messageMetadata?: any }
  | { type: "start-step" }
  | { type: "finish-step" }
  | { type: "reset-step" }
  | { type: "finish"; finishReason?: UIFinishReason; messageMetadata?: any }
  | { type: "abort"; reason?: string }
  | { type: "error"; errorText: string }
  | { type: "message-metadata"; messageMetadata: any }
  | ({ type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; id: string } & Metadata)
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | { type: "tool-input-start"; toolCallId: string; toolName: string; providerExecuted?: boolean }
  | { type: "tool-input-delta"; toolCallId: string; inputTextDelta: string }
  | ({ type: "tool-input-available"; toolCallId: string; toolName: string; input: unknown; providerExecuted?: boolean } & Metadata)
  | { type: "tool-approval-request"; approvalId: string; toolCallId: string; approvalDescriptor?: unknown; reason?: string }
  | { type: "tool-approval-response"; approvalId: string; approved: boolean; reason?: string }
  | { type: "tool-output-available"; toolCallId: string; output: unknown; providerExecuted?: boolean; preliminary?: boolean }
  | { type: "tool-output-error"; toolCallId: string; errorText: string; providerExecuted?: boolean }
  | { type: "tool-output-denied"; toolCallId: string }
  | ({ type: "source-url"; sourceId: string; url: string; title?: string } & Metadata)
  | ({ type: "source-document"; sourceId: string; mediaType: string; title: string; filename?: string } & Metadata)
  | { type: "file"; url: string; mediaType: string }
  | ({ type: "custom"; kind: `${string}.${string}` } & Metadata)
  | { type: "steering-message"; id: string; parts: ({ type: "text"; text: string } | { type: "file"; url: string; mediaType: string })[] }
  | { type: `data-${string}`; id?: string; data: any; transient?: boolean };

/** A part of `localStorage`'s interface. */
export type KeyStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;
/** A request of a chat, as `sendMessages` gets it. */
export type ChatRequest = {
  trigger: "submit-message" | "regenerate-message";
  chatId: string;
  messageId: string | undefined;
  messages: UIMessageLike[];
  body?: object;
  headers?: Record<string, string> | Headers;
  metadata?: unknown;
};
/** What a message's metadata holds, where `messageMetadata` is left out. */
export type StaysailMetadata = {
  usage?: import("../types.js").Usage;
  finishReason?: import("../types.js").FinishReason;
  /** The id of a durable run. */
  runId?: string;
  /** The paused run of an agent that is not durable, or null once it went on. */
  run?: import("../types.js").PausedRun | null;
  warnings?: string[];
};
export type TransportOptions = {
  /** The agent, or a function of a request that returns one. */
  agent:
    | import("../agent/agent-like.js").AgentLike
    | ((request: ChatRequest) => import("../agent/agent-like.js").AgentLike | Promise<import("../agent/agent-like.js").AgentLike>);
  /** Options of each run, such as `preamble`, or a function of a request that returns them. */
  options?:
    | import("../types.js").CallOptions
    | ((request: ChatRequest) => import("../types.js").CallOptions | Promise<import("../types.js").CallOptions>);
  /** Metadata of the answer's message, beside staysail's own. It is called with each event and returns nothing where there is none. */
  messageMetadata?: (event: import("../types.js").AgentEvent<any>) => object | undefined;
  /** Returns the text of an error for the page; by default the error's message. */
  onError?: (error: unknown) => string;
  /** Where the ids of runs under way are kept, by chat; `localStorage` in a page. */
  storage?: KeyStorage;
  /** Makes the id of an answer's message. */
  generateId?: () => string;
};
