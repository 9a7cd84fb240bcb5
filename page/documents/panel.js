/** The documents that the agent answers from. */

/** @type {import("../types.js").Panel} */
export const documents = {
  name: "documents",
  title: "Documents",
  side: "end",
  icon: "M4 1.5h5.5L13 5v9.5H4zM9.5 1.5V5H13M6.5 8h4M6.5 11h4",
  first: "documents-file",
  html: /* html */ `
<div class="files-switch">
  <input id="documents-on" type="checkbox" autocomplete="off" checked aria-describedby="documents-note">
  <label for="documents-on">Answer from these documents</label>
  <p id="documents-note" class="note">They are read, searched and stored in this browser. The passages that fit a question are sent to its model.</p>
</div>

<section aria-label="Add">
  <label class="files-label" for="documents-file">Add files, or drop them on the page</label>
  <input id="documents-file" type="file" multiple aria-describedby="documents-formats" accept=".txt,.md,.markdown,.html,.htm,.xhtml,.pdf,.epub,.docx,.json,.jsonl,.csv,.tsv,text/*">
  <p id="documents-formats" class="note">Text, Markdown, HTML, PDF, EPUB, DOCX, JSON, CSV.</p>
  <output id="documents-status" class="files-status"></output>
  <ul id="documents-adding" class="adding" aria-label="Being added"></ul>
  <button type="button" id="documents-stop" hidden>Stop</button>
</section>

<p id="documents-none" class="note">There are none yet.</p>
<div id="documents-about" class="documents-about" hidden>
  <form id="documents-search" class="documents-search" role="search" autocomplete="off">
    <label class="files-label" for="documents-query">Search</label>
    <div class="files-row">
      <input id="documents-query" type="text" spellcheck="false">
      <button>Search</button>
    </div>
    <div class="files-row">
      <label class="visually-hidden" for="documents-mode">By</label>
      <select id="documents-mode" autocomplete="off">
        <option value="vector">By meaning</option>
        <option value="keyword">By words</option>
        <option value="hybrid">By both</option>
      </select>
      <label class="visually-hidden" for="documents-source">In</label>
      <select id="documents-source" autocomplete="off"><option value="">All files</option></select>
    </div>
    <output id="documents-timing" class="files-status"></output>
    <ol id="documents-hits" class="hits" aria-label="Passages found"></ol>
  </form>

  <section aria-label="Files">
    <h3 class="files-label">Files</h3>
    <ul id="documents-list" class="documents-list"></ul>
  </section>

  <details id="documents-map">
    <summary>Map</summary>
    <svg id="map-picture" class="map" viewBox="0 0 340 240" role="img" aria-label="Map of the passages"></svg>
    <p id="map-words" class="note" aria-live="polite"></p>
  </details>

  <details open>
    <summary>Collection</summary>
    <dl id="documents-figures" class="figures"></dl>
  </details>
</div>
`,
  load: () => import("./watch.js"),
};
