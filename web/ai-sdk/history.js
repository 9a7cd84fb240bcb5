/**
 * The messages of the AI SDK's user interface as a history of staysail.
 *
 * @import { ApprovalAnswer, Message, Part } from "../types.js"
 * @import { UIMessageLike, UIPart, UIToolPart } from "./types.js"
 */

/**
 * @param {readonly UIMessageLike[]} messages
 * @returns {Message[]}
 */
export function readMessages(messages) {
  return messages.flatMap(({ role, parts }) => {
    if (role === "assistant") return readAnswer(parts);
    const content = readUserParts(parts);
    return content.length ? [{ role, content }] : [];
  });
}

/**
 * @param {readonly UIPart[]} parts
 * @returns {Part[]}
 */
export function readUserParts(parts) {
  return parts.flatMap((part) => {
    if (part.type === "text") return [{ type: "text", text: part.text }];
    return part.type === "file" ? [readFile(/** @type {Extract<UIPart, {type: "file"}>} */ (part))] : [];
  });
}

/**
 * @param {{mediaType: string, filename?: string, url: string}} file
 * @returns {Part}
 */
function readFile({ mediaType, filename, url }) {
  const kind = mediaType.split("/")[0];
  const type = kind === "image" || kind === "audio" ? kind : "file";
  const [, data] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? [];
  return { type, mediaType, ...(data === undefined ? { url } : { data }), ...(filename ? { name: filename } : {}) };
}

/**
 * Reads an assistant's message: of each step the model's message and the results of its tool calls.
 * @param {readonly UIPart[]} parts
 * @returns {Message[]}
 */
function readAnswer(parts) {
  /** @type {Message[]} */
  const out = [];
  /** @type {UIPart[]} */
  let step = [];
  const end = () => {
    out.push(...readStep(step));
    step = [];
  };
  for (const part of parts) {
    if (part.type === "step-start") end();
    else if (part.type === "steering-message") {
      end();
      out.push({ role: "user", content: readUserParts(/** @type {Extract<UIPart, {type: "steering-message"}>} */ (part).parts) });
    } else step.push(part);
  }
  end();
  return out;
}

/**
 * @param {UIPart[]} parts
 * @returns {Message[]}
 */
function readStep(parts) {
  const carried = parts.map((/** @type {any} */ part) => (part.callProviderMetadata ?? part.providerMetadata)?.staysail?.message);
  const message = /** @type {Message | undefined} */ (carried.find(Boolean));
  const content = message?.content ?? parts.flatMap(readPart);
  const results = parts.filter(isToolPart).flatMap(readResult);
  return [
    ...(content.length ? [message ?? { role: /** @type {const} */ ("assistant"), content }] : []),
    ...(results.length ? [{ role: /** @type {const} */ ("tool"), content: results }] : []),
  ];
}

/**
 * @param {UIPart} part
 * @returns {part is UIToolPart}
 */
export function isToolPart(part) {
  return part.type === "dynamic-tool" || part.type.startsWith("tool-");
}

/** @param {UIToolPart} part */
const nameOf = ({ type, toolName }) => toolName ?? type.slice("tool-".length);

/**
 * @param {UIPart} part
 * @returns {Part[]}
 */
function readPart(part) {
  if (isToolPart(part)) {
    if (part.state === "input-streaming" || part.providerExecuted) return [];
    return [{ type: "tool_call", id: part.toolCallId, name: nameOf(part), arguments: part.input ?? {} }];
  }
  switch (part.type) {
    case "text":
      return part.text ? [{ type: "text", text: /** @type {string} */ (part.text) }] : [];
    case "reasoning":
      return part.text ? [{ type: "reasoning", text: /** @type {string} */ (part.text) }] : [];
    case "file":
      return [readFile(/** @type {Extract<UIPart, {type: "file"}>} */ (part))];
  }
  return [];
}

/**
 * @param {UIToolPart} part
 * @returns {Part[]} no part for a call that has no result
 */
function readResult(part) {
  if (part.providerExecuted) return [];
  const about = { type: /** @type {const} */ ("tool_result"), id: part.toolCallId, name: nameOf(part) };
  if (part.state === "output-available") return [{ ...about, content: readOutput(part.output) }];
  if (part.state === "output-error") return [{ ...about, content: [{ type: "text", text: part.errorText ?? "" }], isError: true }];
  if (part.state === "output-denied") {
    const { reason } = part.approval ?? {};
    return [{ ...about, content: [{ type: "text", text: reason || "The user refused this call." }], isError: true }];
  }
  return [];
}

/**
 * @param {any} output
 * @returns {Part[]}
 */
function readOutput(output) {
  if (typeof output === "string") return [{ type: "text", text: output }];
  if (Array.isArray(output?.content) && output.content.every((/** @type {any} */ part) => typeof part?.type === "string"))
    return output.content;
  return [{ type: "text", text: spaced(output) }];
}

/**
 * Writes JSON as Python wrote the same result for the model, so that a provider's cache of the conversation still fits.
 * @param {any} value
 * @returns {string}
 */
function spaced(value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}: ${spaced(item)}`).join(", ")}}`;
}

/**
 * Returns the answers to approval requests that a message holds, by the requests' ids; undefined where it holds none.
 * @param {UIMessageLike} message
 * @returns {Record<string, ApprovalAnswer> | undefined}
 */
export function readApprovals({ parts }) {
  const answered = parts.filter((/** @type {UIPart} */ part) => isToolPart(part) && part.state === "approval-responded");
  if (!answered.length) return undefined;
  return Object.fromEntries(answered.map(({ approval }) => [approval.id, approval.approved ? true : { refuse: approval.reason ?? "" }]));
}
