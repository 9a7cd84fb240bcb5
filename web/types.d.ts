/** Shapes that users of the package see. */

export type Usage = {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cachedInputTokens: number;
  cacheCreationInputTokens: number;
  reasoningTokens: number;
  /** Calls of tools that the provider ran, which it charges for apart. */
  hostedCalls?: number;
};
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "error" | "other" | "paused";

type Extra = { extra?: Record<string, unknown> };
type MediaSource = { data?: string | Uint8Array; url?: string; mediaType?: string; fileId?: string; name?: string };
export type TextPart = { type: "text"; text: string; citations?: Record<string, unknown>[] } & Extra;
export type ImagePart = { type: "image"; detail?: string } & MediaSource & Extra;
export type AudioPart = { type: "audio" } & MediaSource & Extra;
export type FilePart = { type: "file" } & MediaSource & Extra;
export type ReasoningPart = { type: "reasoning"; text?: string; signature?: string; redacted?: string } & Extra;
export type RefusalPart = { type: "refusal"; text: string } & Extra;
export type ToolCallPart = { type: "tool_call"; id: string; name: string; arguments: Record<string, unknown> | string } & Extra;
export type ToolResultPart = { type: "tool_result"; id: string; name: string; content: Part[]; isError?: boolean } & Extra;
export type OpaquePart = { type: "opaque" } & Extra;
export type Part = TextPart | ImagePart | AudioPart | FilePart | ReasoningPart | RefusalPart | ToolCallPart | ToolResultPart | OpaquePart;
export type Role = "system" | "user" | "assistant" | "tool";
/** What it rests on is in `extra.sources`, as `Source[]`; no provider is sent it. */
export type Message = { role: Role; content: Part[]; name?: string } & Extra;

/** What a prompt may be: text, a part, or several. */
export type Content = string | Part | Record<string, unknown> | (string | Part | Record<string, unknown>)[];
/** A message as a caller may write it: ours, OpenAI's and rig's shapes, in either spelling; text is a user's. */
export type MessageLike = string | { role: string; content?: unknown; [field: string]: unknown };

export type TextDelta = { type: "text_delta"; text: string };
export type ReasoningDelta = { type: "reasoning_delta"; text: string };
/** A piece of a call's arguments as JSON text. */
export type ToolCallDelta = { type: "tool_call_delta"; id: string; name: string; argumentsDelta: string; index: number };
export type ToolCallDone = {
  type: "tool_call_done";
  id: string;
  name: string;
  arguments: Record<string, unknown> | string;
  /** The provider runs the tool itself. */
  hosted: boolean;
};
/** `text` is what the model is told; `sources` are the documents it rests on. */
export type ToolResult = {
  type: "tool_result";
  id: string;
  name: string;
  content: Part[];
  isError: boolean;
  durationS: number;
  text: string;
  sources: Source[];
  /** The provider ran the tool itself. */
  hosted: boolean;
};
/** One model call ended. */
export type StepDone = { type: "step_done"; step: number; usage: Usage; finishReason: FinishReason; requestId: string | null };
/** A model call failed and will be tried again. */
export type RetryScheduled = {
  type: "retry_scheduled";
  attempt: number;
  delayS: number;
  error: string;
  code: string;
  status: number | null;
};
/**
 * A request was sent with an option left out or changed, as the model does not take it as it was. `learned`: the model refused it first,
 * which is remembered.
 */
