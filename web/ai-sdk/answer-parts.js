/**
 * The events of a staysail model as streamed parts of the AI SDK.
 *
 * How it works. Deltas are passed on as they come. What providers want echoed (signatures, ids of items) is known when the answer is whole:
 * then each block of text and reasoning ends with its parts as `providerMetadata.staysail.parts`, and the tool calls follow. A prompt that
 * has such metadata is read back as those parts (read-call-options.js), so that nothing is lost on the way through the AI SDK.
 *
 * @import { AgentEvent, Completion, CompletionDone, FinishReason, Part, Usage } from "../types.js"
 * @import { AiFinishReason, AiSource, AiStreamPart, AiUsage, ProviderMetadata } from "./types.js"
 */

import { fromBase64 } from "../bridge/base64.js";

/** @type {Partial<Record<FinishReason, AiFinishReason["unified"]>>} */
const REASONS = { stop: "stop", length: "length", content_filter: "content-filter", tool_calls: "tool-calls", error: "error" };

/** Reads the events of one answer. */
export class AnswerParts {
  /** Blocks of text and reasoning, in order. @type {{id: string, kind: "text" | "reasoning"}[]} */
  #blocks = [];
  #inText = false;
  /** Calls whose input was streamed. @type {Map<string, {ended: boolean, hosted: boolean}>} */
  #calls = new Map();

