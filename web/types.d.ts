/** Types of the values that programs meet. */

export type Usage = {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cachedInputTokens: number;
  cacheCreationInputTokens: number;
  reasoningTokens: number;
  /** Calls of tools that the provider ran, which it charges for separately. */
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
/** One message. The sources that it rests on are in `extra.sources`, as `Source[]`; no provider is sent them. */
export type Message = { role: Role; content: Part[]; name?: string } & Extra;

/** A part of a message as OpenAI or rig writes it. */
export type ForeignPart =
  | { type: "image_url"; image_url: string | { url: string; detail?: string } }
  | { type: "toolcall" | "tool_call" | "function"; id?: string; call_id?: string; function: { name: string; arguments?: unknown } }
  | { type: "toolresult"; id: string; call_id?: string; name?: string; content?: unknown };
/** A prompt: text, a part, or several. */
export type Content = string | Part | ForeignPart | readonly (string | Part | ForeignPart)[];
/** A message as a caller may write it, in staysail's, OpenAI's or rig's shape and in either spelling. Text is a user's message. */
export type MessageLike = string | { role: Role | "developer" | "model"; content?: unknown; [field: string]: unknown };

/** The same, for arrays that TypeScript has inferred, whose roles are of the type `string`. */
export type InferredMessage = { role: string; content?: unknown; [field: string]: unknown };

export type TextDelta = { type: "text_delta"; text: string };
export type ReasoningDelta = { type: "reasoning_delta"; text: string };
/** A piece of a tool call's arguments, as JSON text. */
export type ToolCallDelta = { type: "tool_call_delta"; id: string; name: string; argumentsDelta: string; index: number };
export type ToolCallDone = {
  type: "tool_call_done";
  id: string;
  name: string;
  arguments: Record<string, unknown> | string;
  /** Whether the provider runs the tool itself. */
  hosted: boolean;
};
/** The result of a tool call. `text` is the text that the model gets; `sources` are the documents that it rests on. */
export type ToolResult = {
  type: "tool_result";
  id: string;
  name: string;
  content: Part[];
  isError: boolean;
  durationS: number;
  text: string;
  sources: Source[];
  /** Whether the provider ran the tool itself. */
  hosted: boolean;
  /** The JSON value that the tool returned, of which the model gets `text`; left out where it returned text, parts or null. */
  value?: unknown;
  /** Whether a person refused the call, or nobody answered its approval request in time. */
  refused: boolean;
};
/** A document that the answer rests on: it cites the document, or the document was retrieved for the prompt. */
export type SourceFound = { type: "source_found"; source: Source };
/** A file that the model made: a picture, a sound or another file of its answer. */
export type FileCreated = { type: "file_created"; part: ImagePart | AudioPart | FilePart };
/**
 * The model begins to answer. A step that is repeated, because its first attempt was cut off, starts again with the same number: the events that
 * it had before no longer hold.
 */
export type StepStarted = { type: "step_started"; step: number };
/** One model call ended. `message`: its answer, with signatures and other parts that providers want echoed. */
export type StepDone = {
  type: "step_done";
  step: number;
  usage: Usage;
  finishReason: FinishReason;
  requestId: string | null;
  message: Message | null;
};
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
 * A request was sent with an option left out or changed, because the model does not take it. `learned`: the model had refused it; the
 * refusal is remembered.
 */
export type RequestAdjusted = { type: "request_adjusted"; message: string; learned: boolean };
/** A typed answer grew. `output`: the whole of it so far; strings and lists may still grow, and fields may be missing. */
export type OutputDelta = { type: "output_delta"; output: unknown };
/** Another model of a chain answers. `error`: why the model before it could not. */
export type ModelChanged = { type: "model_changed"; model: string; previous: string; error: string; code: string; status: number | null };
/**
 * A request to approve a call of `tool`. uncertain: the call had begun before the run was cut off, so that it may have taken effect
 * already.
 */
export type ApprovalRequest = {
  id: string;
  tool: string;
  arguments: Record<string, unknown>;
  uncertain: boolean;
  /** Seconds since 1970, after which the call counts as refused. */
  expiresAt: number | null;
  /** The agent whose tool it is, where an agent that serves as a tool made the request. */
  agent?: string;
};
/** A tool call waits for an answer: of `approve` where that is given, else the run pauses with it. */
export type ApprovalNeeded = { type: "approval_needed"; request: ApprovalRequest };
/** Output of a tool while it runs: printed text, or (as "display") a table or a picture that it shows. */
export type ToolProgress = {
  type: "tool_progress";
  callId: string;
  name: string;
  stream: "stdout" | "stderr" | "progress" | "display";
  text: string;
  part: Part | null;
  /** A report that is not text alone, as plain JSON. */
  value: unknown;
};
/** A message was sent to the run while it was under way, and waits for its place: the next step, or after the answer. */
export type MessageQueued = { type: "message_queued"; id: string; message: Message; when: "next_step" | "after" };
/** A message that waited is now part of the run; the next model call has it. */
export type MessageDelivered = { type: "message_delivered"; id: string; message: Message; when: "next_step" | "after" };
/** An event of the run of an agent that serves as a tool with `events: true`. */
export type NestedEvent = { type: "nested_event"; callId: string; agent: string; event: AgentEvent };
/** Another agent goes on with the conversation from here. */
export type HandedOver = { type: "handed_over"; agent: string };
/** The first event of a durable run, also when it is resumed. messages: history and prompt. */
export type RunStarted = { type: "run_started"; runId: string; messages: Message[] };
/** The earlier events of a resumed durable run end here; the events after it are new. */
export type ReplayDone = { type: "replay_done" };
export type RunDone<Output = unknown> = { type: "run_done"; reply: Reply<Output> };
export type AgentEvent<Output = unknown> =
  | TextDelta
  | ReasoningDelta
  | ToolCallDelta
  | ToolCallDone
  | ToolResult
  | StepStarted
  | SourceFound
  | FileCreated
  | StepDone
  | RetryScheduled
  | RequestAdjusted
  | ModelChanged
  | OutputDelta
  | RunStarted
  | ReplayDone
  | ApprovalNeeded
  | ToolProgress
  | NestedEvent
  | HandedOver
  | MessageQueued
  | MessageDelivered
  | RunDone<Output>;

export type Completion = {
  message: Message;
  usage: Usage;
  finishReason: FinishReason;
  rawFinishReason: string | null;
  requestId: string | null;
  model: string | null;
  raw: unknown;
  /** Why the model refused, where the provider says so: {type, category, explanation}. */
  stopDetails?: Record<string, unknown>;
  /** Options that the model did not get, with reasons. */
  warnings?: string[];
};
/**
 * A document that an answer rests on. `source`: the file it is from; `span`: its place in the file where the store knows it, [start, end)
 * as `slice` counts, also as `span.start` and `span.end`.
 */
export type Source = {
  id: string;
  score: number;
  source?: string;
  span?: [start: number, end: number] & { readonly start: number; readonly end: number };
  document: { id: string; text: string; metadata?: Record<string, unknown> };
};
/** One model call and the tools that it called. `sources`: the documents put before it, and the documents that its tools found. */
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
  /** Options that a model did not get, with reasons, each once. */
  warnings: string[];
  /** Tool calls that wait for approval: the run is paused, and `resume` goes on with it. */
  pending?: ApprovalRequest[];
  /** The run, where it is paused: give it to `resume`. */
  run?: PausedRun;
  /** The id of a durable run. */
  runId?: string;
};
/**
 * A durable run on record. "running": under way, here or in another tab where `owned`, else cut off. "paused": waits for approval. "failed"
 * and "stopped": can be resumed. "done": gives its reply again.
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
  /** The conversation that the run belongs to. */
  conversation: string | null;
};
/** A paused run as plain JSON, to be kept and given to `resume`. */
export type PausedRun = { version: number; [field: string]: unknown };
/**
 * An answer to an approval request. `arguments`: take the place of the model's. `result`: takes the place of the call, which is not made.
 */
