import { onCrash } from "./runtime/boot.js";

let hooked = false;

/** Reports later crashes of Python to the console too. The calls that a crash breaks fail in any case. */
export function initPanicHook() {
  if (!hooked) onCrash((error) => console.error(error));
  hooked = true;
}
