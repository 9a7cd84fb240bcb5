/** The failure of a start, in the thread that starts Python. Its text alone crosses to the page, where it becomes an InterpreterError. */
export class StartError extends Error {
  /**
   * @param {string} message
   * @param {{code?: string, cause?: unknown}} [data]
   */
  constructor(message, { code, cause } = {}) {
    super(message, { cause });
    this.code = code;
  }
}
