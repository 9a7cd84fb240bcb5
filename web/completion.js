/**
 * Requests and answers of a model as classes, for programs that prefer classes to plain objects. Both are accepted everywhere.
 *
 * @import { Part, RequestOptions, Role, ToolDefinition as Definition } from "./types.js"
 */

import { checkNames } from "./models/access.js";
import { ConfigError } from "./errors.js";
import { jsonSchema } from "./agent/schema.js";
import { toSnake } from "./bridge/spelling.js";

/** One part of an assistant's message. */
export class AssistantContent {
  /**
   * @param {string} text
   * @returns {Part}
   */
  static text(text) {
    return { type: "text", text };
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {Record<string, unknown>} args
   * @returns {Part}
   */
  static toolCall(id, name, args) {
    return { type: "tool_call", id, name, arguments: args };
  }

  /**
   * @param {string} text
   * @param {string} [signature] text that the provider wants echoed
   * @returns {Part}
   */
  static reasoning(text, signature) {
    return { type: "reasoning", text, ...(signature === undefined ? {} : { signature }) };
  }
}

/** One message of a conversation. */
export class Message {
  /**
   * @param {Role} role
   * @param {string | Part | Part[]} content
   */
  constructor(role, content) {
    if (!["system", "user", "assistant", "tool"].includes(role))
      throw new ConfigError(`a message's role is system, user, assistant or tool, not ${role}`);
    /** @type {Role} */
    this.role = role;
    /** @type {Part[]} */
    this.content = typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? content : [content];
  }

  /** @param {string | Part | Part[]} content */
  static system(content) {
    return new Message("system", content);
  }

  /** @param {string | Part | Part[]} content */
  static user(content) {
    return new Message("user", content);
  }

  /** @param {string | Part | Part[]} content */
  static assistant(content) {
    return new Message("assistant", content);
  }

  /**
   * The result of a tool call, as a message.
   * @param {string} id
   * @param {string} name
   * @param {string | Part[]} content
   */
  static toolResult(id, name, content) {
    return new Message("tool", {
      type: "tool_result",
      id,
      name,
      content: typeof content === "string" ? [{ type: "text", text: content }] : content,
    });
  }

  get text() {
    return this.content.map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")).join("");
  }
}

/** Text that the model should know. */
export class Document {
  /**
   * @param {string} id
   * @param {string} text
   * @param {Record<string, unknown>} [metadata] where the text is from
   */
  constructor(id, text, metadata) {
    this.id = id;
    this.text = text;
    if (metadata) this.metadata = metadata;
  }
}

/** A tool's name, description and parameters, as a model is given them. */
export class ToolDefinition {
  /** @param {Definition} definition */
  constructor({ name, description = "", parameters }) {
    if (typeof name !== "string" || !name) throw new ConfigError("a tool needs a name");
    this.name = name;
    this.description = description;
    this.parameters = jsonSchema(parameters ?? { type: "object", properties: {} });
  }
}

const REQUEST_OPTIONS = [
  "messages",
  "preamble",
  "documents",
  "tools",
  "toolChoice",
  "temperature",
  "maxTokens",
  "reasoning",
  "outputSchema",
  "additionalParams",
];

/** The request of one model call. */
export class CompletionRequest {
  /** @param {RequestOptions} options */
  constructor(options) {
    checkNames(options, REQUEST_OPTIONS);
    if (options.messages == null) throw new ConfigError("completion_request.messages should be an array of messages");
    /** @type {RequestOptions} */
    this.options = { ...options };
  }
}

/**
 * @param {string | CompletionRequest | RequestOptions} request
 * @returns {Record<string, unknown>}
 */
export function describeRequest(request) {
  if (typeof request === "string") return { messages: [request] };
  const { options } = request instanceof CompletionRequest ? request : new CompletionRequest(request);
  const { messages, tools, outputSchema, documents, preamble, toolChoice, temperature, maxTokens, reasoning, additionalParams } = options;
  const described = {
    messages: toSnake(messages),
    preamble,
    documents,
    tools: tools?.map((tool) => ({ ...new ToolDefinition(tool) })),
    tool_choice: toolChoice,
    temperature,
    max_tokens: maxTokens,
    reasoning: toSnake(reasoning),
    output: outputSchema == null ? undefined : { schema: jsonSchema(outputSchema) },
    additional_params: additionalParams,
  };
  return Object.fromEntries(Object.entries(described).filter(([, value]) => value != null));
}
