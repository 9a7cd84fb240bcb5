/**
 * An interpreter's death, kept to itself.
 *
 * A fatal error (memory, stack) leaves Pyodide by whatever callback it struck in: as an unhandled rejection, which ends Node. And what the
 * dead interpreter had scheduled would still run, on broken memory, beside the interpreter that replaces it.
 */

/** Where JavaScript enters Python. */
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

/** Keeps the fatal error, which `onCrash` was called with. Throws any other. @param {any} error */
function keep(error) {
  if (!error?.pyodide_fatal_error) throw error;
}
