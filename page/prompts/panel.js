/** Texts that are used again: instructions for the model, and prompts. */

/** @type {import("../types.js").Panel} */
export const prompts = {
  name: "prompts",
  title: "Saved prompts",
  side: "end",
  first: "prompt-name",
  html: /* html */ `
<form id="prompt-form" class="prompt-form" autocomplete="off">
  <div class="field">
    <label for="prompt-name">Name</label>
    <input id="prompt-name" type="text" maxlength="80" required dir="auto" autocomplete="off">
  </div>
  <div class="field">
    <label for="prompt-text">Text</label>
    <textarea id="prompt-text" rows="4" required dir="auto" aria-describedby="prompt-about"></textarea>
    <p id="prompt-about" class="note">A prompt, or instructions for the model. It is kept in this browser, and nowhere else.</p>
  </div>
  <div class="row-buttons">
    <button type="submit" id="prompt-save">Save</button>
    <button type="button" id="prompt-cancel" hidden>Cancel</button>
  </div>
</form>
<p id="prompt-note" class="note" role="status"></p>
<ul id="prompt-list" class="prompt-list" aria-label="Saved prompts"></ul>
`,
  load: () => import("./watch.js"),
};
