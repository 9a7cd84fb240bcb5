/** Answers a sandbox's requests in the page: files of the runtime, and hosts that were allowed. */

import { toBase64 } from "../bridge/base64.js";

const RUNTIME = "https://runtime.invalid/"; // as in sandbox-worker.js
const MOST_BYTES = 64 << 20;
const FETCH_MS = 30_000;

/** @typedef {{url: string, method: string, headers: [string, string][], body?: Uint8Array<ArrayBuffer>}} Ask */
/** @typedef {{status?: number, headers?: [string, string][], bytes?: Uint8Array<ArrayBuffer>, error?: string}} Answer */

/**
 * @param {string} url
 * @param {RequestCache} [cache]
 */
export async function readFile(url, cache) {
  const response = await fetch(url, cache && { cache });
  if (!response.ok) throw new Error(`${url} could not be loaded: the server answered ${response.status}`);
  return response;
}

/**
 * @param {string} url
 * @param {RequestCache} [cache]
 */
export async function readBytes(url, cache) {
  return new Uint8Array(await (await readFile(url, cache)).arrayBuffer());
}

/**
 * @param {string} runtimeURL
 * @param {Uint8Array} lock pyodide-lock.json
 * @param {string[]} allowedHosts
 * @returns {(ask: Ask) => Promise<Answer>} never rejects
 */
export function answering(runtimeURL, lock, allowedHosts) {
  /** @type {{file_name: string, sha256: string}[]} */
  const packages = Object.values(JSON.parse(new TextDecoder().decode(lock)).packages);
  const integrity = new Map(packages.map(({ file_name, sha256 }) => [file_name, `sha256-${toBase64(fromHex(sha256))}`]));
  return async (ask) => {
    try {
      if (String(ask.url).startsWith(RUNTIME)) return await request(...ofRuntime(ask.url.slice(RUNTIME.length)));
      const { url, method, headers, body } = ask;
      check(url, allowedHosts);
      checkHeaders(headers);
      return await request(url, { method, headers, body });
    } catch (error) {
      return { error: String(/** @type {any} */ (error)?.message ?? error) };
    }
  };

  /**
   * @param {string} name
   * @returns {[string, RequestInit]}
   */
  function ofRuntime(name) {
    const expected = integrity.get(name);
    if (!expected) throw new Error(`the runtime has no package ${name}`);
    return [new URL(name, runtimeURL).href, { integrity: expected }];
  }
}

/**
 * Throws for what is not on the list.
 * @param {string} address
 * @param {string[]} allowedHosts
 */
function check(address, allowedHosts) {
  const { protocol, host, username, password } = new URL(address);
  const allowed = allowedHosts.some((name) => (name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name));
  if (!/^https?:$/.test(protocol) || username || password || !allowed) {
    throw new Error(`this code may not reach ${host || address}; it may reach: ${allowedHosts.join(", ") || "nothing"}`);
  }
}

/** They belong to the connection and not to the request, or stand for another method: as in py/staysail/fs/network.py. */
const CONNECTION_HEADERS =
  /^(?:connection|content-length|expect|host|http2-settings|keep-alive|te|trailer|transfer-encoding|upgrade|via|x-http-method(?:-override)?|x-method-override|proxy-.*)$/i;

/**
 * Throws for a header that is not the code's to set. A browser leaves some of them out without a word.
 * @param {[string, string][]} headers
 */
function checkHeaders(headers) {
  const refused = headers.find(([name]) => CONNECTION_HEADERS.test(name));
  if (refused) throw new Error(`the header ${refused[0]} cannot be set: it belongs to the connection`);
}

/**
 * A redirect is an error: it might lead to another host.
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<Answer>}
 */
async function request(url, init) {
  const signal = AbortSignal.timeout(FETCH_MS);
  const response = await fetch(url, { ...init, signal, redirect: "error", credentials: "omit", referrerPolicy: "no-referrer" });
  const parts = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    size += read.value.length;
    if (size > MOST_BYTES) {
      await reader?.cancel();
      throw new Error(`${url} gives more than ${MOST_BYTES} bytes`);
    }
    parts.push(read.value);
  }
  return { status: response.status, headers: [...response.headers], bytes: new Uint8Array(await new Blob(parts).arrayBuffer()) };
}

/** Hexadecimal digits as bytes. @param {string} hex */
function fromHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
