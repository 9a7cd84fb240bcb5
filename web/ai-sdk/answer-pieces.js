/**
 * The streamed parts of an AI SDK language model as pieces of a staysail answer.
 *
 * How it works. Blocks of text and reasoning come one after another, each with an id. Their deltas are passed on at once; the metadata that
 * the provider wants echoed comes with any part of a block and is passed on at the block's end, as its `extra`. Sources come beside the
 * text, also after its end, so that the end of a text is held back until the next block.
 *
 * @import { AnswerEnd, FinishReason, ModelPiece, Usage } from "../types.js"
 * @import { AiContent, AiGenerateResult, AiSource, AiStreamPart, AiWarning, FileData, ProviderMetadata } from "./types.js"
 */

import { toBase64 } from "../bridge/base64.js";
import { EXTRA } from "./call-options.js";

/** @type {Record<string, FinishReason>} */
const REASONS = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  error: "error",
};

/**
 * @param {AsyncIterable<AiStreamPart> | Iterable<AiStreamPart>} parts
 * @returns {AsyncGenerator<ModelPiece, void>}
 */
export async function* answerPieces(parts) {
  const reader = new PartReader();
  for await (const part of parts) yield* reader.read(part);
  yield* reader.end();
}

/**
 * Returns the parts that a whole answer would have been streamed as.
 * @param {AiGenerateResult} result
 * @returns {AiStreamPart[]}
 */
export function partsOf({ content, finishReason, usage, warnings, response }) {
  /** @type {AiStreamPart[]} */
  const parts = content.flatMap((item, position) => partsOfContent(item, String(position)));
  return [
    { type: "stream-start", warnings: warnings ?? [] },
    { type: "response-metadata", id: response?.id, modelId: response?.modelId },
    ...parts,
    { type: "finish", finishReason, usage },
  ];
}

/**
 * @param {AiContent} item
 * @param {string} id
 * @returns {AiStreamPart[]}
 */
function partsOfContent(item, id) {
  if (item.type !== "text" && item.type !== "reasoning") return [/** @type {AiStreamPart} */ (item)];
  const { type, text: delta, providerMetadata } = item;
  return /** @type {AiStreamPart[]} */ ([
    { type: `${type}-start`, id },
    { type: `${type}-delta`, id, delta },
    { type: `${type}-end`, id, providerMetadata },
  ]);
}

class PartReader {
  /** Metadata of the open block. @type {ProviderMetadata | undefined} */
  #noted;
  /** The end of the last text, which sources may still join. @type {{noted: ProviderMetadata | undefined, sources: AiSource[]} | undefined} */
  #text;
  /** @type {AnswerEnd | undefined} */
  #end;
  /** @type {AnswerEnd} */
  #about = {};

  /**
   * @param {AiStreamPart} part
   * @returns {Iterable<ModelPiece>}
   */
  *read(part) {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
        yield* this.#endText();
        this.#noted = part.providerMetadata;
        return;
      case "text-delta":
        this.#note(part.providerMetadata);
        yield { type: "text", text: part.delta };
        return;
      case "reasoning-delta":
        this.#note(part.providerMetadata);
        yield { type: "reasoning", text: part.delta };
        return;
      case "text-end":
        this.#note(part.providerMetadata);
        this.#text = { noted: this.#noted, sources: [] };
        this.#noted = undefined;
        return;
      case "reasoning-end":
        this.#note(part.providerMetadata);
        yield { type: "reasoning", text: "", ...readSignature(this.#noted), ...extraOf(this.#noted) };
        this.#noted = undefined;
        return;
      case "tool-input-start":
        if (!part.providerExecuted) yield { type: "tool_call_delta", id: part.id, name: part.toolName, argumentsDelta: "" };
        return;
      case "tool-input-delta":
        yield { type: "tool_call_delta", id: part.id, argumentsDelta: part.delta };
        return;
      case "tool-call":
        yield* this.#endText();
        yield readCall(part);
        return;
      case "tool-result":
        yield* this.#endText();
        yield opaque(readHostedResult(part));
        return;
      case "file":
        yield* this.#endText();
        yield readFile(part);
        return;
      case "source":
        this.#text ??= { noted: undefined, sources: [] };
        this.#text.sources.push(part);
        return;
      case "stream-start":
        for (const warning of part.warnings) yield { type: "warning", message: describeWarning(warning) };
        return;
      case "response-metadata":
        if (part.id) this.#about.requestId = part.id;
        if (part.modelId) this.#about.model = part.modelId;
        return;
      case "finish":
        this.#end = readFinish(part);
        return;
      case "error":
        throw part.error;
    }
  }

  /** @returns {Iterable<ModelPiece>} */
  *end() {
    yield* this.#endText();
    if (this.#end) yield { type: "finish", ...this.#about, ...this.#end };
    else yield { type: "finish", finishReason: "error", rawFinishReason: "the stream ended without its end" };
  }

  /** @param {ProviderMetadata | undefined} noted */
  #note(noted) {
    if (!noted) return;
    const known = this.#noted ?? {};
    this.#noted = { ...known, ...Object.fromEntries(Object.entries(noted).map(([name, fields]) => [name, { ...known[name], ...fields }])) };
  }

  /** @returns {Iterable<ModelPiece>} */
  *#endText() {
    const text = this.#text;
    this.#text = undefined;
    if (!text || !(text.noted || text.sources.length)) return;
    const citations = text.sources.map(readSource);
    yield { type: "text", text: "", ...(citations.length ? { citations } : {}), ...extraOf(text.noted) };
  }
}

