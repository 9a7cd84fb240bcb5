/** Iteration over streams where they are not iterable yet. */

/**
 * Yields the values of an iterable or a stream. Leaving the loop cancels the stream.
 * @template T
 * @param {AsyncIterable<T> | Iterable<T> | ReadableStream<T>} source
 * @returns {AsyncIterable<T>}
 */
export async function* iterate(source) {
  if (Symbol.asyncIterator in source || Symbol.iterator in source) return yield* /** @type {AsyncIterable<T>} */ (source);
  const reader = /** @type {ReadableStream<T>} */ (source).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel(); // has no effect at the end of the stream
  }
}
