/** Reads a stream until a signal fires: reading stops at once, whether or not the stream has noticed the signal. */

/**
 * Yields the items of a stream until the signal fires.
 * @template T
 * @param {AsyncIterable<T>} stream
 * @param {AbortSignal} signal
 * @param {(ending: Promise<unknown>) => void} [onStopped] called with a promise of the error that the stream ends with after the signal
 * @returns {AsyncGenerator<T>}
 */
export async function* follow(stream, signal, onStopped = () => {}) {
  const iterator = stream[Symbol.asyncIterator]();
  /** @type {Promise<undefined>} */
  const stopped = new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  let ended = false;
  try {
    while (true) {
      const next = iterator.next();
      const ending = next.then(
        () => undefined,
        (error) => error,
      );
      const result = await Promise.race([next, stopped]);
      if (result === undefined || signal.aborted) {
        onStopped(ending);
        return;
      }
      if (result.done) {
        ended = true;
        return;
      }
      yield result.value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