/** @param {ProviderMetadata | undefined} noted */
function extraOf(noted) {
  return noted && Object.keys(noted).length ? { extra: { [EXTRA]: noted } } : {};
}

/** Returns what Anthropic signs reasoning with, under staysail's own names too. @param {ProviderMetadata | undefined} noted */
function readSignature(noted) {
  const { signature, redactedData: redacted } = noted?.anthropic ?? {};
  return { ...(signature ? { signature } : {}), ...(redacted ? { redacted } : {}) };
}

/**
 * @param {Extract<AiStreamPart, {type: "tool-call"}>} part
 * @returns {ModelPiece}
 */
function readCall({ toolCallId, toolName, input, providerExecuted, providerMetadata }) {
  if (providerExecuted)
    return opaque({
      type: "tool-call",
      toolCallId,
      toolName,
      input: parseInput(input),
      providerExecuted,
      providerOptions: providerMetadata,
    });
  return { type: "tool_call", id: toolCallId, name: toolName, arguments: input.trim() ? input : {}, ...extraOf(providerMetadata) };
}

/** @param {string} input */
function parseInput(input) {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** @param {Extract<AiStreamPart, {type: "tool-result"}>} part */
function readHostedResult({ toolCallId, toolName, result, isError, providerMetadata }) {
  const output = { type: isError ? "error-json" : "json", value: result };
  return { type: "tool-result", toolCallId, toolName, output, providerOptions: providerMetadata };
}

/**
 * Keeps a part of a tool that the provider ran, which is echoed and not read.
 * @param {object} part
 * @returns {ModelPiece}
 */
const opaque = (part) => ({ type: "opaque", extra: { [EXTRA]: { part } } });

/**
 * @param {Extract<AiStreamPart, {type: "file"}>} part
 * @returns {ModelPiece}
 */
function readFile({ mediaType, data, providerMetadata }) {
  const kind = mediaType.split("/")[0];
  const type = kind === "image" || kind === "audio" ? kind : "file";
  return { type, mediaType, ...readData(data), ...extraOf(providerMetadata) };
}

/** @param {FileData | Uint8Array | string | URL} data as version 4 has it, or the versions before */
function readData(data) {
  if (data instanceof URL) return { url: String(data) };
  if (typeof data === "string") return { data };
  if (data instanceof Uint8Array) return { data: toBase64(data) };
  return readBare(data);
}

/**
 * @param {FileData} data
 * @returns {{data?: string, url?: string}}
 */
function readBare(data) {
  if (data.type === "url") return { url: String(data.url) };
  return { data: typeof data.data === "string" ? data.data : toBase64(data.data) };
}

/** @param {AiSource} source */
function readSource(source) {
  const { id, title } = source;
  if (source.sourceType === "url") return { type: "url_citation", id, url: source.url, title };
  return { type: "document", id, title, filename: source.filename, media_type: source.mediaType };
}

/** @param {AiWarning} warning */
export function describeWarning(warning) {
  if ("message" in warning) return warning.message;
  return `${warning.feature} is ${warning.type === "compatibility" ? "imitated" : "not taken"}${warning.details ? `: ${warning.details}` : ""}`;
}

/**
 * Reads the end of an answer, also as versions before 4 spell it.
 * @param {{finishReason: any, usage: any}} part
 * @returns {AnswerEnd}
 */
function readFinish({ finishReason, usage }) {
  const { unified, raw } = typeof finishReason === "string" ? { unified: finishReason, raw: finishReason } : finishReason;
  return { finishReason: REASONS[unified] ?? "other", rawFinishReason: raw ?? unified, usage: readUsage(usage ?? {}) };
}

/**
 * @param {any} usage
 * @returns {Partial<Usage>}
 */
function readUsage({ inputTokens: input, outputTokens: output, totalTokens, reasoningTokens, cachedInputTokens }) {
  const nested = typeof input === "object" && input !== null;
  const inputTokens = (nested ? input.total : input) ?? 0;
  const outputTokens = (typeof output === "object" && output !== null ? output.total : output) ?? 0;
  return {
    inputTokens,
    outputTokens,
    totalTokens: totalTokens ?? inputTokens + outputTokens,
    cachedInputTokens: (nested ? input.cacheRead : cachedInputTokens) ?? 0,
    cacheCreationInputTokens: (nested ? input.cacheWrite : undefined) ?? 0,
    reasoningTokens: (typeof output === "object" && output !== null ? output.reasoning : reasoningTokens) ?? 0,
  };
}