export type RequestAdjusted = { type: "request_adjusted"; message: string; learned: boolean };
/** A typed answer grew. `output`: all of it that is there; strings and lists may still grow, and fields may be missing. */
export type OutputDelta = { type: "output_delta"; output: unknown };
/** Another model of a chain answers. `error`: what kept the model before from answering. */
export type ModelChanged = { type: "model_changed"; model: string; previous: string; error: string; code: string; status: number | null };
/** May `tool` be called? uncertain: the call was begun before the run was cut off, and nobody knows whether it took effect. */
export type ApprovalRequest = {
  id: string;
  tool: string;
  arguments: Record<string, unknown>;
  uncertain: boolean;
  /** Seconds since 1970, after which the answer is no. */
  expiresAt: number | null;
  /** Whose tool it is, where an agent that serves as a tool asks. */
  agent?: string;
};
/** A tool call waits for an answer: of `approve` where it is given, else the run pauses with it. */
export type ApprovalNeeded = { type: "approval_needed"; request: ApprovalRequest };
/** Something that a tool tells while it runs: what it prints, or (as "display") a table or a picture that it shows. */
export type ToolProgress = {
  type: "tool_progress";
  callId: string;
  name: string;
  stream: "stdout" | "stderr" | "display";
  text: string;
  part: Part | null;
};
/** What an agent that serves as a tool (with `events: true`) tells of its own run. */
export type NestedEvent = { type: "nested_event"; callId: string; agent: string; event: AgentEvent };
/** From here on another agent goes on with the conversation. */
export type HandedOver = { type: "handed_over"; agent: string };
/** The first event of a durable run, also when it is taken up. messages: history and prompt. */
export type RunStarted = { type: "run_started"; runId: string; messages: Message[] };
export type RunDone<Output = unknown> = { type: "run_done"; reply: Reply<Output> };
export type AgentEvent<Output = unknown> =
  | TextDelta
  | ReasoningDelta
  | ToolCallDelta
  | ToolCallDone
  | ToolResult
  | StepDone
  | RetryScheduled
  | RequestAdjusted
  | ModelChanged
  | OutputDelta
  | RunStarted
  | ApprovalNeeded
  | ToolProgress
  | NestedEvent
  | HandedOver
  | RunDone<Output>;

export type Completion = {
  message: Message;
  usage: Usage;
  finishReason: FinishReason;
  rawFinishReason: string | null;
  requestId: string | null;
  model: string | null;
  raw: unknown;
  /** Why the model refused, where it did and the provider says so: {type, category, explanation}. */
  stopDetails?: Record<string, unknown>;
  /** Options that the model did not get, and why. */
  warnings?: string[];
};
/** A document that an answer rests on. `source`: the file it is from; `span`: where in it, [start, end), as `slice` counts, where the store knows; also `span.start` and `span.end`. */
export type Source = {
  id: string;
  score: number;
  source?: string;
  span?: [start: number, end: number] & { readonly start: number; readonly end: number };
  document: { id: string; text: string; metadata?: Record<string, unknown> };
};
/** One model call and the tools it asked for; `sources` are the documents put before it and those its tools found. */
export type Step = { completion: Completion; toolResults: ToolResult[]; sources: Source[] };
export type Reply<Output = unknown> = {
  text: string;
  /** The typed answer where there is an output schema, else the text. */
  output: Output;
  /** The whole exchange, ready to be the next history. */
  messages: Message[];
  usage: Usage;
  finishReason: FinishReason;
  steps: Step[];
  requestIds: string[];
  /** Options that the model did not get, and why; each once. */
  warnings: string[];
  /** Tool calls that wait for approval: the run is paused, and `resume` goes on with it. */
  pending?: ApprovalRequest[];
  /** Of a paused run: what `resume` takes. */
  run?: PausedRun;
  /** Of a durable run. */
  runId?: string;
};
/**
 * A durable run on record. "running" is under way, here or in another tab, where `owned`, else was cut off; "paused" waits for approval;
 * "failed" and "stopped" can be resumed; "done" gives its reply again.
 */
export type RunInfo = {
  id: string;
  agent: string | null;
  state: "running" | "paused" | "done" | "failed" | "stopped";
  prompt: string;
  /** Seconds since 1970. */
  startedAt: number;
  updatedAt: number;
  owned: boolean;
  /** The one that it belongs to. */
  conversation: string | null;
};
/** Plain JSON, to be kept and given to `resume`. */
export type PausedRun = { version: number; [field: string]: unknown };
/** True or false, or with more to say. `arguments`: instead of the model's. `result`: it is not called, this is what it gave. */
export type ApprovalAnswer = boolean | { approve: true; arguments?: Record<string, unknown> } | { refuse: string } | { result: unknown };
export type ToolApproval = boolean | ((args: any) => boolean | Promise<boolean>);

