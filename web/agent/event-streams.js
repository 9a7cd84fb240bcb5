/**
 * The events of a run: as an iterator that can be left, as a stream, and to their end.
 *
 * @import { AgentEvent, Reply } from "../types.js"
 */

import { ConfigError } from "../errors.js";

/**
 * Returns the events of a run that ends when the loop over them is left, also while a `next` is waiting.
 * @template T
 * @param {AbortSignal | null | undefined} outer the caller's own
 * @param {(signal: AbortSignal) => AsyncGenerator<T, undefined>} begin
 * @returns {AsyncIterableIterator<T>}
 */
export function untilLeft(outer, begin) {
  const left = new AbortController();
  const events = begin(outer ? AbortSignal.any([outer, left.signal]) : left.signal);
  return {
    async next() {
      try {
        return await events.next();
      } catch (error) {
        if (left.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return(value) {
      left.abort();
      await events.return(undefined);
      return { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * Returns the events as a stream, once the first has come; an earlier failure rejects the promise.
 * @param {AsyncIterableIterator<AgentEvent<any>>} events
 * @param {number} [chunkSize] events come in arrays of up to this length; one by one without it
 * @returns {Promise<ReadableStream<AgentEvent | AgentEvent[]>>}
 */
export async function toReadable(events, chunkSize) {
  let first = /** @type {IteratorResult<AgentEvent> | undefined} */ (await events.next());
  const next = async () => {
    const result = first ?? (await events.next());
    first = undefined;
    return result;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        /** @type {AgentEvent[]} */
        const chunk = [];
        while (chunk.length < (chunkSize ?? 1)) {
          const { done, value } = await next();
          if (done) break;
          chunk.push(value);
        }
        if (chunk.length) controller.enqueue(chunkSize ? chunk : chunk[0]);
        if (chunk.length < (chunkSize ?? 1)) controller.close();
      },
      cancel: async () => void (await events.return?.()),
    },
    { highWaterMark: 0 }, // so that no event is requested before it is read
  );
}

/**
 * Reads the events to the reply.
 * @param {AsyncIterable<AgentEvent<any>>} events
 * @returns {Promise<Reply<any>>}
 */
export async function lastReply(events) {
  for await (const event of events) if (event.type === "run_done") return event.reply;
  throw new ConfigError("the run was left before its end");
}
