/** The parts of a streamed answer in rig's shape. @import { AgentEvent, ToolResult, Usage } from "./types.js" */

/**
 * One part of the stream. Exactly one of its fields is set, except that `id`, `call_id` and `function` are set together; `text` is null in
 * parts that are not text.
 */
export class RawStreamingChoice {
  /** @type {string | null} */
  text = null;
  /** @type {string | undefined} */
  reasoning;
  /** @type {string | undefined} */
  id;
  /** @type {string | undefined} */
  call_id;
  /** @type {{name: string, arguments: Record<string, unknown> | string} | undefined} */
  function;
  /** @type {Omit<ToolResult, "type"> | undefined} */
  tool_result;
  /** Usage of the whole run. @type {Usage | undefined} */
  usage;

  /** @param {Partial<RawStreamingChoice>} fields */
  constructor(fields) {
    Object.assign(this, fields);
  }
}

/**
 * Decodes the stream of `prompt_stream`, part by part. Leaving the loop ends the request.
 * @param {ReadableStream<AgentEvent | AgentEvent[]>} stream
 * @returns {AsyncGenerator<RawStreamingChoice, void>}
 */
export async function* decodeReadableStream(stream) {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const event of Array.isArray(value) ? value : [value]) {
        const choice = decode(event);
        if (choice) yield choice;
      }
    }
  } finally {
    await reader.cancel(); // has no effect at the end of the stream
  }
}

/**
 * @param {AgentEvent} event
 * @returns {RawStreamingChoice | undefined}
 */
function decode(event) {
  switch (event.type) {
    case "text_delta":
      return new RawStreamingChoice({ text: event.text });
    case "reasoning_delta":
      return new RawStreamingChoice({ reasoning: event.text });
    case "tool_call_done":
      return new RawStreamingChoice({ id: event.id, call_id: event.id, function: { name: event.name, arguments: event.arguments } });
    case "tool_result": {
      const { type, ...result } = event;
      return new RawStreamingChoice({ tool_result: result });
    }
    case "run_done":
      return new RawStreamingChoice({ usage: event.reply.usage });
    default:
      return undefined;
  }
}
