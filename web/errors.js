/**
 * Every error that staysail raises: the same tree as in Python, split by who has to act next.
 *
 *     StaysailError              code, history, usage
 *     ├── ConfigError            the caller: a wrong option, an unknown name, something this environment lacks
 *     ├── ProviderError          the provider refused: status, requestId, body, retryAfterS; only time helps where retryable
 *     │   ├── AuthError  RateLimitError  NetworkError  BadRequestError  ServerError  StreamError
 *     ├── MaxTurnsError          the run used up its turns
 *     ├── RunStopped             a hook stopped the run
 *     │   └── UsageLimitError    a limit of usageLimits: limit, most, used
 *     ├── RunCancelled           the run was stopped; its name is AbortError (or TimeoutError), as fetch's is
 *     ├── ToolError              the model: thrown by a tool, its text is the tool's result
 *     │   └── ToolFSError        a file system refused, or could not: code, path
 *     ├── OutputError            the answer does not fit the output schema, after every retry
 *     ├── LoaderError            a file that cannot be read: file, and code says why
 *     ├── JsonError              a text that is not JSON, or a value that JSON cannot hold
 *     ├── StoreError             the browser's storage
 *     │   ├── QuotaError  DimensionError  CorruptionError
 *     └── InterpreterError       the interpreter could not start, or crashed; the next call starts a new one, so it is retryable
 */

import { camelCase, toCamel } from "./bridge/spelling.js";

/** @import { Message, Usage } from "./types.js" */

/**
 * @typedef {object} ErrorData
 * @property {string} [code]
 * @property {Message[]} [history]
 * @property {Usage | null} [usage]
 * @property {unknown} [cause]
 */

export class StaysailError extends Error {
  static code = "error";

  /**
   * @param {string} message
   * @param {ErrorData} [data]
   */
  constructor(message, { code, history = [], usage = null, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    const kind = /** @type {typeof StaysailError} */ (new.target);
    this.name = kind.label;
    this.code = code ?? kind.code;
    /** The exchange up to the error, ready to be the next history. @type {Message[]} */
    this.history = history;
    /** The usage up to the error. @type {Usage | null} */
    this.usage = usage;
  }

  /** The class's name, whatever a minifier makes of it. @returns {string} */
  static get label() {
    return Object.entries(KINDS).find(([, kind]) => kind === this)?.[0] ?? "StaysailError";
  }
}

export class ConfigError extends StaysailError {
  static code = "config";
}

/**
 * @typedef {ErrorData & {status?: number | null, requestId?: string | null, body?: unknown, retryAfterS?: number | null,
 *   retryable?: boolean, provider?: string, partial?: Message | null}} ProviderErrorData
 */

export class ProviderError extends StaysailError {
  static code = "provider";

  /**
   * @param {string} message
   * @param {ProviderErrorData} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** HTTP status, where there was one. */
    this.status = data.status ?? null;
    this.requestId = data.requestId ?? null;
    /** The provider's response, parsed where it is JSON. */
    this.body = data.body ?? null;
    /** Seconds that the provider asks to wait. */
    this.retryAfterS = data.retryAfterS ?? null;
    this.retryable = data.retryable ?? false;
    this.provider = data.provider ?? "";
    /** The part of the answer that came before it broke off. @type {Message | null} */
    this.partial = data.partial ?? null;
  }
}

export class AuthError extends ProviderError {
  static code = "auth";
}
export class RateLimitError extends ProviderError {
  static code = "rate_limit";
}
export class NetworkError extends ProviderError {
  static code = "network";
}
export class BadRequestError extends ProviderError {
  static code = "bad_request";
}
export class ServerError extends ProviderError {
  static code = "server";
}
export class StreamError extends ProviderError {
  static code = "stream";
}
export class MaxTurnsError extends StaysailError {
  static code = "max_turns";
}

/** A run that a hook stopped. The message is the reason that the hook gave. */
export class RunStopped extends StaysailError {
  static code = "stopped";
}

export class UsageLimitError extends RunStopped {
  static code = "usage_limit";

  /**
   * @param {string} message
   * @param {ErrorData & {limit?: string, most?: number | null, used?: number | null}} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** The field of usageLimits. */
    this.limit = camelCase(data.limit ?? "");
    /** The limit's value. */
    this.most = data.most ?? null;
    /** The use that reached the limit, or would have passed it; null for seconds. */
    this.used = data.used ?? null;
  }
}

/**
 * A run that was cancelled. `cause` is the signal's reason, and the error's name is the reason's name, so `error.name === "AbortError"`
 * holds as it does for fetch.
 */
