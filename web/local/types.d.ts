/** Shapes that cross the local engine's boundary: JSON-plain, but for a model given as a Blob. */

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
  | { type: "tool_call"; id: string; name: string; arguments: unknown }
  | { type: "usage"; input_tokens: number; output_tokens: number; cached_input_tokens: number }
  | { type: "finish"; finish_reason: FinishReason };

/** `stage` is what is going on; bytes are of that stage, and `totalBytes` is 0 while unknown. */
export type Progress = {
  stage: "model" | "embedder" | "starting" | "ready";
  loadedBytes: number;
  totalBytes: number;
};

export type EngineOptions = {
  /** Folder that holds weights and runtimes. */
  localURL?: string | URL;
  /** A GGUF in place of the default model. */
  model?: string | Blob;
  /** Context window in tokens, at most what the model was trained for. */
  contextTokens?: number;
  /** Threads of the language model where the page is cross-origin isolated. */
  threads?: number;
};
export type LoadOptions = {
  model?: string | Blob;
  language?: boolean;
  embedder?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
};

/** What a language model's most likely next tokens look like; `bytes` is UTF-8, perhaps half a character. */
export type Candidate = { token: number; p: number; bytes: Uint8Array; end: boolean };

/** A language model as guided decoding sees it: a text that grows and can be cut back. */
export interface TokenSource {
  /** Append text the model does not choose. */
  force(text: string): Promise<void>;
  /** At least `count` most likely next tokens (all where the vocabulary is smaller), best first. */
  candidates(count: number): Promise<Candidate[]>;
  /** Append one of the candidates. */
  take(candidate: Candidate): Promise<void>;
  /** How far the text has grown; give it to `rewind` to come back here. */
  mark(): number;
  rewind(mark: number): Promise<void>;
}

/** The models that a worker loads. language, embedder: whether it loads that one. model: an address or a file; the default model without. */
export type HostOptions = {
  localURL: string;
  model?: string | Blob;
  language: boolean;
  embedder: boolean;
  contextTokens: number;
  threads: number;
};
