/**
 * Errors of the local engine. `code` says who can do something about it:
 * the caller's (`bad_request`, `bad_schema`, `context_overflow`, `not_gguf`, `not_found`, `too_large`), the site's
 * (`runtime_missing`, `integrity`), the machine's (`out_of_memory`, `no_room`, `unavailable`), or nobody, until later (`network`, `crashed`,
 * `stalled`).
 *
 * @typedef {"bad_request" | "bad_schema" | "context_overflow" | "not_gguf" | "not_found" | "too_large" | "runtime_missing"
 *   | "integrity" | "out_of_memory" | "no_room" | "unavailable" | "network" | "crashed" | "stalled" | "disposed"} LocalErrorCode
 */

export class LocalModelError extends Error {
  /**
   * @param {LocalErrorCode} code
   * @param {string} message
   * @param {{cause?: unknown}} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "LocalModelError";
    this.code = code;
  }
}

/**
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  if (error instanceof Error) return error.message;
  if (error && typeof error === "object" && "message" in error) return String(error.message);
  return String(error);
}

/**
 * @param {unknown} error
 * @returns {boolean}
 */
export function isAbort(error) {
  return error instanceof Error && error.name === "AbortError";
}

/** The DOM's own error for a call that was stopped. @returns {DOMException} */
export function abortError() {
  return new DOMException("The request was stopped.", "AbortError");
}

/**
 * Returns an error as a value that another thread can receive.
 * @param {unknown} error
 * @returns {{code: LocalErrorCode | "aborted", message: string}}
 */
export function toWire(error) {
  if (isAbort(error)) return { code: "aborted", message: messageOf(error) };
  if (error instanceof LocalModelError) return { code: error.code, message: error.message };
  return { code: "crashed", message: `The local model stopped working: ${messageOf(error)}` };
}

/**
 * @param {{code: LocalErrorCode | "aborted", message: string}} wire
 * @returns {Error}
 */
export function fromWire(wire) {
  return wire.code === "aborted" ? abortError() : new LocalModelError(wire.code, wire.message);
}
