/** The files of the page's ToolFS. */

/** @type {import("../types.js").Panel} */
export const files = {
  name: "files",
  title: "Files",
  side: "end",
  icon: "M1.5 3.5h4.5l1.5 2h7v8h-13z",
  first: "files-on",
  html: /* html */ `
<div class="files-switch">
  <input id="files-on" type="checkbox" autocomplete="off" aria-describedby="files-note">
  <label for="files-on">Let the agent work here</label>
  <p id="files-note" class="note">It gets tools for /toolfs/files, memory and plugins. Files are stored in this browser; what the agent reads is sent to its model.</p>
</div>
<output id="files-status" class="files-status"></output>

<section aria-label="Directory">
  <ol id="files-path" class="files-path" aria-label="Path"></ol>
  <ul id="files-list" class="files-list" aria-label="What is in it"></ul>
  <div class="row-buttons">
    <button type="button" id="files-new">New file</button>
    <button type="button" id="files-upload">Upload</button>
    <input id="files-chosen" type="file" multiple hidden tabindex="-1" aria-label="Files to upload">
  </div>
  <form id="files-editor" class="files-editor" hidden>
    <label for="files-text"><code id="files-name"></code></label>
    <textarea id="files-text" rows="10" spellcheck="false" autocomplete="off"></textarea>
    <div class="row-buttons">
      <button id="files-save">Save</button>
      <button type="button" id="files-download">Download</button>
      <button type="button" id="files-delete">Delete</button>
      <button type="button" id="files-close">Close</button>
    </div>
    <div id="files-conflict" class="files-conflict" role="alert" hidden>
      <p>Somebody changed this file meanwhile.</p>
      <div class="row-buttons">
        <button type="button" id="files-reload">Read it again</button>
        <button type="button" id="files-overwrite">Overwrite it</button>
        <button type="button" id="files-compare">Compare</button>
      </div>
      <ul id="files-lines" class="diff" aria-label="Lines that differ" hidden></ul>
    </div>
  </form>
</section>

<details open>
  <summary>Snapshots</summary>
  <form id="snapshots-form" class="files-row" autocomplete="off">
    <label class="visually-hidden" for="snapshots-name">Name of the snapshot, optional</label>
    <input id="snapshots-name" type="text" placeholder="Name, if you like" spellcheck="false">
    <button>Take one</button>
  </form>
  <ul id="snapshots-list" class="rows"></ul>
  <div id="snapshots-diff" aria-live="polite"></div>
</details>

<details>
  <summary>Plugins</summary>
  <ul id="plugins-list" class="rows"></ul>
  <label class="files-label" for="plugins-file">Install one from a file</label>
  <input id="plugins-file" type="file" accept=".py,.wasm,.js,.mjs">
</details>

<details id="audit-section">
  <summary>Audit</summary>
  <div class="row-buttons">
    <button type="button" id="audit-refresh">Refresh</button>
    <button type="button" id="audit-save">Save as JSON lines</button>
  </div>
  <div class="audit-scroll" tabindex="0" role="region" aria-label="Today's latest records">
    <table>
      <thead><tr><th scope="col">Time</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Path</th><th scope="col">End</th></tr></thead>
      <tbody id="audit-list"></tbody>
    </table>
  </div>
</details>

<dialog id="consent" class="consent" aria-labelledby="consent-title">
  <form method="dialog" autocomplete="off">
    <h2 id="consent-title">Install this plugin?</h2>
    <p id="consent-what"></p>
    <p class="note">SHA-256 <code id="consent-hash"></code></p>
    <fieldset class="field">
      <legend>It may</legend>
      <label><input type="checkbox" name="operation" value="read" checked> read</label>
      <label><input type="checkbox" name="operation" value="list" checked> list</label>
      <label><input type="checkbox" name="operation" value="write"> write</label>
      <label><input type="checkbox" name="operation" value="delete"> delete</label>
    </fieldset>
    <div class="field">
      <label for="consent-folder">in the folder</label>
      <input id="consent-folder" type="text" value="/toolfs/files" spellcheck="false">
    </div>
    <div class="field">
      <label for="consent-hosts">and read from these hosts <span class="optional">optional</span></label>
      <input id="consent-hosts" type="text" placeholder="api.example.org" spellcheck="false">
    </div>
    <p id="consent-note" class="note"></p>
    <div class="row-buttons">
      <button value="install">Install</button>
      <button value="cancel">Cancel</button>
    </div>
  </form>
</dialog>
`,
  load: () => import("./watch.js"),
};
