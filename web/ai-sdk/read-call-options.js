/**
 * The options of a call of an AI SDK language model as a request of staysail.
 *
 * @import { Message, Part, RequestOptions } from "../types.js"
 * @import { AiAnswerPart, AiCallOptions, AiFilePart, AiMessage, AiTextPart, AiToolResultOutput, AiToolResultPromptPart, AiWarning, FileData, ProviderMetadata } from "./types.js"
 */

import { toBase64 } from "../bridge/base64.js";

/** Options that staysail's models have no common form for. */
const NOT_TAKEN = /** @type {const} */ (["stopSequences", "topP", "topK", "presencePenalty", "frequencyPenalty", "seed"]);

/**
 * @param {AiCallOptions} options
 * @returns {{request: RequestOptions, warnings: AiWarning[]}}
 */
export function readCallOptions(options) {
  const { prompt, maxOutputTokens, temperature, tools = [], toolChoice, responseFormat, reasoning, providerOptions } = options;
  /** @type {AiWarning[]} */
  const warnings = NOT_TAKEN.filter((name) => options[name] !== undefined).map((feature) => ({
    type: "unsupported",
    feature,
    details: "give it as providerOptions.staysail, in the provider's own terms",
  }));
  /** @type {RequestOptions} */
  const request = { messages: prompt.map(readMessage) };
  if (maxOutputTokens !== undefined) request.maxTokens = maxOutputTokens;
  if (temperature !== undefined) request.temperature = temperature;
  if (reasoning && reasoning !== "provider-default") request.reasoning = reasoning === "xhigh" ? "max" : reasoning;
  for (const tool of tools) {
    if (tool.type === "provider") warnings.push({ type: "unsupported", feature: `the provider's tool ${tool.id}` });
    else {
      const { name, description, inputSchema: parameters, strict } = tool;
      request.tools = [...(request.tools ?? []), { name, description, parameters, ...(strict === undefined ? {} : { strict }) }];
    }
  }
  if (toolChoice && request.tools) request.toolChoice = toolChoice.type === "tool" ? { name: toolChoice.toolName } : toolChoice.type;
  if (responseFormat?.type === "json" && responseFormat.schema) request.outputSchema = responseFormat.schema;
  else if (responseFormat?.type === "json")
    warnings.push({ type: "unsupported", feature: "responseFormat", details: "JSON needs a schema" });
  if (providerOptions?.staysail) request.additionalParams = providerOptions.staysail;
  return { request, warnings };
}

/**
 * @param {AiMessage} message
 * @returns {Message}
 */
function readMessage({ role, content }) {
  if (role === "system") return { role, content: [{ type: "text", text: content }] };
  const parts = /** @type {(AiAnswerPart | AiToolResultPromptPart)[]} */ (content);
  return { role, content: parts.flatMap(readPart) };
}

/**
 * @param {AiTextPart | AiFilePart | AiAnswerPart | AiToolResultPromptPart} part
 * @returns {Part[]}
 */
function readPart(part) {
  const kept = /** @type {Part[] | undefined} */ (/** @type {ProviderMetadata | undefined} */ (part.providerOptions)?.staysail?.parts);
  if (kept && part.type !== "tool-result") return kept;
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "reasoning":
      return part.text ? [{ type: "reasoning", text: part.text }] : [];
    case "file":
      return [readFile(part)];
    case "tool-call": {
      const { toolCallId: id, toolName: name, input, providerExecuted } = part;
      return providerExecuted ? [] : [{ type: "tool_call", id, name, arguments: /** @type {Record<string, unknown>} */ (input ?? {}) }];
    }
    case "tool-result":
      return [{ type: "tool_result", id: part.toolCallId, name: part.toolName, ...readOutput(part.output) }];
  }
  return []; // approvals, and parts of other providers
}

/**
 * @param {AiToolResultOutput} output
 * @returns {{content: Part[], isError: boolean}}
 */
function readOutput(output) {
  switch (output.type) {
    case "content":
      return {
        isError: false,
        content: output.value.flatMap((part) =>
          part.type === "custom" ? [] : part.type === "text" ? [{ type: "text", text: part.text }] : [readFile(part)],
        ),
      };
    case "execution-denied":
      return { isError: true, content: [{ type: "text", text: output.reason ?? "The user refused this call." }] };
  }
  const text = typeof output.value === "string" ? output.value : JSON.stringify(output.value);
  return { isError: output.type.startsWith("error"), content: [{ type: "text", text }] };
}

/**
 * @param {{data: FileData, mediaType: string, filename?: string}} file
 * @returns {Part}
 */
export function readFile({ data, mediaType, filename }) {
  const kind = mediaType.split("/")[0];
  const type = kind === "image" || kind === "audio" ? kind : "file";
  return { type, mediaType, ...readData(data), ...(filename ? { name: filename } : {}) };
}

/** @param {FileData} data */
function readData(data) {
  if (data.type === "url") return { url: String(data.url) };
  return { data: typeof data.data === "string" ? data.data : toBase64(data.data) };
}
