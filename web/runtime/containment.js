/**
 * Contains the death of an interpreter.
 *
 * A fatal error (out of memory, stack overflow) leaves Pyodide through whatever callback it struck in, as an unhandled rejection, which
 * ends Node. Callbacks that the dead interpreter had scheduled would still run, on broken memory, beside the interpreter that replaces it.
 */

/** The functions through which JavaScript enters Python. */
const ENTRIES = ["callPyObject", "callPyObjectMaybePromising"];

/**
 * @param {any} pyodide
 * @param {(error: unknown) => void} onCrash called once, when the interpreter has died; nothing enters it any more
 */
export function contain(pyodide, onCrash) {
  const module = pyodide._module;
  let dead = false;
  for (const name of ENTRIES) {
    const enter = module[name];
    module[name] = (/** @type {unknown[]} */ ...args) => {
      if (dead) return undefined;
      try {
        const result = enter(...args);
        return result instanceof Promise ? result.catch(keep) : result;
      } catch (error) {
        return keep(error);
      }
    };
  }
  pyodide._api.on_fatal = (/** @type {unknown} */ error) => {
    if (dead) return;
    dead = true;
    onCrash(error);
  };
}

/** Swallows the fatal error that `onCrash` was called with. Throws any other error. @param {any} error */
function keep(error) {
  if (!error?.pyodide_fatal_error) throw error;
}