  /**
   * @param {AgentEvent | CompletionDone} event
   * @returns {Iterable<AiStreamPart>}
   */
  *read(event) {
    switch (event.type) {
      case "text_delta":
        return yield* this.#delta("text", event.text);
      case "reasoning_delta":
        return yield* this.#delta("reasoning", event.text);
      case "tool_call_delta": {
        this.#inText = false;
        const { id, name: toolName, argumentsDelta: delta } = event;
        if (!this.#calls.has(id)) yield { type: "tool-input-start", id, toolName };
        this.#calls.set(id, { ended: false, hosted: false });
        if (delta) yield { type: "tool-input-delta", id, delta };
        return;
      }
      case "tool_call_done": {
        this.#inText = false;
        const { id: toolCallId, name: toolName, hosted } = event;
        if (this.#calls.has(toolCallId)) yield { type: "tool-input-end", id: toolCallId };
        if (hosted) yield { type: "tool-call", toolCallId, toolName, input: JSON.stringify(event.arguments), providerExecuted: true };
        return;
      }
      case "tool_result":
        if (event.hosted) {
          const { id: toolCallId, name: toolName, text, isError } = event;
          yield { type: "tool-result", toolCallId, toolName, result: { text }, isError };
        }
        return;
      case "completion":
        return yield* this.#end(event);
    }
  }

  /**
   * @param {"text" | "reasoning"} kind
   * @param {string} delta
   * @returns {Iterable<AiStreamPart>}
   */
  *#delta(kind, delta) {
    if (!this.#inText || this.#blocks.at(-1)?.kind !== kind) {
      this.#blocks.push({ kind, id: String(this.#blocks.length) });
      yield { type: `${kind}-start`, id: /** @type {{id: string}} */ (this.#blocks.at(-1)).id };
    }
    this.#inText = true;
    yield { type: `${kind}-delta`, id: /** @type {{id: string}} */ (this.#blocks.at(-1)).id, delta };
  }

  /**
   * @param {Completion} completion
   * @returns {Iterable<AiStreamPart>}
   */
  *#end(completion) {
    const blocks = [...this.#blocks];
    let further = blocks.length;
    for (const part of contentOf(completion.message.content)) {
      if (part.type !== "text" && part.type !== "reasoning") {
        yield/** @type {AiStreamPart} */ (part);
        continue;
      }
      const { type, providerMetadata } = part;
      if (blocks[0]?.kind === type && part.text) {
        yield { type: `${type}-end`, id: /** @type {{id: string}} */ (blocks.shift()).id, providerMetadata };
        continue;
      }
      const id = String(further++);
      yield { type: `${type}-start`, id };
      if (part.text) yield { type: `${type}-delta`, id, delta: part.text };
      yield { type: `${type}-end`, id, providerMetadata };
    }
    for (const { kind, id } of blocks) yield { type: `${kind}-end`, id };
    yield { type: "response-metadata", id: completion.requestId ?? undefined, modelId: completion.model ?? undefined };
    yield { type: "finish", ...writeFinish(completion) };
  }
}

/**
 * Returns an answer's parts as content of the AI SDK: texts and reasoning that follow one another are one part.
 * @param {Part[]} content
 * @returns {({type: "text" | "reasoning", text: string, providerMetadata?: ProviderMetadata} | Extract<AiStreamPart, {type: "tool-call" | "file" | "source"}>)[]}
 */
export function contentOf(content) {
  /** @type {ReturnType<typeof contentOf>} */
  const out = [];
  /** @type {Part[]} */
  let kept = []; // parts without a form of their own here, which the next part carries
  for (const group of groupsOf(content)) {
    const [part] = group;
    if (part.type === "text" || part.type === "reasoning") {
      const text = group.map((one) => ("text" in one ? (one.text ?? "") : "")).join("");
      out.push({ type: part.type, text, ...noted([...kept, ...group]) });
      out.push(...group.flatMap((one) => (one.type === "text" ? sourcesOf(one.citations ?? []) : [])));
      kept = [];
    } else if (part.type === "tool_call") {
      const { id: toolCallId, name: toolName } = part;
      const input = typeof part.arguments === "string" ? part.arguments : JSON.stringify(part.arguments);
      out.push({ type: "tool-call", toolCallId, toolName, input, ...noted([...kept, part]) });
      kept = [];
    } else if (part.type === "refusal") {
      out.push({ type: "text", text: part.text, ...noted([...kept, part]) });
      kept = [];
    } else if (part.type === "image" || part.type === "audio" || part.type === "file") {
      const bytes = typeof part.data === "string" ? fromBase64(part.data) : part.data;
      if (bytes) out.push({ type: "file", mediaType: part.mediaType ?? "application/octet-stream", data: { type: "data", data: bytes } });
    } else kept.push(part);
  }
  if (kept.length) out.push({ type: "reasoning", text: "", ...noted(kept) });
  return out;
}

/**
 * @param {Part[]} content
 * @returns {Part[][]} texts and reasoning that follow one another together, other parts alone
 */
function groupsOf(content) {
  /** @type {Part[][]} */
  const groups = [];
  for (const part of content) {
    const last = groups.at(-1);
    if (last && last[0].type === part.type && (part.type === "text" || part.type === "reasoning")) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

/** Returns the metadata of parts that are more than their text. @param {Part[]} parts */
function noted(parts) {
  const plain = ["type", "text", "id", "name", "arguments"];
  const isMore = parts.some(
    (part) => part.type === "opaque" || part.type === "refusal" || Object.keys(part).some((name) => !plain.includes(name)),
  );
  return isMore ? { providerMetadata: { staysail: { parts } } } : {};
}

/**
 * @param {Record<string, unknown>[]} citations
 * @returns {AiSource[]}
 */
export function sourcesOf(citations) {
  return citations.flatMap((citation, position) => {
    const fields = /** @type {Record<string, unknown>} */ (citation.url_citation ?? citation);
    const url = [fields.url, fields.uri].find((value) => typeof value === "string");
    const title = [fields.title, fields.document_title, fields.filename].find((value) => typeof value === "string");
    return sourceOf(String(fields.id ?? url ?? `source-${position}`), /** @type {string} */ (url), /** @type {string} */ (title));
  });
}

/**
 * @param {string} id
 * @param {string | undefined} url
 * @param {string | undefined} title
 * @returns {AiSource[]}
 */
function sourceOf(id, url, title) {
  if (url) return [{ type: "source", sourceType: "url", id, url, ...(title ? { title } : {}) }];
  return title ? [{ type: "source", sourceType: "document", id, mediaType: "text/plain", title }] : [];
}

/**
 * @param {Completion} completion
 * @returns {{finishReason: AiFinishReason, usage: AiUsage}}
 */
export function writeFinish({ finishReason, rawFinishReason, usage }) {
  return { finishReason: { unified: REASONS[finishReason] ?? "other", raw: rawFinishReason ?? finishReason }, usage: writeUsage(usage) };
}

/**
 * Writes usage. Providers count cached tokens differently; the total counts everything once.
 * @param {Usage} usage
 * @returns {AiUsage}
 */
export function writeUsage({ totalTokens, outputTokens, cachedInputTokens, cacheCreationInputTokens, reasoningTokens }) {
  const total = Math.max(0, totalTokens - outputTokens);
  return {
    inputTokens: {
      total,
      noCache: Math.max(0, total - cachedInputTokens - cacheCreationInputTokens),
      cacheRead: cachedInputTokens,
      cacheWrite: cacheCreationInputTokens,
    },
    outputTokens: { total: outputTokens, text: Math.max(0, outputTokens - reasoningTokens), reasoning: reasoningTokens },
  };
}
