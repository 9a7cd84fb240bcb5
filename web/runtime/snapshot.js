/**
 * The memory of an interpreter that has imported staysail, as the build left it beside the runtime or as this browser keeps it. A snapshot
 * fits one runtime and one wheel.
 * @typedef {object} Snapshot
 * @property {string} url
 * @property {number} bytes of the packed snapshot
 * @property {string} sha256
 * @property {string} wheelSha256 of the package that it has imported
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
