/** A language model from the user's own disk in place of the small one. */

import { localEngine } from "../../web/models/local-engines.js";
import { find } from "../find.js";
import { titleOf } from "./local-models.js";

/** Name of the file that answers where no other model is chosen. */
let file = "";

/** Returns the name that people read of the model that answers in this page. @param {string} model as it stands in the field */
export const localModelName = (model) => titleOf(model) || file || "SmolLM2";

export function watchModelFile() {
  const field = find("gguf", HTMLInputElement);
  const note = find("gguf-note", HTMLElement);
  field.addEventListener("change", async () => {
    const files = [...(field.files ?? [])];
    if (!files.length) return;
    const { name } = files[0];
    note.textContent = `Starting ${name} …`;
    try {
      const engine = await localEngine();
      await engine.load({ model: files });
      note.textContent = `${name} answers now.`;
      file = name;
      const model = find("model", HTMLInputElement);
      model.value = ""; // the engine's own, which is the file now
      model.dispatchEvent(new Event("input", { bubbles: true }));
    } catch (error) {
      note.textContent = `${name} does not work here: ${/** @type {Error} */ (error).message}`;
      field.value = "";
    }
  });
}