export type ApprovalAnswer = boolean | { approve: true; arguments?: Record<string, unknown> } | { refuse: string } | { result: unknown };
export type ToolApproval = boolean | ((args: any) => boolean | Promise<boolean>);

export type JsonSchema = { [keyword: string]: unknown };
/** The interface of Zod, Valibot, ArkType and others: https://standardschema.dev */
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
/** The type that a schema's library reads a value as. A JSON Schema has no type in TypeScript. */
export type Infer<S, Otherwise = unknown> = S extends StandardSchema<any, infer Output> ? Output : Otherwise;
/** The type of a reply's `output`: text where no schema was given. */
export type OutputOf<S> = [S] extends [null | undefined] ? string : Infer<S>;

/** The context of a tool call. `runId` and `callId` together name the call for ever: an idempotency key for services that take one. */
export type ToolContext = { signal: AbortSignal; runId?: string; callId?: string };
declare const DELEGATE: unique symbol;
/** An agent as a tool, as `agent.asTool()` and `handoff(agent)` return it. */
export type Delegate = { readonly name: string; readonly [DELEGATE]: true };
export type ToolDefinition = { name: string; description?: string; parameters?: Schema; strict?: boolean };
/** A tool in rig's shape; its methods keep their `this`. */
export type RigTool = {
  name: () => string;
  definition: (prompt: string) => ToolDefinition | Promise<ToolDefinition>;
  call: (args: any, context: ToolContext) => unknown;
  needsApproval?: ToolApproval;
};
/** A tool. `tool()` gives the arguments of `execute` the type of their schema. */
export type PlainTool<Args = any> = {
  /** The name that the model calls. */
  name: string;
  /** What the tool does, for the model. */
  description?: string;
  /** Schema of the arguments: JSON Schema, or a Standard Schema such as zod's. */
  parameters?: JsonSchema | StandardSchema<any, Args>;
  /** Whether the provider holds the model to the schema, where it can. */
  strict?: boolean;
  /** Milliseconds of a call; then the model reads that the tool did not answer. */
  timeoutMs?: number;
  /** Whether a call needs approval: always, never, or by its arguments. */
  needsApproval?: ToolApproval;
  /** Whether a second call has no further effect: a call that was cut off is then made again without approval. */
  idempotent?: boolean;
  /** What it is to a provider whose models know such tools; customTool() and the like say it. */
  native?: NativeTool;
  /** Carries out a call. What it returns is the result, what it throws goes back to the model; the values of a generator are progress. */
  execute: (args: Args, context: ToolContext) => unknown;
};
export type NativeTool = {
  kind: "custom" | "bash" | "apply_patch" | "computer" | "browser" | "text_editor" | "memory";
  options?: Record<string, unknown>;
};
export type Tool = RigTool | PlainTool | Delegate | HostedTool;
/** local: a tool that takes the place of the hosted tool where the provider has none. extra: fields in the provider's own terms. */
export type HostedOptions = { local?: Tool; extra?: Record<string, unknown> };
/** A tool that the provider runs itself, as webSearch() and its like create it. */
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