export type JsonSchema = { [keyword: string]: unknown };
/** https://standardschema.dev: Zod, Valibot, ArkType and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

export type Schema = JsonSchema | StandardSchema<any, any>;
/** What a schema's library reads a value as. A JSON Schema says nothing to TypeScript. */
export type Infer<S, Otherwise = unknown> = S extends StandardSchema<any, infer Output> ? Output : Otherwise;
/** The type of a reply's `output`: text where no schema was given. */
export type OutputOf<S> = [S] extends [null | undefined] ? string : Infer<S>;

/** `runId` and `callId` together name this call for ever: a key for services that take one to do nothing twice. */
export type ToolContext = { signal: AbortSignal; runId?: string; callId?: string };
/** An agent as a tool: what `agent.asTool()` and `handoff(agent)` give. */
export type Delegate = { readonly name: string; readonly delegate?: never };
export type ToolDefinition = { name: string; description?: string; parameters?: Schema; strict?: boolean };
/** A tool as rig has it; its methods keep their `this`. */
export type RigTool = {
  name: () => string;
  definition: (prompt: string) => ToolDefinition | Promise<ToolDefinition>;
  call: (args: any, context: ToolContext) => unknown;
  needsApproval?: ToolApproval;
};
/** `tool()` makes one whose arguments have their schema's type. */
export type PlainTool<Args = any> = {
  name: string;
  description?: string;
  parameters?: JsonSchema | StandardSchema<any, Args>;
  strict?: boolean;
  timeoutMs?: number;
  /** Whether somebody is asked before a call, always or by its arguments. */
  needsApproval?: ToolApproval;
  /** Calling it twice is as calling it once: a call that was cut off is made again unasked. */
  idempotent?: boolean;
  /** What it is to a provider whose models know such tools; customTool() and the like say it. */
  native?: NativeTool;
  execute: (args: Args, context: ToolContext) => unknown;
};
export type NativeTool = {
  kind: "custom" | "bash" | "apply_patch" | "computer" | "text_editor" | "memory";
  options?: Record<string, unknown>;
};
export type Tool = RigTool | PlainTool | Delegate | HostedTool;
/** local: a tool that stands in where the provider has none. extra: fields in the provider's own words. */
export type HostedOptions = { local?: Tool; extra?: Record<string, unknown> };
/** A tool that the provider runs itself, as webSearch() and the like make it. */
export type HostedTool = HostedOptions & {
  hosted:
    | "web_search"
    | "web_fetch"
    | "url_context"
    | "x_search"
    | "code_execution"
    | "file_search"
    | "image_generation"
    | "mcp"
    | "tool_search"
    | "advisor";
  options?: Record<string, unknown>;
};

/** `[score, id, document]`, best first. */
export type SearchHit =
  | [number, string | number, unknown]
  | readonly unknown[]
  | { score: number; id: string | number; document?: unknown };
export type SearchRequest = {
  query: string;
  samples: number;
  /** The least score. */
  threshold?: number;
  /** In the store's own terms. */
  filter?: Record<string, unknown>;
  /** By meaning, by words, or both, where the store can. */
  mode?: "vector" | "keyword" | "hybrid";
  /** From 0 to 1: how much unlike each other the hits should be, where the store can. */
  diversity?: number;
};
/**
 * Puts more hits than are wanted in a better order, of which the first are taken: a function of the query and the hits as the store gives
 * them, or a `Reranker`, whose scores the hits have then.
 */
export type Rerank<Query = any> =
  | ((query: Query, hits: [score: number, id: string, document: any][]) => Iterable<SearchHit> | Promise<Iterable<SearchHit>>)
  | { rerank: (query: string, texts: string[], options?: { topN?: number }) => Promise<readonly { index: number; score: number }[]> };
export type RankedDocument = { index: number; score: number; document: string };
export type VectorDocument = { id?: string; text: string; vec?: number[]; [field: string]: unknown };
export type SearchIndex =
  | { topN: (request: SearchRequest) => readonly SearchHit[] | Promise<readonly SearchHit[]> }
  | { search: (query: string, n: number) => readonly SearchHit[] | Promise<readonly SearchHit[]> };
