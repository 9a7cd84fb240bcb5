/** The HTTP requests of a download, and what their failures mean for it: whether a further try may help. */

import { LocalModelError, messageOf } from "./errors.js";

/** Raised where the server has another file at the address than before. */
export class ChangedError extends Error {}

/** Raised for a failure of the network or the server, after which a further try may help. */
export class RetryableError extends Error {
  /**
   * @param {string} message
   * @param {unknown} [cause]
   * @param {boolean} [isRefused] whether there was no response
   */
  constructor(message, cause, isRefused = false) {
    super(message, { cause });
    this.isRefused = isRefused;
  }
}

/**
 * Requests a file, or a range of it. Raises RetryableError, ChangedError or LocalModelError for every other answer.
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {AbortSignal} signal
 * @param {"GET" | "HEAD"} [method]
 * @returns {Promise<Response>}
 */
export async function request(url, headers, signal, method = "GET") {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, { method, headers, signal, cache: "no-store" }); // the chunks are stored already
  } catch (error) {
    throw new RetryableError("the network is down, or that host does not allow this page (CORS)", error, true);
  }
  const { status } = response;
  if (response.ok && (response.body || method === "HEAD")) return response;
  if (status === 404) throw new LocalModelError("not_found", `No weights at ${url}: the server answered 404.`);
  if (status === 401 || status === 403) {
    const why = "It may want a login, or that its terms are accepted first: download the file yourself, and give it as a file.";
    throw new LocalModelError("unavailable", `No weights at ${url}: the server answered ${status}. ${why}`);
  }
  if (status === 416) throw new ChangedError("it is shorter than it was");
  if (status === 429 || status >= 500) throw new RetryableError(`the server answered ${status}`);
  throw new LocalModelError("network", `No weights at ${url}: the server answered ${status}.`);
}

/**
 * Yields the bytes of a response as they come.
 * @param {Response} response
 */
export async function* piecesOf(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw new RetryableError(`the connection was lost (${messageOf(error)})`, error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
