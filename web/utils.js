import { onCrash } from "./runtime/boot.js";

let hooked = false;

/** From now on a crash of Python is written to the console too; the calls it breaks fail in any case. */
export function initPanicHook() {
  if (!hooked) onCrash((error) => console.error(error));
  hooked = true;
}