/** An address, or what is in a file. */
export type IngestFile =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | {
      name?: string | null;
      bytes?: ArrayBuffer | ArrayBufferView | null;
      text?: string | null;
      blob?: Blob | null;
      url?: string | URL | null;
      mediaType?: string;
    };
/** start, end: where it is in the text. */
export type Passage = { text: string; start: number; end: number; metadata?: Record<string, unknown> };
/** By name, of which those of code are told by their language, or a function of your own. */
export type Splitter =
  | "text"
  | "tokens"
  | "sentences"
  | "markdown"
  | "html"
  | { code: string }
  | ((text: string) => readonly Passage[] | Promise<readonly Passage[]>);
export type SplitOptions = {
  /** How; "text" by default. */
  by?: Splitter | null;
  /** Characters of a passage at the most, or tokens. */
  size?: number | null;
  /** Of them, how many a passage may share with the one before. */
  overlap?: number | null;
};
export type IngestOptions = {
  /** By default each file is split by what it is. */
  splitter?: Splitter | null;
  /** Characters of a passage at the most; 1000 by default. */
  size?: number | null;
  /** Characters that a passage may share with the one before; 150 by default. */
  overlap?: number | null;
  /** Of every passage. */
  metadata?: Record<string, unknown> | null;
  /** Of text that does not say what it is. */
  encoding?: string | null;
  /** Of a PDF. */
  password?: string | null;
  /** Of a file, and of what it unpacks to. */
  maxBytes?: number | null;
  /** Reads files that are unchanged too. */
  force?: boolean | null;
  signal?: AbortSignal | null;
};
export type LoadOptions = {
  /** How it is cited; else the file's own name. */
  name?: string | null;
  /** Where neither name nor content tell it. */
  mediaType?: string | null;
  /** Of text that does not say what it is. */
  encoding?: string | null;
  /** Of a PDF. */
  password?: string | null;
  /** Of the file, and of what it unpacks to. */
  maxBytes?: number | null;
  signal?: AbortSignal | null;
};
/** metadata: `source`, and what applies of `page`, `pages`, `chapter`, `row`, `line`, `pointer`, `title`, `author`, `language`, `encoding`. */
/** `notes`: what was left out or guessed since the document before, with counts: "pictures left out: 3". */
export type LoadedDocument = { id: string; text: string; metadata: Record<string, unknown>; notes: string[] };
/** What `export` of a store gave, wherever it is. */
export type StoreArchive = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | Response;
export type FileStarted = { type: "file_started"; file: string; index: number; total: number | null; sizeBytes: number | null };
/** Passages embedded, of how many; while the file is read, total is 0 and done counts pages, chapters or rows. */
export type FileProgress = { type: "file_progress"; file: string; done: number; total: number };
/** `replaced`: passages of an older version, whose place they took. `notes`: what was left out of the file, with counts, or guessed. */
export type FileDone = { type: "file_done"; file: string; chunks: number; replaced: number; seconds: number; notes: string[] };
export type FileSkipped = { type: "file_skipped"; file: string; reason: "unchanged" | "empty"; notes?: string[] };
export type FileFailed = { type: "file_failed"; file: string; error: string; code: string };
export type IngestEvent = FileStarted | FileProgress | FileDone | FileSkipped | FileFailed;
/** What Python's `where` takes: {year: {gte: 2020}}, {kind: "note"}, {and: [...]} and their like. */
export type Where = Record<string, unknown>;
/** name: by which it is known as the one that a store was filled by, without embedding anything again. */
export type Embedder =
  | { name?: string; embedTexts: (texts: string[]) => Promise<{ vec: number[] | Float32Array }[]> }
  | ((texts: string[]) => Float32Array | (number[] | Float32Array)[] | Promise<Float32Array | (number[] | Float32Array)[]>);
