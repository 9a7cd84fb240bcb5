/**
 * A streamed answer in the shape that rig gives it.
 *
 * @import { AgentEvent, ToolResult, Usage } from "./types.js"
 */

/** One thing that came. Exactly one of its fields is set, but for `id`, `call_id` and `function`, which are set together; `text` is null where it is no text. */
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
  /** What the whole run used. @type {Usage | undefined} */
  usage;

  /** @param {Partial<RawStreamingChoice>} fields */
  constructor(fields) {
    Object.assign(this, fields);
  }
}

/**
 * What `prompt_stream` gives, piece by piece. Leaving the loop ends the request.
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
    await reader.cancel(); // no effect at the end of the stream
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
