/** Stopping always works, whether or not whoever is waited for has noticed. */

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * The items of a stream until the signal fires; then it ends.
 *
 * @template T
 * @param {AsyncIterable<T>} stream
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<T>}
 */
export async function* abortable(stream, signal) {
  const iterator = stream[Symbol.asyncIterator]();
  /** @type {Promise<{done: true, value: undefined}>} */
  const aborted = new Promise((resolve) => {
    const stop = () => resolve({ done: true, value: undefined });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  let finished = false;
  try {
    for (;;) {
      const next = iterator.next();
      next.catch(() => {}); // it may fail after the signal, when nobody waits for it
      const { done, value } = await Promise.race([next, aborted]);
      finished = Boolean(done) && !signal.aborted;
      if (done || signal.aborted) return;
      yield value;
    }
  } catch (error) {
    finished = true;
    throw error;
  } finally {
    if (!finished) iterator.return?.()?.catch(() => {});
  }
}