export type StoreOptions = {
  /** Of the vectors; else the first ones say it. */
  dim?: number | null;
  metric?: "cosine" | "dot" | "euclidean" | null;
  quantization?: "auto" | "none" | "int8" | "1bit" | null;
  /** An embedding model, or a function from texts to vectors, side by side or one by one. */
  embedder?: Embedder | null;
  /** strict: waits for the disk. */
  durability?: "relaxed" | "strict" | null;
  /** f16: half the disk and memory, numbers rounded to 11 bits. Of a store that is there already, its own. */
  dtype?: "f32" | "f16" | null;
  /** How much of the vectors stays in memory; 512 MB by default. */
  memoryBytes?: number | null;
};
export type StoreDocument = {
  id?: string;
  text?: string;
  metadata?: Record<string, unknown>;
  vec?: readonly number[] | Float32Array | Float64Array;
  vector?: readonly number[] | Float32Array | Float64Array;
  [field: string]: unknown;
};
/** vector: where it was asked for; of unit length for cosine. */
export type FoundDocument = { id: string; document: any; metadata: Record<string, unknown>; vector?: Float32Array };
/** A store's vectors in the plane in which they differ most: `points` in the order of `ids`, any other vector's by `place`. */
export type StoreProjection = {
  ids: string[];
  points: [x: number, y: number][];
  place: (vector: ArrayLike<number>) => [x: number, y: number];
  /** How much of the variance each axis shows, between 0 and 1. */
  share: [number, number];
  /** Documents in the store. */
  total: number;
};
export type StoreSearchOptions = {
  where?: Where | null;
  /** The least score. */
  threshold?: number | null;
  mode?: "vector" | "keyword" | "hybrid" | null;
  quantization?: StoreOptions["quantization"];
  /** From 0 to 1: how much unlike each other the hits should be. */
  diversity?: number | null;
  rerank?: Rerank | null;
};
export type StoreExplanation = {
  documents: number;
  /** Rows of deleted documents that still take space. */
  deleted: number;
  dim: number;
  metric: string;
  quantization: string;
  dtype: string;
  /** How a search would run, and why. */
  search: string;
  reason: string;
  /** What computes: "kernel", "numkong" or "numpy", and why. */
  backend: string;
  backendReason: string;
  /** Where it is kept: "IndexedDB" or "memory". */
  storage: string;
  /** Bytes in memory, by what they hold. */
  memoryBytes: { rows: number; codes: number; signs: number };
  segments: number;
  storedBytes: number;
  /** Bytes that the browser would still give. */
  freeBytes: number | null;
  /** Stored data that could not be read. */
  damage: { table: string; key: number; rows: number }[];
  lastSearch: Record<string, unknown>;
};
/** `sample` documents of the store before each prompt. The other fields go to its `topN`. */
export type DynamicContext = { sample: number; dynamicTools: SearchIndex; rerank?: Rerank<string> } & Omit<
  SearchRequest,
  "query" | "samples"
>;
/** Any EmbeddingModel, or a function from texts to vectors. */
export type TextEmbedder =
  | { embedTexts: (texts: string[]) => PromiseLike<ArrayLike<{ vec: ArrayLike<number> } | ArrayLike<number>>> }
  | ((texts: string[]) => ArrayLike<ArrayLike<number>> | PromiseLike<ArrayLike<ArrayLike<number>>>);
/** The `sample` tools that fit the prompt: by meaning where there is an embedder, else by the words of their names and descriptions. */
export type DynamicTools = { sample: number; tools: readonly Tool[]; embedder?: TextEmbedder | null };

/** The run that a hook stands in. `parentId`: the run whose tool started this one. */
export type RunContext = {
  id: string;
  agent: string | null;
  model: string;
  parentId: string | null;
  /** The model call that is under way or comes next, from 1. */
  step: number;
  usage: Usage;
  requests: number;
  toolCalls: number;
  elapsedS: number;
};
/** What a model is asked, as a hook sees it. */
export type ModelRequest = {
  messages: Message[];
  preamble: string | null;
  documents: { id: string; text: string; metadata?: Record<string, unknown> }[];
  tools: ToolDefinition[];
  toolChoice: ToolChoice | null;
  temperature: number | null;
  maxTokens: number | null;
  reasoning?: Reasoning;
  hosted?: HostedTool[];
  output: { schema: JsonSchema; name: string; strict: boolean } | null;
  additionalParams: Record<string, unknown>;
};
/** How much a model reasons: a level, which is brought to the nearest that the model has, or a number of tokens. */
export type Reasoning = "none" | "minimal" | "low" | "medium" | "high" | "max" | { budgetTokens: number };
type Maybe<T> = T | void | null | Promise<T | void | null>;
type Stop = { stop: string };
type AskAgain = { askAgain: string };
/** Anything a hook may return. */
export type HookDecision =
  | Stop
  | AskAgain
  | { skip: unknown }
  | { request: Partial<ModelRequest> }
  | { completion: Partial<Completion> }
  | { call: { arguments: Record<string, unknown> } }
  | { result: unknown };