/** A hit, `[score, id, document]` in most stores; hits are ordered best first. */
export type SearchHit =
  | [number, string | number, unknown]
  | readonly unknown[]
  | { score: number; id: string | number; document?: unknown };
export type SearchRequest = {
  query: string;
  samples: number;
  /** The least score. */
  threshold?: number;
  /** A filter in the store's own terms. */
  filter?: Record<string, unknown>;
  /** Search by meaning, by words, or both, where the store can. */
  mode?: "vector" | "keyword" | "hybrid";
  /** From 0 to 1: how different from each other the hits should be, where the store can. */
  diversity?: number;
};
/**
 * Reorders hits, of which the first are then taken: a function of the query and more hits than are wanted, or a `Reranker`, whose scores
 * the hits then have.
 */
export type Rerank<Query = any> =
  | ((query: Query, hits: [score: number, id: string, document: any][]) => Iterable<SearchHit> | Promise<Iterable<SearchHit>>)
  | { rerank: (query: string, texts: string[], options?: { topN?: number }) => Promise<readonly { index: number; score: number }[]> };
export type RankedDocument = { index: number; score: number; document: string };
export type VectorDocument = { id?: string; text: string; vec?: number[]; [field: string]: unknown };
export type SearchIndex =
  | { topN: (request: SearchRequest) => readonly SearchHit[] | Promise<readonly SearchHit[]> }
  | { search: (query: string, n: number) => readonly SearchHit[] | Promise<readonly SearchHit[]> };
/** A file to read: its address, or its content. */
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
/** A passage of a text. start, end: its place in the text. */
export type Passage = { text: string; start: number; end: number; metadata?: Record<string, unknown> };
/** A splitter by name, a splitter of code by the code's language, or a function. */
export type Splitter =
  | "text"
  | "tokens"
  | "sentences"
  | "markdown"
  | "html"
  | { code: string }
  | ((text: string) => readonly Passage[] | Promise<readonly Passage[]>);
