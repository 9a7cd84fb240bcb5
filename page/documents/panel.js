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
  <div id="documents-meaning" class="meaning" hidden>
    <p id="meaning-words" class="note" role="status"></p>
    <progress id="meaning-bar" aria-label="Read for meaning" max="1" value="0" hidden></progress>
    <div class="row-buttons">
      <button type="button" id="meaning-start">Start</button>
      <button type="button" id="meaning-cancel">Not now</button>
    </div>
  </div>
  <button type="button" id="documents-stop" hidden>Stop</button>
</section>

<section aria-label="Files">
  <h3 class="files-label">Files</h3>
  <ul id="documents-list" class="documents-list"></ul>
  <p id="documents-none" class="note">There are none yet.</p>
</section>
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
    <p id="documents-language" class="note">By words works in every language. The model that finds by meaning, all-MiniLM-L6-v2, learned English.</p>
    <output id="documents-timing" class="files-status"></output>
    <ol id="documents-hits" class="hits" aria-label="Passages found"></ol>
  </form>

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
