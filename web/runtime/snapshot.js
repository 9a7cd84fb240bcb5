/**
 * The memory of an interpreter that has imported staysail, as the build left it beside the runtime or as this browser keeps it. A snapshot
 * fits one runtime and one wheel.
 * @typedef {object} Snapshot
 * @property {string} url
 * @property {number} bytes of the packed snapshot
 * @property {string} sha256
 * @property {string} wheelSha256 of the package that it has imported
 * @property {Record<string, string>} [files] SHA-256 of the other files of its folder
 * @typedef {Promise<Uint8Array<ArrayBuffer>>} Bytes
 */

/**
 * @param {string} manifestURL
 * @param {(url: string) => Bytes} readBytes
 * @returns {Promise<Snapshot>}
 */
export async function findSnapshot(manifestURL, readBytes) {
  if (!globalThis.crypto?.subtle) throw new Error("it cannot be checked without crypto.subtle, which pages have over HTTPS only");
  const { file, ...manifest } = JSON.parse(new TextDecoder().decode(await readBytes(manifestURL)));
  return { url: new URL(file, manifestURL).href, ...manifest };
}

/**
 * Checks that the bytes are the memory that the manifest names. Throws where they are not.
 * @param {Snapshot} snapshot
 * @param {Bytes} wheel
 * @param {Bytes} packed
 */
export async function checkSnapshot({ sha256, wheelSha256 }, wheel, packed) {
  packed.catch(() => {}); // reported below
  if ((await hash(await wheel)) !== wheelSha256) throw new Error("it was made from another version of staysail");
  if ((await hash(await packed)) !== sha256) throw new Error("it is not what its manifest tells");
}

/** Returns the SHA-256 of bytes as hexadecimal digits. @param {Uint8Array<ArrayBuffer>} bytes */
export async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Reads a packed snapshot while it arrives, zipped or not: the package `staysail-runtime` holds it zipped, because a CDN compresses no file
 * of a type that it does not know.
 * @param {Response} response
 * @returns {Bytes}
 */
export async function readPacked(response) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  const first = await reader.read();
  const isZipped = first.value?.[0] === 0x1f && first.value[1] === 0x8b;
  /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */
  const body = new ReadableStream({
    start: (controller) => pass(first, controller),
    pull: async (controller) => pass(await reader.read(), controller),
  });
  const bytes = new Response(isZipped ? body.pipeThrough(new DecompressionStream("gzip")) : body);
  return new Uint8Array(await bytes.arrayBuffer());
}

/**
 * @template T
 * @param {ReadableStreamReadResult<T>} next
 * @param {ReadableStreamDefaultController<T>} controller
 */
function pass(next, controller) {
  if (next.done) controller.close();
  else controller.enqueue(next.value);
}
