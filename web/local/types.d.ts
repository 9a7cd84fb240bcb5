/** Types of the local engine's interface: plain JSON, but for a model that is a Blob. */

export type TextPart = { type: "text"; text: string };
export type ToolCallPart = { type: "tool_call"; id: string; name: string; arguments: unknown };
export type ToolResultPart = {
  type: "tool_result";
  id: string;
  name?: string;
  content: TextPart[];
  is_error?: boolean;
};
/** A picture or a sound as base64 text, which the browser's own model takes. */
export type MediaPart = { type: "image" | "audio"; data: string; media_type?: string };
export type Part = TextPart | ToolCallPart | ToolResultPart | MediaPart;
export type Message = { role: "system" | "user" | "assistant" | "tool"; content: Part[] };

/** A JSON Schema, draft 2020-12; `true` allows anything. */
export type Schema = boolean | { [keyword: string]: any };
export type ToolDefinition = { name: string; description?: string; parameters?: Schema };
export type ToolChoice = "auto" | "none" | "required" | { name: string };

export type CompletionRequest = {
  messages: Message[];
  tools?: ToolDefinition[];
  tool_choice?: ToolChoice;
  output_schema?: Schema;
  temperature?: number;
  max_tokens?: number;
  model?: string;
};

export type FinishReason = "stop" | "length" | "tool_calls";
export type CompletionEvent =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  /** A piece of a call's arguments as JSON text, before its `tool_call`. */
  | { type: "tool_call_delta"; id: string; name: string; arguments_delta: string }
  | { type: "tool_call"; id: string; name: string; arguments: unknown }
  | { type: "usage"; input_tokens: number; output_tokens: number; cached_input_tokens: number }
  | { type: "finish"; finish_reason: FinishReason };

/** `stage` is what is going on; bytes are of that stage, and `totalBytes` is 0 while unknown. */
export type Progress = {
  stage: "model" | "embedder" | "starting" | "ready";
  loadedBytes: number;
  totalBytes: number;
};

/** A file of a model. address: absolute, on the hub ("hf:owner/repo/file.gguf"), or relative to the folder of staysail's own model. */
export type ModelFile = { address: string; sizeBytes?: number; sha256?: string };

/** A language model that is known by its name. What is not known of it is left out. */
export type LocalModel = {
  /** The name in "local:<name>". */
  name: string;
  title: string;
  licence: string;
  /** BCP 47; "mul" for very many. */
  languages?: string[];
  /** Its abilities here. tools: it calls them, guided or by itself. schema: answers under a JSON Schema. */
  abilities: ("tools" | "schema" | "reasoning")[];
  /** The context that it was trained for. */
  contextTokens?: number;
  /** The way in which it runs; "guided" by default. A file that is not in the catalogue runs native if its chat template takes tools. */
  runtime?: LocalRuntime;
  /** Memory of the tab with 4,096 tokens of context, measured in Chromium. It is always more than the files. */
  memoryBytes?: number;
  /** The device that it is recommended for. */
  needs: { threads: number; memoryGB: number };
  /** Whether it was run and tested. */
  isTried: boolean;
  /** A sentence for people about what to expect of it. */
  note: string;
  files: (ModelFile & { sizeBytes: number })[];
};

/** An embedder that is known by its name, or one of a caller's own. What is not known of it is left out. */
export type LocalEmbedder = {
  /** The name in `localEngine({ embedder })`. */
  name: string;
  title: string;
  /** transformer: computes each text (ONNX). static: the mean of its tokens' rows in a table (safetensors), much faster and less exact. */
  kind: "transformer" | "static";
  licence: string;
  /** BCP 47; "mul" for very many. */
  languages: string[];
  dimensions: number;
  /** Longer texts are cut. */
  maxTokens: number;
  /** Goes before each text, as the model was trained. */
  prefix?: string;
  isTried: boolean;
  note: string;
  /** tokenizer: `tokenizer.json`, or BERT's `vocab.txt`. */
  files: { weights: ModelFile; tokenizer: ModelFile };
};

/** An embedder that is open. run: from token ids to vectors of unit length. batchCells: most rows times columns of one `run`. */
export type OpenEmbedder = {
  dimensions: number;
  threads: number;
  batchCells: number;
  encode: (text: string) => number[];
  run: (batch: number[][]) => Promise<Float32Array[]>;
};

/** A model in the browser's storage. name: of the catalogue, else its address; "embedder" for the one that comes with staysail. */
export type StoredModel = { name: string; sizeBytes: number; storedBytes: number; isComplete: boolean };

/** A browser's facts about its device. */
export type Device = { threads: number; memoryGB: number; hasWebGPU: boolean };

/**
 * guided: wllama 2; the embedder chooses the tool and the model fills in its arguments. For small models.
 * native: wllama 3; the model's own chat template, tool calls and reasoning. For models whose template takes tools.
 */
export type LocalRuntime = "guided" | "native";

/** A model as a caller gives it: a name, an address, a GGUF file, or the files of a model in several parts. */
export type ModelGiven = string | Blob | Blob[];

export type EngineOptions = {
  /** Folder that holds weights and runtimes. */
  localURL?: string | URL;
  /** A model in place of the default one. */
  model?: ModelGiven;
  /** Address of the hub behind "hf:owner/repo/file.gguf"; that of a mirror, where the hub cannot be reached. */
  hubURL?: string | URL;
  /** Context window in tokens, at most what the model was trained for. */
  contextTokens?: number;
  /** Threads of the language model and of the embedder where the page is cross-origin isolated. */
  threads?: number;
  /** What `embed` uses: a name of `localEmbedders`, or a description with files of one's own. Tools are always chosen by the built-in one. */
  embedder?: string | LocalEmbedder;
  /** Whether models that run native may compute on WebGPU, where the adapter has 16-bit floats in shaders; true by default. */
  webGPU?: boolean;
  /** How language models run, in place of what the catalogue or their chat template says. */
  runtime?: LocalRuntime;
};
export type LoadOptions = {
  model?: ModelGiven;
  language?: boolean;
  embedder?: boolean;
  tools?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
};

/** What a language model's most likely next tokens look like; `bytes` is UTF-8, perhaps half a character. */
export type Candidate = { token: number; p: number; bytes: Uint8Array; end: boolean };

/** A language model as guided decoding sees it: a text that grows and can be cut back. */
export interface TokenSource {
  /** Appends text that the model does not choose. */
  force(text: string): Promise<void>;
  /** Returns at least the `count` most likely next tokens (all where the vocabulary is smaller), best first. */
  candidates(count: number): Promise<Candidate[]>;
  /** Appends one of the candidates. */
  take(candidate: Candidate): Promise<void>;
  /** Returns the length of the text in tokens, for `rewind`. */
  mark(): number;
  rewind(mark: number): Promise<void>;
}

/** The models that a worker loads. language, embedder: whether it loads that one. tools: what chooses tools, where the model needs it. model: a name in its one form, or files in order. */
export type HostOptions = {
  localURL: string;
  hubURL: string;
  model?: string | Blob[];
  language: boolean;
  embedder: boolean;
  tools?: boolean;
  webGPU: boolean;
  /** The embedder of `embed`. */
  using: LocalEmbedder;
  contextTokens: number;
  threads: number;
  runtime?: LocalRuntime;
};
