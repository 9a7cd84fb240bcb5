/** A language model from the user's own disk in place of the small one. */

import { localEngine } from "../../web/models/local-engines.js";
import { find } from "../find.js";

let name = "SmolLM2";

/** Of the model that answers in this page. */
export const localModelName = () => name;

export function watchModelFile() {
  const field = find("gguf", HTMLInputElement);
  const note = find("gguf-note", HTMLElement);
  field.addEventListener("change", async () => {
    const [file] = field.files ?? [];
    if (!file) return;
    note.textContent = `Starting ${file.name} …`;
    try {
      const engine = await localEngine();
      await engine.load({ model: file });
      note.textContent = `${file.name} answers now.`;
      name = file.name;
      find("provider", HTMLSelectElement).dispatchEvent(new Event("change")); // its name stands in the chip
    } catch (error) {
      note.textContent = `${file.name} does not work here: ${/** @type {Error} */ (error).message}`;
      field.value = "";
    }
  });
}
