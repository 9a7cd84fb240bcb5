/**
 * The option `fetch`: requests go through a function of the developer's.
 *
 * @import { FetchFunction } from "../types.js"
 * @import { Handlers } from "../bridge/rpc.js"
 */

/**
 * Returns the function by which Python sends requests. It yields the response's status and headers and then its body, as bytes. Ending the
 * call aborts the request.
 * @param {FetchFunction} send
 * @returns {Handlers}
 */
export function answerFetch(send) {
  return {
    fetch: async function* ({ url, method, headers, redirect, $bytes }, { signal }) {
      const response = await send(url, { method, headers, redirect, signal, ...($bytes ? { body: $bytes } : {}) });
      yield { status: response.status, headers: Object.fromEntries(response.headers), opaque: response.type === "opaqueredirect" };
      const reader = response.body?.getReader();
      try {
        for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) yield { $bytes: read.value };
      } finally {
        await reader?.cancel().catch(() => {}); // a body that broke off cannot be cancelled
      }
    },
  };
}