export type SplitOptions = {
  /** The splitter; "text" by default. */
  by?: Splitter | null;
  /** Most characters of a passage, or tokens for "tokens". */
  size?: number | null;
  /** Characters or tokens that a passage may share with the passage before. */
  overlap?: number | null;
};
export type IngestOptions = {
  /** The splitter; by default it follows from each file's type. */
  splitter?: Splitter | null;
  /** Most characters of a passage; 1000 by default. */
  size?: number | null;
  /** Characters that a passage may share with the passage before; 150 by default. */
  overlap?: number | null;
  /** Metadata of every passage. */
  metadata?: Record<string, unknown> | null;
  /** Encoding of text that does not state its own. */
  encoding?: string | null;
  /** Password of a PDF. */
  password?: string | null;
  /** Most bytes of a file, also after unpacking. */
  maxBytes?: number | null;
  /** Whether to read unchanged files too. */
  force?: boolean | null;
  signal?: AbortSignal | null;
};
export type LoadOptions = {
  /** Name under which the file is cited; by default the file's own. */
  name?: string | null;
  /** Media type, where neither name nor content show it. */
  mediaType?: string | null;
  /** Encoding of text that does not state its own. */
  encoding?: string | null;
  /** Password of a PDF. */
  password?: string | null;
  /** Most bytes of the file, also after unpacking. */
  maxBytes?: number | null;
  signal?: AbortSignal | null;
};
/** metadata: `source`, and what applies of `page`, `pages`, `chapter`, `row`, `line`, `pointer`, `title`, `author`, `language`, `encoding`. */
/** `notes`: what was left out or guessed since the document before, with counts: "pictures left out: 3". */
export type LoadedDocument = { id: string; text: string; metadata: Record<string, unknown>; notes: string[] };
/** The output of a store's `export`, wherever it is. */
export type StoreArchive = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | Response;
export type FileStarted = { type: "file_started"; file: string; index: number; total: number | null; sizeBytes: number | null };
/** Embedded passages out of `total`. While the file is read, total is 0 and done counts pages, chapters or rows. */
export type FileProgress = { type: "file_progress"; file: string; done: number; total: number };
/** `replaced`: passages of an older version that were replaced. `notes`: parts of the file that were left out, with counts, or guessed. */
export type FileDone = { type: "file_done"; file: string; chunks: number; replaced: number; seconds: number; notes: string[] };
export type FileSkipped = { type: "file_skipped"; file: string; reason: "unchanged" | "empty"; notes?: string[] };
export type FileFailed = { type: "file_failed"; file: string; error: string; code: string };
export type IngestEvent = FileStarted | FileProgress | FileDone | FileSkipped | FileFailed;
/** A filter as Python's `where` takes it: {year: {gte: 2020}}, {kind: "note"}, {and: [...]} and their like. */
export type Where = Record<string, unknown>;
/**
 * An embedding model or a function from texts to vectors. name: identifies the model, so that a store knows again which model filled it.
 */
export type Embedder =
  | { name?: string; embedTexts: (texts: string[]) => Promise<{ vec: number[] | Float32Array }[]> }
  | ((texts: string[]) => Float32Array | (number[] | Float32Array)[] | Promise<Float32Array | (number[] | Float32Array)[]>);