/**
 * Called as the run goes on; each may be async. Nothing returned: go on. `skip` gives the result without the call, `askAgain` turns it back
 * to the model with words, `stop` ends the run with RunStopped; the other fields replace what was given. What is thrown ends the run.
 */
export type Hooks = {
  onStart?: (context: RunContext) => Maybe<Stop>;
  beforeModel?: (
    context: RunContext,
    request: ModelRequest,
  ) => Maybe<{ request: Partial<ModelRequest> } | { skip: string | Completion } | Stop>;
  afterModel?: (context: RunContext, completion: Completion) => Maybe<{ completion: Partial<Completion> } | AskAgain | Stop>;
  beforeTool?: (
    context: RunContext,
    call: ToolCallPart,
  ) => Maybe<{ call: { arguments: Record<string, unknown> } } | { skip: unknown } | AskAgain | Stop>;
  afterTool?: (context: RunContext, call: ToolCallPart, result: ToolResult) => Maybe<{ result: unknown } | AskAgain | Stop>;
  /** A model call and all the tools that it asked for are done. */
  onStep?: (context: RunContext, step: Step) => Maybe<Stop>;
  /** A model call failed after every retry: `skip` answers in its place, `askAgain` makes it again. Also told of what ends the run. */
  onError?: (context: RunContext, error: Error) => Maybe<{ skip: string | Completion } | AskAgain>;
  onDone?: (context: RunContext, reply: Reply) => void | Promise<void>;
};
/** Something that began and ended, by OpenTelemetry's conventions for generative AI. Times: milliseconds since 1970. */
export type Span = {
  /** 32 hexadecimal digits, the same for all of a run and of the agents it called. */
  traceId: string;
  spanId: string;
  parentId: string | null;
  /** "invoke_agent …", "chat …", "execute_tool …" */
  name: string;
  kind: "internal" | "client";
  startMs: number;
  endMs: number;
  attributes: Record<string, string | number | boolean | string[]>;
  events: { name: string; timeMs: number; attributes: Record<string, string | number | boolean> }[];
  status: "unset" | "error";
  message: string;
};
export type TracerOptions = {
  /** Takes each span as it ends: the console, a collector that speaks OTLP over HTTP, a database of this origin, or a function. */
  exporter: "console" | { otlp: string; headers?: Record<string, string> } | { indexedDB: string } | ((span: Span) => void | Promise<void>);
  /** With what was said, and what tools were given and gave. */
  content?: boolean;
  /** With each request and response as they went over the wire, without keys. */
  raw?: boolean;
};
/** The most that one run may use. cost: US dollars. */
export type UsageLimits = {
  requests?: number;
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
  cost?: number;
  seconds?: number;
  toolCalls?: number;
  /** For `cost`, of models whose providers do not tell: by "provider:model", in US dollars for a million tokens. */
  prices?: Record<string, { input: number; output: number; cachedInput?: number }>;
};

/** `messages`: how many. Times are seconds since 1970. */
export type ConversationInfo = {
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  messages: number;
  forkedFrom: string | null;
};
/** `problems`: what of it could not be read, in words; each exchange among the messages is whole. */
export type StoredConversation = Omit<ConversationInfo, "messages"> & { messages: Message[]; problems: string[] };
/** `at`: the message's place. `role` is "title" where the title was found. */
export type ConversationHit = { id: string; title: string; at: number; role: "title" | "user" | "assistant"; excerpt: string };
export type ConversationExport = { format: "staysail-conversations"; version: number; conversations: Record<string, unknown>[] };

