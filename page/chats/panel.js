/** The chats that are kept in this browser. */

/** @type {import("../types.js").Panel} */
export const chats = {
  name: "conversations",
  title: "Chats",
  side: "start",
  icon: "M1.5 2.5h13v11h-13zM6 2.5v11",
  first: "conversation-search",
  html: /* html */ `
<button type="button" id="new-conversation" class="new-chat">New chat</button>
<label class="visually-hidden" for="conversation-search">Search all chats</label>
<input id="conversation-search" type="search" placeholder="Search all chats" autocomplete="off">
<div id="conversation-list" class="conversation-list"></div>
<p id="conversation-note" class="note" role="status"></p>
<div class="conversations-foot">
  <input id="import-file" type="file" accept="application/json,.json" hidden tabindex="-1" aria-label="File of chats">
  <button type="button" id="import-conversations">Import</button>
  <button type="button" id="export-conversations">Export all</button>
</div>
`,
};