export type StoreOptions = {
  /** Dimensions of the vectors; by default those of the first vector. */
  dim?: number | null;
  metric?: "cosine" | "dot" | "euclidean" | null;
  quantization?: "auto" | "none" | "int8" | "1bit" | null;
  /** An embedding model, or a function from texts to vectors, side by side or one by one. */
  embedder?: Embedder | null;
  /** What a write survives on return: "relaxed" the end of the page or process, "strict" also a power cut. */
  durability?: "relaxed" | "strict" | null;
  /** f16: half the disk and memory, with numbers rounded to 11 bits. An existing store keeps its own. */
  dtype?: "f32" | "f16" | null;
  /** Most bytes of vectors in memory; 512 MB by default. */
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
/** vector: where it was requested; of unit length for cosine. */
export type FoundDocument = { id: string; document: any; metadata: Record<string, unknown>; vector?: Float32Array };
/** A store's vectors in the plane in which they differ most. `points`: in the order of `ids`. `place`: maps any other vector. */
export type StoreProjection = {
  ids: string[];
  points: [x: number, y: number][];
  place: (vector: ArrayLike<number>) => [x: number, y: number];
  /** Share of the variance that each axis shows, from 0 to 1. */
  share: [number, number];
  /** Number of documents in the store. */
  total: number;
};
export type StoreSearchOptions = {
  where?: Where | null;
  /** The least score. */
  threshold?: number | null;
  mode?: "vector" | "keyword" | "hybrid" | null;
  quantization?: StoreOptions["quantization"];
  /** From 0 to 1: how different from each other the hits should be. */
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

/** The run that a hook belongs to. `parentId`: the run whose tool started this run. */
export type RunContext = {
  id: string;
  agent: string | null;
  model: string;
  parentId: string | null;
  /** Number of the model call that is under way or comes next, from 1. */
  step: number;
  usage: Usage;
  requests: number;
  toolCalls: number;
  elapsedS: number;
};
/** The request of a model call, as a hook sees it. */
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
/** How much a model reasons: a level, replaced by the nearest level that the model has, or a number of tokens. */
export type Reasoning = "none" | "minimal" | "low" | "medium" | "high" | "max" | { budgetTokens: number };
type Maybe<T> = T | void | null | Promise<T | void | null>;
type Stop = { stop: string };
type AskAgain = { askAgain: string };
/** Any value that a hook may return. */
export type HookDecision =
  | Stop
  | AskAgain
  | { skip: unknown }
  | { request: Partial<ModelRequest> }
  | { completion: Partial<Completion> }
  | { call: { arguments: Record<string, unknown> } }
  | { result: unknown };
/**
 * Functions that are called as the run goes on; each may be async. A hook that returns nothing lets the run go on. `skip` gives a result in
 * place of the call, `askAgain` sends words back to the model, `stop` ends the run with RunStopped; the other fields replace the value that
 * the hook was given. An error that a hook throws ends the run.
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
  /** Called after a model call and all of its tools. */
  onStep?: (context: RunContext, step: Step) => Maybe<Stop>;
  /**
   * Called when a model call failed after every retry: `skip` answers in its place, `askAgain` makes it again. Also called with the error
   * that ends the run.
   */
  onError?: (context: RunContext, error: Error) => Maybe<{ skip: string | Completion } | AskAgain>;
  onDone?: (context: RunContext, reply: Reply) => void | Promise<void>;
};
/** A span of a trace, by OpenTelemetry's conventions for generative AI. Times are milliseconds since 1970. */
export type Span = {
  /** 32 hexadecimal digits, the same for all spans of a run and of the agents that it called. */
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
  /**
   * The receiver of each span as it ends: the console, a collector that speaks OTLP over HTTP, a database of this origin, or a function.
   */
  exporter: "console" | { otlp: string; headers?: Record<string, string> } | { indexedDB: string } | ((span: Span) => void | Promise<void>);
  /** Whether spans hold messages and tools' arguments and results. */
  content?: boolean;
  /** Whether spans hold each request and response as sent, without keys. */
  raw?: boolean;
};
/** The most that one run may use. cost: in US dollars. */
export type UsageLimits = {
  requests?: number;
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
  cost?: number;
  seconds?: number;
  toolCalls?: number;
  /** Prices for `cost` where providers do not state it: by "provider:model", in US dollars for a million tokens. */
  prices?: Record<string, { input: number; output: number; cachedInput?: number }>;
};

/** `messages`: their number. Times are seconds since 1970. */
export type ConversationInfo = {
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  messages: number;
  forkedFrom: string | null;
};
/** `problems`: parts that could not be read, in words. Each exchange among the messages is whole. */
export type StoredConversation = Omit<ConversationInfo, "messages"> & { messages: Message[]; problems: string[] };
/** `at`: the message's place. `role` is "title" where the hit is in the title. */
export type ConversationHit = { id: string; title: string; at: number; role: "title" | "user" | "assistant"; excerpt: string };
export type ConversationExport = { format: "staysail-conversations"; version: number; conversations: Record<string, unknown>[] };

/** Returns a text's number of tokens, or the tokens themselves. */
export type TokenCounter = (text: string) => number | ArrayLike<number> | Promise<number | ArrayLike<number>>;
export type SummaryOptions = {
  /** Tokens of a request, with preamble, documents and tools, above which the oldest messages are summarised. */
  overTokens: number;
  /** Messages that stay as they are; 8 by default. */
  keepLast?: number;
  /** Most tokens of the summary; 800 by default. */
  summaryTokens?: number;
  /** Instructions for the summary, in place of the default. */
  prompt?: string;
  /** Model that summarises, in place of the agent's. */
  model?: string;
  apiKey?: string | (() => string | Promise<string>);
  baseURL?: string;
  count?: TokenCounter;
};
/** Which part of a long history the model gets. Several policies in one object apply in the order in which they are written. */
export type MemoryPolicy =
  | { slidingWindow?: number; tokenWindow?: number | { tokens: number; count?: TokenCounter }; summary?: SummaryOptions }
  | { fit: (messages: Message[], about: { promptAt: number }) => Message[] | Promise<Message[]> };
export type Memory = MemoryPolicy | readonly MemoryPolicy[];

export type RetryOptions = { attempts?: number; baseMs?: number; maxMs?: number; patienceMs?: number };
export type TimeoutOptions = { connectMs?: number | null; silenceMs?: number | null; totalMs?: number | null };
export type ToolChoice = "auto" | "none" | "required" | { name: string };

/** Access to a model. */
export type Access = {
  /** The key, or a function that returns it when it is needed. */
  apiKey?: string | (() => string | Promise<string>) | null;
  /** The base URL of another server that speaks the provider's protocol. */
  baseURL?: string | null;
  /** `baseURL` in another spelling. */
  baseUrl?: string | null;
  /** Headers of every request to the provider. */
  headers?: Record<string, string> | null;
  /**
   * Most bytes of a whole response, or of one event of a stream, which may have 16 times as many in all; 64 MiB by default, 256 MiB for
   * vectors and media.
   */
  maxResponseBytes?: number | null;
  /**
   * Sends every request to the model, in place of the browser's own `fetch`: for headers, a proxy, logs. It is called in the page also where
   * Python runs in a worker. The request's key is in the headers that it gets.
   */
  fetch?: FetchFunction | null;
};
/** `fetch` of the platform, or a function that is called as it is. `body` is bytes. Ending the run aborts `signal`. */
export type FetchFunction = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: Uint8Array<ArrayBuffer>;
    redirect: "follow" | "manual";
    signal: AbortSignal;
  },
) => Promise<Response>;
/**
 * The abilities of a model of your own. Defaults: it streams if it has `stream`, calls tools, and gives typed answers
 * through a tool.
 */
