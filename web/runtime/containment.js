/**
 * Contains the fatal error (stack, memory) of an interpreter.
 *
 * Pyodide throws such an error out of the callback in which it occurred: an unhandled rejection, which ends Node. Later callbacks of the dead
 * interpreter (timers, promises) would still run Python code, on broken memory, beside the interpreter that replaces it.
 */

/** Pyodide's functions through which JavaScript calls Python. */
const ENTRIES = ["callPyObject", "callPyObjectMaybePromising"];

/**
 * @param {any} pyodide
 * @param {(error: unknown) => void} onCrash called once, when the interpreter has died; from then on no call reaches it
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

/** Swallows the fatal error, which `onCrash` got. Throws every other error. @param {any} error */
function keep(error) {
  if (!error?.pyodide_fatal_error) throw error;
}
