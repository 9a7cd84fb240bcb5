/**
 * A staysail request as the options of a call of an AI SDK language model.
 *
 * @import { Message, ModelPiece, OwnModelRequest, Part, ToolResultPart } from "../types.js"
 * @import { AiAnswerPart, AiCallOptions, AiFilePart, AiMessage, AiTextPart, AiToolResultOutput, AiToolResultPart, FileData, ProviderMetadata } from "./types.js"
 */

import { fromBase64 } from "../bridge/base64.js";

/** The name under which a part's `extra` holds the metadata that the provider wants echoed. */
export const EXTRA = "ai-sdk";
/** Media types of parts that do not say theirs. */
const USUAL_TYPES = /** @type {Record<string, string>} */ ({ image: "image/png", audio: "audio/wav", file: "application/octet-stream" });

/**
 * @param {OwnModelRequest} request
 * @param {AbortSignal} signal
 * @param {{specificationVersion: string, provider: string}} model
 * @returns {{options: AiCallOptions, warnings: string[]}} warnings: options that the model does not get
 */
export function callOptions(request, signal, { specificationVersion, provider }) {
  const { preamble, tools, toolChoice, temperature, maxTokens, reasoning, output, additionalParams, headers } = request;
  /** @type {string[]} */
  const warnings = [];
  /** @type {AiCallOptions} */
  const options = { prompt: writeMessages(request.messages, preamble, specificationVersion, provider), abortSignal: signal };
  if (maxTokens != null) options.maxOutputTokens = maxTokens;
  if (temperature != null) options.temperature = temperature;
  if (tools?.length) {
    options.tools = tools.map(({ name, description, parameters, strict }) => ({
      type: "function",
      name,
      ...(description ? { description } : {}),
      inputSchema: /** @type {Record<string, unknown>} */ (parameters ?? { type: "object", properties: {} }),
      ...(strict === undefined ? {} : { strict }),
    }));
    if (toolChoice != null) options.toolChoice = writeChoice(toolChoice);
  }
  if (output) options.responseFormat = { type: "json", schema: output.schema, name: output.name };
  if (typeof reasoning === "string" && specificationVersion === "v4") options.reasoning = reasoning;
  else if (reasoning != null)
    warnings.push(`reasoning was left out: ${provider} takes ${typeof reasoning === "string" ? "it in additionalParams" : "a level"}`);
  if (additionalParams && Object.keys(additionalParams).length)
    options.providerOptions = /** @type {ProviderMetadata} */ (additionalParams);
  if (headers) options.headers = headers;
  return { options, warnings };
}

/**
 * @param {NonNullable<OwnModelRequest["toolChoice"]>} choice
 * @returns {NonNullable<AiCallOptions["toolChoice"]>}
 */
function writeChoice(choice) {
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  return { type: "tool", toolName: typeof choice === "string" ? choice : choice.name };
}

/**
 * @param {Message[]} messages
 * @param {string | null} preamble
 * @param {string} version
 * @param {string} provider
 * @returns {AiMessage[]}
 */
function writeMessages(messages, preamble, version, provider) {
  /** @type {AiMessage[]} */
  const out = preamble ? [{ role: "system", content: preamble }] : [];
  for (const { role, content } of messages) {
    if (role === "system") out.push({ role, content: textOf(content) });
    else if (role === "user") out.push({ role, content: content.flatMap((part) => writeUserPart(part, version)) });
    else if (role === "assistant") out.push({ role, content: content.flatMap((part) => writeAnswerPart(part, version, provider)) });
    else out.push({ role, content: content.flatMap((part) => (part.type === "tool_result" ? [writeResult(part, version)] : [])) });
  }
  return out;
}

/** @param {Part[]} parts */
export function textOf(parts) {
  return parts.map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")).join("");
}

/**
 * @param {Part} part
 * @param {string} version
 * @returns {(AiTextPart | AiFilePart)[]}
 */
function writeUserPart(part, version) {
  if (part.type === "text") return [{ type: "text", text: part.text, ...echoed(part) }];
  return isMedia(part) ? [{ type: "file", ...writeMedia(part, version) }] : [];
}