export class RunCancelled extends StaysailError {
  static code = "cancelled";
}
export class ToolError extends StaysailError {
  static code = "tool";
}

/**
 * A call that a ToolFS refused or could not do. Its code is "bad_path", "not_found", "exists", "is_directory", "not_a_directory",
 * "not_empty", "read_only", "changed", "refused", "limit", "bad_request", "no_permission" (the user's, for a directory) or "unavailable".
 */
export class ToolFSError extends ToolError {
  static code = "toolfs";

  /**
   * @param {string} message
   * @param {ErrorData & {path?: string | null}} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** The path as the caller wrote it. @type {string | null} */
    this.path = data.path ?? null;
  }
}

export class OutputError extends StaysailError {
  static code = "output";

  /**
   * @param {string} message
   * @param {ErrorData & {raw?: unknown}} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** The model's last answer. @type {unknown} */
    this.raw = data.raw ?? null;
  }
}

export class LoaderError extends StaysailError {
  static code = "broken";

  /**
   * @param {string} message
   * @param {ErrorData & {file?: string}} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** The file's name. */
    this.file = data.file ?? "";
  }
}

export class JsonError extends StaysailError {
  static code = "bad_json";
}

export class StoreError extends StaysailError {
  static code = "store";
}
export class QuotaError extends StoreError {
  static code = "quota";

  /**
   * @param {string} message
   * @param {ErrorData & {neededBytes?: number | null, freeBytes?: number | null}} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** Bytes of the failed write; null where they are not known. */
    this.neededBytes = data.neededBytes ?? null;
    /** Bytes that the browser says are left; null where it does not say. */
    this.freeBytes = data.freeBytes ?? null;
  }
}
export class DimensionError extends StoreError {
  static code = "dimension";
}
export class CorruptionError extends StoreError {
  static code = "corruption";
}
export class InterpreterError extends StaysailError {
  static code = "interpreter";

  /**
   * @param {string} message
   * @param {ErrorData & {retryable?: boolean}} [data]
   */
  constructor(message, data = {}) {
    super(message, data);
    /** Whether the same call may succeed with the next interpreter. */
    this.retryable = data.retryable ?? false;
  }
}

/** @type {Record<string, typeof StaysailError>} */
const KINDS = {
  StaysailError,
  ConfigError,
  ProviderError,
  AuthError,
  RateLimitError,
  NetworkError,
  BadRequestError,
  ServerError,
  StreamError,
  MaxTurnsError,
  RunStopped,
  UsageLimitError,
  RunCancelled,
  ToolError,
  ToolFSError,
  OutputError,
  LoaderError,
  JsonError,
  StoreError,
  QuotaError,
  DimensionError,
  CorruptionError,
  InterpreterError,
};

/**
 * An error as it crosses between the sides. lineage: names of its class and base classes, nearest first. thrown: index of the error of the
 * receiving side that it comes of.
 * @typedef {{name: string, message: string, lineage?: string[], traceback?: string, thrown?: number, [field: string]: unknown}} ErrorRecord
 */

/**
 * Returns the error that a record describes, as an instance of the nearest class that exists here.
 * @param {ErrorRecord} record
 * @param {unknown} [cause]
 * @returns {StaysailError}
 */
export function fromRecord({ name, lineage = [name], message, traceback, thrown, ...fields }, cause) {
  const known = lineage.find((base) => Object.hasOwn(KINDS, base)) ?? "StaysailError";
  const data = /** @type {ErrorData} */ ({ ...toCamel(fields), cause });
  if (traceback) data.cause = new Error(traceback);
  return new KINDS[known](message, data);
}

/**
 * @param {unknown} error any value that was thrown
 * @returns {ErrorRecord}
 */
export function toRecord(error) {
  if (!(error instanceof Error)) return { name: "Error", message: messageOf(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const name = error instanceof ToolError ? "ToolError" : typeof error.name === "string" ? error.name : "Error";
  return { name, message: messageOf(error), code, ...readStatus(error) };
}

/**
 * Returns the HTTP status of an error, and whether a retry may help, as staysail and other packages for models spell them.
 * @param {Error & {status?: unknown, statusCode?: unknown, retryable?: unknown, isRetryable?: unknown}} error
 */
function readStatus({ status, statusCode, retryable, isRetryable }) {
  const found = typeof status === "number" ? status : statusCode;
  const may = typeof retryable === "boolean" ? retryable : isRetryable;
  return { ...(typeof found === "number" ? { status: found } : {}), ...(typeof may === "boolean" ? { retryable: may } : {}) };
}

/**
 * Returns the message of any value that was thrown, also of an object whose text cannot be read.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "something without a text was thrown";
  }
}