export type ModelTraits = {
  /** Gives answers by a JSON Schema, `request.output`. */
  nativeOutput?: boolean;
  /** Does so also in a call that offers tools. */
  outputWithTools?: boolean;
  tools?: boolean;
  /** Can be made to call a tool. */
  forcedTools?: boolean;
  forcedWithReasoning?: boolean;
  streaming?: boolean;
  /** Whether it takes a temperature. */
  sampling?: "always" | "without_reasoning" | "never";
  reasoning?: { levels?: string[]; byDefault?: boolean; budget?: [least: number, most: number] } | null;
  contextTokens?: number | null;
  maxOutputTokens?: number | null;
  inputs?: ("text" | "image" | "file" | "audio" | "video")[];
};
/**
 * The request to a model of your own: plain JSON, bytes as base64. Documents stand among the messages; `preamble` is the system prompt
 * beside them.
 */
export type OwnModelRequest = Omit<ModelRequest, "documents"> & { headers?: Record<string, string> };
/**
 * A piece of a model's answer. Text and reasoning are joined with the piece of the same type before them; other parts of a message come
 * whole. A call whose arguments came in pieces needs no `tool_call`. An answer without `finish` ended well.
 */
export type ModelPiece =
  | string
  | TextPart
  | ReasoningPart
  | (Omit<ToolCallPart, "id"> & { id?: string })
  | { type: "tool_call_delta"; id?: string; name?: string; argumentsDelta: string }
  | ImagePart
  | AudioPart
  | FilePart
  | RefusalPart
  | OpaquePart
  | ({ type: "usage" } & Partial<Usage>)
  /** An option that the model did not get, with the reason. */
  | { type: "warning"; message: string }
  | ({ type: "finish" } & AnswerEnd);
export type AnswerEnd = {
  finishReason?: FinishReason;
  rawFinishReason?: string | null;
  usage?: Partial<Usage>;
  requestId?: string | null;
  model?: string | null;
  raw?: unknown;
};
/** A whole answer: text, or the parts of its message. */
export type WholeAnswer = AnswerEnd & { text?: string; content?: ModelPiece[]; message?: { content: ModelPiece[] }; warnings?: string[] };
/**
 * A model of your own. An error with a numeric `status` is read as that HTTP status; `retryable: true` has the call made again.
 */
export type OwnModel = {
  name: string;
  traits?: ModelTraits | null;
  stream?: (
    request: OwnModelRequest,
    context: { signal: AbortSignal },
  ) => AsyncIterable<ModelPiece> | ReadableStream<ModelPiece> | Promise<AsyncIterable<ModelPiece> | ReadableStream<ModelPiece>>;
  complete?: (request: OwnModelRequest, context: { signal: AbortSignal }) => string | WholeAnswer | Promise<string | WholeAnswer>;
};
/** A language model of the AI SDK, of any version of its specification from 2 to 4, such as `anthropic("claude-opus-5-5")`. */
export interface AiLanguageModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: any): PromiseLike<any>;
  doStream(options: any): PromiseLike<any>;
}
/** A model as an object, in place of its name. */
export type ModelObject = OwnModel | AiLanguageModel;
export type Limits = {
  /** Most calls in all, or the delays between them; false: no retry. */
  retry?: number | boolean | RetryOptions | null;
  /** Limit of the whole call, or one limit for each kind of waiting. */
  timeoutMs?: number | TimeoutOptions | null;
  /** Fields of the request in the provider's own terms. */
  additionalParams?: Record<string, unknown> | null;
};
/** Options of a model without an agent. From the package's root its name is "provider:model". */
export type ModelOptions = Access &
  Limits &
  ({ modelName: string; model?: string } | { model: string | ModelObject | ServiceObject; modelName?: string });
