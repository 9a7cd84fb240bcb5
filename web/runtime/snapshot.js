/**
 * The memory of an interpreter that has imported staysail, as the build left it beside the runtime or this browser keeps it. It fits one
 * runtime and one wheel.
 *
 * @typedef {object} Snapshot
 * @property {string} url
 * @property {number} bytes as it is packed
 * @property {string} sha256
 * @property {string} wheelSha256 of the package that it has imported
 *
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
 * Rejects what is not the memory that the manifest tells of.
 * @param {Snapshot} snapshot
 * @param {Bytes} wheel
 * @param {Bytes} packed
 */
export async function checkSnapshot({ sha256, wheelSha256 }, wheel, packed) {
  packed.catch(() => {}); // told below
  if ((await hash(await wheel)) !== wheelSha256) throw new Error("it was made from another version of staysail");
  if ((await hash(await packed)) !== sha256) throw new Error("it is not what its manifest tells");
}

/** SHA-256. @param {Uint8Array<ArrayBuffer>} bytes */
export async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
