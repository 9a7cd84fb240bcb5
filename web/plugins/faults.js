/** A fault of a plugin, in words for its caller. The instance may be in any state, and is given up. */
export class PluginFault extends Error {
  name = "PluginFault";
}

/** An error that a plugin ended in as it should; it goes on working. */
export class PluginError extends PluginFault {
  name = "PluginError";
}

/**
 * @param {unknown} error
 * @returns {string}
 */
export function describeFault(error) {
  if (error instanceof PluginFault) return error.message;
  if (error instanceof WebAssembly.RuntimeError) return `it trapped: ${error.message}`;
  if (error instanceof RangeError && /call stack/i.test(error.message)) return "it trapped: its calls went too deep";
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