/** Tokens of a text, or the tokens themselves. */
export type TokenCounter = (text: string) => number | ArrayLike<number> | Promise<number | ArrayLike<number>>;
export type SummaryOptions = {
  /** Above so many tokens, preamble, documents and tools counted, the oldest messages are put into words. */
  overTokens: number;
  /** Messages that stay as they are; 8 by default. */
  keepLast?: number;
  /** Of the summary, at the most; 800 by default. */
  summaryTokens?: number;
  /** Instructions of your own. */
  prompt?: string;
  /** Another model than the agent's. */
  model?: string;
  apiKey?: string | (() => string | Promise<string>);
  baseURL?: string;
  count?: TokenCounter;
};
/** What of a long history a model is told. Several in one object are asked in the order in which they are written. */
export type MemoryPolicy =
  | { slidingWindow?: number; tokenWindow?: number | { tokens: number; count?: TokenCounter }; summary?: SummaryOptions }
  | { fit: (messages: Message[], about: { promptAt: number }) => Message[] | Promise<Message[]> };
export type Memory = MemoryPolicy | readonly MemoryPolicy[];

export type RetryOptions = { attempts?: number; baseMs?: number; maxMs?: number; patienceMs?: number };
export type TimeoutOptions = { connectMs?: number | null; silenceMs?: number | null; totalMs?: number | null };
export type ToolChoice = "auto" | "none" | "required" | { name: string } | (string & {});

/** Where a model is, and how to be let in. */
export type Access = {
  /** Text, or a function that gives it when it is needed. */
  apiKey?: string | (() => string | Promise<string>) | null;
  /** Another server that speaks the provider's protocol. */
  baseURL?: string | null;
  baseUrl?: string | null;
  headers?: Record<string, string> | null;
  /** Of a whole response, or of one event of a stream, which may have 16 times as much in all; 64 MiB by default, 256 MiB of vectors and media. */
  maxResponseBytes?: number | null;
};
export type Limits = {
  /** Calls in all, or how to space them; false: never again. */
  retry?: number | boolean | RetryOptions | null;
  /** The limit of the whole, or one for each kind of waiting. */
  timeoutMs?: number | TimeoutOptions | null;
  additionalParams?: Record<string, unknown> | null;
};
/** A model on its own; from the package's root its name is "provider:model". */
export type ModelOptions = Access & Limits & ({ modelName: string; model?: string } | { model: string; modelName?: string });

/** What an agent takes, and any of its calls may override. */
export type RunOptions<S = Schema | undefined> = Limits & {
  preamble?: string | null;
  context?: string | (string | { id?: string; text: string; metadata?: Record<string, unknown> })[] | null;
  temperature?: number | null;
  maxTokens?: number | null;
  reasoning?: Reasoning | null;
  tools?: readonly Tool[] | null;
  toolChoice?: ToolChoice | null;
  /** Tools that may run at once; 8 by default. */
  toolConcurrency?: number | null;
  toolTimeoutMs?: number | null;
  /** Model calls at the most; 10 by default. */
  maxTurns?: number | null;
  dynamicContext?: DynamicContext | DynamicContext[] | null;
  /** Tools beside `tools`, of which the model is told of those that fit the prompt. */
  dynamicTools?: DynamicTools | DynamicTools[] | null;
  headers?: Record<string, string> | null;
  /** The reply's `output` is checked against it, and typed where it is a Standard Schema. */
  outputSchema?: S | null;
  outputRetries?: number | null;
  /** Those of a call come after the agent's. */
  hooks?: Hooks | readonly Hooks[] | null;
  /** What of a long history the model is told; the history itself stays whole. */
  memory?: Memory | null;
  /** Loads the history of this id from `conversations`, and appends each run to it. */
  conversation?: string | null;
  /** By default IndexedDB in a page, memory elsewhere. */
  conversations?: import("./agent/conversations.js").Conversations | null;
  /** What becomes of what the run did, in the conventions of OpenTelemetry. An exporter that fails breaks no run. */
  tracer?: TracerOptions | null;
  /** What the run may use; passing it is a UsageLimitError. */
  usageLimits?: UsageLimits | null;
  /** Answers what needs approval; nothing returned: not now, and the run pauses. Without it, the run pauses too. */
  approve?:
    | ((request: ApprovalRequest, context: { signal: AbortSignal }) => ApprovalAnswer | void | null | Promise<ApprovalAnswer | void | null>)
    | null;
  /** After which the answer is no. */
  approvalTimeoutMs?: number | null;
  /** Keep each run on record step by step, so that it outlives the page: true, or a database's name; ":memory:" does not outlive it. */
  durable?: boolean | string | null;
};
/** A model of a chain, with its own access. */
export type ModelLink = Access & { model: string };
/** Access of one model; of several, the keys by the name of the provider. */
export type ChainAccess = Omit<Access, "apiKey"> & { apiKey?: Access["apiKey"] | Record<string, Access["apiKey"]> };
export type AgentOptions<S = Schema | undefined> = RunOptions<S> &
  ChainAccess & {
    /** The model's name, from the package's root "provider:model"; or several: the next answers where the one before cannot. */
    model: string | readonly (string | ModelLink)[];
    /** What others call it by. */
    name?: string | null;
    /** Keep the last answers by the whole request. */
    cache?: { maxEntries: number } | null;
  };
