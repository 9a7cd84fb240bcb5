/** Pages and drawings that a model wrote, beside the chat. */

/** @type {import("../types.js").Panel} */
export const preview = {
  name: "preview",
  title: "Preview",
  side: "end",
  first: "close-preview",
  html: /* html */ `
<p id="preview-note" class="note" role="status">A block of HTML or SVG in an answer has a button that shows it here.</p>
<div id="preview-place" class="preview-place"></div>
`,
  load: () => import("./watch.js"),
};
