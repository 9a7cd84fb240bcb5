/**
 * An RPC message as it passes between threads: text, or text and bytes.
 *
 * @typedef {string | [text: string, bytes: Uint8Array]} Packet
 */

/**
 * @param {string} text
 * @param {Uint8Array} [bytes]
 * @returns {Packet}
 */
export const pack = (text, bytes) => (bytes ? [text, bytes] : text);

/**
 * @param {Packet} packet
 * @returns {[text: string, bytes?: Uint8Array]}
 */
export const unpack = (packet) => (typeof packet === "string" ? [packet] : packet);

/**
 * @param {unknown} data
 * @returns {data is Packet}
 */
export const isPacket = (data) => typeof data === "string" || Array.isArray(data);