export type CallOptions<S = Schema | undefined> = RunOptions<S> & {
  history?: MessageLike | readonly MessageLike[] | null;
  /** Aborts the request itself. */
  signal?: AbortSignal | null;
};

/** approvals: by the id of each request. */
export type ResumeOptions<S = Schema | undefined> = CallOptions<S> & { approvals?: Record<string, ApprovalAnswer> | null };

export type Embedding = { document: string; vec: number[] };
export type CompletionDone = { type: "completion" } & Completion;
export type RequestOptions = {
  messages?: MessageLike | readonly MessageLike[];
  preamble?: string | null;
  documents?: (string | { id?: string; text: string; metadata?: Record<string, unknown> })[];
  tools?: ToolDefinition[];
  toolChoice?: ToolChoice | null;
  temperature?: number | null;
  maxTokens?: number | null;
  reasoning?: Reasoning | null;
  outputSchema?: Schema | null;
  additionalParams?: Record<string, unknown> | null;
};
/** A model of a provider. Limits are in tokens, prices in US dollars for a million tokens; null, empty or "" where nobody knows. */
export type ModelInfo = {
  id: string;
  name: string;
  description: string;
  contextLength: number | null;
  maxOutputTokens: number | null;
  inputs: ("text" | "image" | "file" | "audio" | "video")[];
  abilities: ("tools" | "structured_output" | "reasoning" | "web_search")[];
  inputUsd: number | null;
  outputUsd: number | null;
  /** The date on which the provider ends it. */
  retires: string;
  /** All that the provider says. */
  raw: unknown;
};
/** A file that a provider keeps. part: what a message holds to name it. */
export type RemoteFile = {
  id: string;
  provider: string;
  name: string;
  mediaType: string;
  sizeBytes: number | null;
  createdAt: string;
  expiresAt: string;
  part: ImagePart | AudioPart | FilePart;
  /** All that the provider says. */
  raw: unknown;
};
/** How far a batch is. answered, failed: of `total` requests, where the provider tells. */
export type BatchState = {
  phase: "running" | "done" | "failed" | "cancelled" | "expired";
  total: number;
  answered: number;
  failed: number;
  error: string;
  raw: unknown;
};
/** A batch as JSON. */
export type PlainBatch = { id: string; model?: string; prompts?: unknown[] };
export type Transcription = {
  text: string;
  language: string | null;
  durationS: number | null;
  segments: Record<string, unknown>[];
  usage: Usage;
  raw: unknown;
};
/** pagesRead: what is paid for. */
export type OcrResult = {
  markdown: string;
  pages: { index: number; markdown: string; images: Record<string, ImagePart>; raw: unknown }[];
  pagesRead: number;
  raw: unknown;
};
export type GeneratedImages = { images: ImagePart[]; usage: Usage; raw: unknown };