/** An embedder of your own, for `new EmbeddingModel({model})`. Returns one vector for each text, in order. */
export type OwnEmbedder = {
  name: string;
  embed: (
    texts: string[],
    options: { signal?: AbortSignal; dimensions?: number },
  ) => ArrayLike<ArrayLike<number>> | PromiseLike<ArrayLike<ArrayLike<number>>>;
};
/** A reranker of your own, for `new Reranker({model})`. Returns scores by the texts' places, in any order. */
export type OwnReranker = {
  name: string;
  rerank: (
    query: string,
    texts: string[],
    options: { topN?: number; signal?: AbortSignal },
  ) => Iterable<{ index: number; score: number }> | PromiseLike<Iterable<{ index: number; score: number }>>;
};
/** A transcriber of your own, for `new TranscriptionModel({model})`. */
export type OwnTranscriber = {
  name: string;
  transcribe: (
    audio: Uint8Array,
    options: { signal?: AbortSignal; mediaType: string; language?: string; prompt?: string; temperature?: number; filename?: string },
  ) => string | Partial<Transcription> | PromiseLike<string | Partial<Transcription>>;
};
/** An embedding, reranking or transcription model of the AI SDK. */
export interface AiServiceModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
}
/** A model as an object for the class that calls it. */
export type ServiceObject = OwnEmbedder | OwnReranker | OwnTranscriber | AiServiceModel;

/** A part of a system prompt: a text, or a function, async or not, that returns one or nothing. */
export type Preamble = string | ((context: RunContext) => string | null | undefined | Promise<string | null | undefined>);
/** Options of an agent that any of its calls may override. */
export type RunOptions<S = Schema | undefined> = Limits & {
  /** The system prompt: a text, a function that writes one before each model call, or a list of both. */
  preamble?: Preamble | readonly Preamble[] | null;
  /** Texts that the model gets with each prompt. */
  context?: string | (string | { id?: string; text: string; metadata?: Record<string, unknown> })[] | null;
  /** Randomness of the answer; models take 0 to 1, or to 2. The provider's own if left out. */
  temperature?: number | null;
  /** Most tokens of one answer of the model. */
  maxTokens?: number | null;
  /** How much the model reasons before it answers, where it can. */
  reasoning?: Reasoning | null;
  /** Tools that the model may call. */
  tools?: readonly Tool[] | null;
  /** Whether the model may call tools: "auto", "none", "required" (at least one), or the one that it has to call. */
  toolChoice?: ToolChoice | null;
  /** Most tools that run at once; 8 by default. */
  toolConcurrency?: number | null;
  /** Milliseconds of a tool call, for tools without a limit of their own; then the model reads that the tool did not answer. */
  toolTimeoutMs?: number | null;
  /** Most model calls; 10 by default. */
  maxTurns?: number | null;
  /** Documents that are searched for each prompt, and given to the model with it. */
  dynamicContext?: DynamicContext | DynamicContext[] | null;
  /** Further tools, of which the model gets those that fit the prompt. */
  dynamicTools?: DynamicTools | DynamicTools[] | null;
  /** Headers of every request to the provider. */
  headers?: Record<string, string> | null;
  /** The schema that the reply's `output` is checked against, and typed by where it is a Standard Schema. */
  outputSchema?: S | null;
  /**
   * Checks the output, as `reply.output` will hold it. What it throws goes back to the model, at most `outputRetries` times; then the
   * call fails with an OutputError.
   */
  outputCheck?: ((output: any, context: RunContext) => unknown) | null;
  /** How often an output that does not fit goes back to the model; 2 by default. */
  outputRetries?: number | null;
  /** Hooks. A call's hooks run after the agent's. */
  hooks?: Hooks | readonly Hooks[] | null;
  /** Which part of a long history the model gets; the history itself stays whole. */
  memory?: Memory | null;
  /** Id of a conversation in `conversations`: its history is loaded, and each run is appended to it. */
  conversation?: string | null;
  /** The store of conversations; by default IndexedDB in a page, memory elsewhere. */
  conversations?: import("./agent/conversations.js").Conversations | null;
  /** Records the run as spans, by OpenTelemetry's conventions. An exporter that fails breaks no run. */
  tracer?: TracerOptions | null;
  /** Limits of the run's use. A run that passes one ends with a UsageLimitError. */
  usageLimits?: UsageLimits | null;
  /** Answers approval requests. Without it, or where it returns nothing, the run pauses. */
  approve?:
    | ((request: ApprovalRequest, context: { signal: AbortSignal }) => ApprovalAnswer | void | null | Promise<ApprovalAnswer | void | null>)
    | null;
  /** Milliseconds after which an approval request counts as refused. */
  approvalTimeoutMs?: number | null;
  /** Whether to record each run step by step, so that it survives a reload: true, or a database's name; ":memory:" does not survive. */
  durable?: boolean | string | null;
};
/** A model of a chain, with its own access. */
export type ModelLink = Access & { model: string };
/** Access to one model, or to several: then the keys by the provider's name. */
export type ChainAccess = Omit<Access, "apiKey"> & {
  /** The key, or a function that returns it when it is needed; for several models, keys by the provider's name. */
  apiKey?: Access["apiKey"] | Record<string, Access["apiKey"]>;
};
export type AgentOptions<S = Schema | undefined> = RunOptions<S> &
  ChainAccess & {
    /**
     * The model's name, from the package's root "provider:model"; a model of your own or of the AI SDK; or several, each of which answers
     * where the one before it cannot.
     */
    model: string | ModelObject | readonly (string | ModelLink | ModelObject)[];
    /** The agent's name, for agents that call it and for traces. */
    name?: string | null;
    /** Keeps the last answers, by the whole request. */
    cache?: { maxEntries: number } | null;
  };