/**
 * @param {Part} part
 * @param {string} version
 * @param {string} provider
 * @returns {AiAnswerPart[]}
 */
function writeAnswerPart(part, version, provider) {
  switch (part.type) {
    case "text":
    case "refusal":
      return [{ type: "text", text: part.text, ...echoed(part) }];
    case "reasoning":
      return [{ type: "reasoning", text: part.text ?? "", ...signed(part, provider) }];
    case "tool_call": {
      const { id: toolCallId, name: toolName, arguments: input } = part;
      return [{ type: "tool-call", toolCallId, toolName, input, ...echoed(part) }];
    }
    case "opaque": {
      const kept = /** @type {{part?: AiAnswerPart} | undefined} */ (part.extra?.[EXTRA]);
      return kept?.part ? [kept.part] : [];
    }
  }
  return isMedia(part) ? [{ type: "file", ...writeMedia(part, version) }] : [];
}

/** @param {Part} part */
function echoed({ extra }) {
  const kept = /** @type {ProviderMetadata | undefined} */ (extra?.[EXTRA]);
  return kept ? { providerOptions: kept } : {};
}

/**
 * Returns the metadata of reasoning. A signature that another way to the same provider read is echoed too.
 * @param {Extract<Part, {type: "reasoning"}>} part
 * @param {string} provider
 */
function signed(part, provider) {
  const known = echoed(part);
  if (known.providerOptions || !provider.startsWith("anthropic")) return known;
  if (part.signature) return { providerOptions: { anthropic: { signature: part.signature } } };
  return part.redacted ? { providerOptions: { anthropic: { redactedData: part.redacted } } } : {};
}

/**
 * @param {ToolResultPart} result
 * @param {string} version
 */
function writeResult({ id: toolCallId, name: toolName, content, isError }, version) {
  return { type: /** @type {const} */ ("tool-result"), toolCallId, toolName, output: writeOutput(content, isError ?? false, version) };
}

/**
 * @param {Part[]} content
 * @param {boolean} isError
 * @param {string} version
 * @returns {AiToolResultOutput}
 */
function writeOutput(content, isError, version) {
  if (isError || !content.some(isMedia)) return { type: isError ? "error-text" : "text", value: textOf(content) };
  /** @type {AiToolResultPart[]} */
  const value = content.flatMap((part) => {
    if (part.type === "text") return [{ type: "text", text: part.text }];
    if (!isMedia(part)) return [];
    const { data, mediaType, filename } = writeMedia(part, "v4");
    if (version === "v4") return [{ type: "file", data, mediaType, filename }];
    const old = data.type === "url" ? { type: "file-url", url: String(data.url) } : { type: "file-data", data: part.data, mediaType };
    return [/** @type {any} */ (version === "v2" ? { type: "media", data: part.data, mediaType } : old)];
  });
  return { type: "content", value };
}

/** @typedef {Extract<Part, {type: "image" | "audio" | "file"}>} MediaPart */

/**
 * @param {Part | ModelPiece} part
 * @returns {part is MediaPart}
 */
export function isMedia(part) {
  return typeof part === "object" && ["image", "audio", "file"].includes(part.type);
}

/**
 * Writes a picture, a sound or a file. Versions before 4 have bytes and addresses without a type around them.
 * @param {MediaPart} part
 * @param {string} version
 * @returns {{data: FileData, mediaType: string, filename?: string}}
 */
export function writeMedia({ type, data, url, mediaType, name }, version) {
  const bytes = typeof data === "string" ? fromBase64(data) : data;
  /** @type {FileData} */
  const source = bytes ? { type: "data", data: bytes } : { type: "url", url: new URL(/** @type {string} */ (url)) };
  const old = /** @type {any} */ (source.type === "data" ? source.data : source.url);
  return {
    data: version === "v4" ? source : old,
    mediaType: mediaType ?? USUAL_TYPES[type],
    ...(name ? { filename: name } : {}),
  };
}
