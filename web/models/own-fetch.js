/**
 * The option `fetch`: requests go through a function of the developer's.
 *
 * @import { FetchFunction } from "../types.js"
 */

/**
 * Sends one request of Python's. Yields the response's status and headers and then its body, as bytes. Ending the call aborts the request.
 * @param {FetchFunction} send
 * @param {{url: string, method: string, headers: Record<string, string>, redirect: "follow" | "manual", $bytes?: Uint8Array<ArrayBuffer>}} request
 * @param {{signal: AbortSignal}} context
 */
export async function* carry(send, { url, method, headers, redirect, $bytes }, { signal }) {
  const response = await send(url, { method, headers, redirect, signal, ...($bytes ? { body: $bytes } : {}) });
  yield { status: response.status, headers: Object.fromEntries(response.headers), opaque: response.type === "opaqueredirect" };
  const reader = response.body?.getReader();
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) yield { $bytes: read.value };
  } finally {
    await reader?.cancel().catch(() => {}); // a body that broke off cannot be cancelled
  }
}