/**
 * A model's name at the package's root, "provider:model". A name without a provider is a type error, which shows the name that was meant;
 * a name that is known only at run time is checked there.
 */
export type ModelName<Name extends string> = string extends Name
  ? Name
  : Name extends `${string}:${string}`
    ? Name
    : Name extends `claude${string}`
      ? `anthropic:${Name}`
      : Name extends `gemini${string}`
        ? `gemini:${Name}`
        : Name extends `gpt${string}`
          ? `openai:${Name}`
          : `provider:${Name}`;
/** The options of an agent from the package's root. */
export type RootAgentOptions<S = Schema | undefined, Name extends string = string> = Omit<AgentOptions<S>, "model"> & {
  /**
   * The model's name, "provider:model"; a model of your own or of the AI SDK; or several, each of which answers where the one before it
   * cannot.
   */
  model: ModelName<Name> | Exclude<AgentOptions["model"], string>;
};
/** The class `Agent` of the package's root: an Agent for the models of every provider. */
export interface RootAgent {
  /** Checks the options at once. Python starts with the first call, or when `configure({ start })` or `boot` start it. */
  new <S extends Schema | undefined = undefined, const Name extends string = string>(
    options: RootAgentOptions<S, Name>,
  ): import("./agent/agent.js").Agent<S>;
  readonly prototype: import("./agent/agent.js").Agent<any>;
  /** The provider, where a subpath fixes it. */
  provider: string | undefined;
}
export type CallOptions<S = Schema | undefined> = RunOptions<S> & {
  /** The messages before the prompt, such as `reply.messages` of the call before. */
  history?: MessageLike | readonly MessageLike[] | null;
  /** Aborts the request itself. */
  signal?: AbortSignal | null;
  /** Sends messages to the run while it is under way. */
  steering?: import("./agent/steering.js").Steering | null;
};

export type ResumeOptions<S = Schema | undefined> = CallOptions<S> & {
  /** Answers by the ids of their requests. */
  approvals?: Record<string, ApprovalAnswer> | null;
};

export type Embedding = { document: string; vec: number[] };
export type CompletionDone = { type: "completion" } & Completion;
export type RequestOptions = {
  /** The conversation, the prompt included. */
  messages?: MessageLike | readonly MessageLike[];
  /** The system prompt. */
  preamble?: string | null;
  /** Texts that the model gets before the conversation. */
  documents?: (string | { id?: string; text: string; metadata?: Record<string, unknown> })[];
  /** Tools that the model may call. Nothing runs them here. */
  tools?: ToolDefinition[];
  /** Whether the model may call tools: "auto", "none", "required" (at least one), or the one that it has to call. */
  toolChoice?: ToolChoice | null;
  /** Randomness of the answer; models take 0 to 1, or to 2. */
  temperature?: number | null;
  /** Most tokens of the answer. */
  maxTokens?: number | null;
  /** How much the model reasons before it answers, where it can. */
  reasoning?: Reasoning | null;
  /** The schema that the answer is to fit. */
  outputSchema?: Schema | null;
  /** Fields of the request in the provider's own terms. */
  additionalParams?: Record<string, unknown> | null;
};
/** A model of a provider. Limits are in tokens, prices in US dollars for a million tokens; null, empty or "" where they are not known. */
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
  /** The date on which the provider ends the model. */
  retires: string;
  /** The provider's own description. */
  raw: unknown;
};
/** What the package's catalog has of a model: limits in tokens, US dollars for a million tokens; null where unknown. */
export type KnownModel = {
  contextTokens: number | null;
  maxOutputTokens: number | null;
  inputUsd: number | null;
  outputUsd: number | null;
  cachedInputUsd: number | null;
  inputs: string[];
  abilities: string[];
  /** The date on which the provider ends the model, or "". */
  retires: string;
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
