/** The timeline of what each answer took. */

/** @type {import("../types.js").Panel} */
export const timeline = {
  name: "timeline",
  title: "Timeline",
  side: "end",
  first: "close-timeline",
  html: /* html */ `
<p class="note">What each answer took: model calls, tools, tokens, retries, and money where the provider tells it. It stays in this page, and keys are removed.</p>
<div class="row-buttons">
  <button type="button" id="timeline-save">Save as JSON lines</button>
  <button type="button" id="timeline-clear">Clear</button>
</div>
<output id="timeline-status" class="timeline-status"></output>
<ul id="timeline-runs" class="runs" aria-label="Runs"></ul>
`,
  load: () => import("./watch.js"),
};
