/** The markup of the settings: the model, then the permissions of its agent. */

export const MARKUP = /* html */ `
<form id="settings-form" autocomplete="off">
  <div class="field">
    <label for="provider">Provider</label>
    <select id="provider" aria-describedby="provider-note"></select>
    <div id="provider-note" class="note"></div>
  </div>
  <div class="field" id="model-field">
    <label for="model">Model</label>
    <input id="model" type="text" list="models" spellcheck="false" autocapitalize="off" autocomplete="off">
    <datalist id="models"></datalist>
    <p id="model-facts" class="note" role="status" hidden></p>
    <div class="row-buttons"><button type="button" id="list-models">List the provider's models</button></div>
  </div>
  <div class="field" id="gguf-field">
    <details class="more" id="local-box">
      <summary>Models for this page</summary>
      <p class="note">A bigger model answers better and slower. It is downloaded once and kept in this browser until you delete it.</p>
      <div id="local-picker"></div>
      <div class="field">
        <label for="gguf">A GGUF file of yours</label>
        <input id="gguf" type="file" accept=".gguf" multiple aria-describedby="gguf-note">
        <p id="gguf-note" class="note">It stays on this computer, and is chosen anew after a reload. Choose all parts of a model that has several.</p>
      </div>
    </details>
  </div>
  <div class="field" id="key-field">
    <label for="key">API key <span id="key-optional" class="optional" hidden>optional</span></label>
    <input id="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="off" data-1p-ignore data-lpignore="true" aria-describedby="key-note">
    <p id="key-note" class="note">Kept in memory only, unless you keep it below: it is sent to the provider, and gone when this page is closed or reloaded. <a id="key-link" target="_blank" rel="noopener noreferrer">Get a key</a></p>
  </div>
  <div class="field kept" id="kept-field">
    <button type="button" id="openrouter-login" hidden>Log in with OpenRouter</button>
    <p id="kept-note" class="note"></p>
    <div id="passphrase-field">
      <label for="passphrase">Passphrase</label>
      <input id="passphrase" type="password" autocomplete="off" spellcheck="false" data-1p-ignore data-lpignore="true" aria-describedby="kept-note">
    </div>
    <div class="row-buttons">
      <button type="button" id="keep-key">Keep this key</button>
      <button type="button" id="keep-key-passkey">Keep it with a passkey</button>
      <button type="button" id="unlock-key" hidden>Unlock</button>
      <button type="button" id="lock-keys" hidden>Lock</button>
      <button type="button" id="forget-key" hidden>Forget it</button>
    </div>
    <output id="kept-status" class="kept-status"></output>
  </div>
  <div class="field" id="base-field">
    <label for="base">Base URL <span id="base-optional" class="optional">optional</span></label>
    <input id="base" type="url" inputmode="url" spellcheck="false" autocapitalize="off" autocomplete="off">
  </div>
  <div class="field">
    <label for="preamble">Instructions <span class="optional">optional</span></label>
    <textarea id="preamble" rows="3" aria-describedby="preamble-note"></textarea>
    <p id="preamble-note" class="note">The model reads them before every conversation: who it is for, how to answer.</p>
    <div class="row-buttons"><button type="button" id="save-preamble">Save them for later</button></div>
  </div>
  <div class="field" id="reasoning-field">
    <label for="reasoning">Reasoning</label>
    <select id="reasoning" autocomplete="off" aria-describedby="reasoning-note">
      <option value="">As the model does by itself</option>
      <option value="none">None, or as little as it can</option>
      <option value="low">Low</option>
      <option value="medium">Medium</option>
      <option value="high">High</option>
      <option value="max">All it can</option>
    </select>
    <p id="reasoning-note" class="note">How much the model thinks before it answers. What it shows of that stands above the answer.</p>
  </div>
  <div class="field">
    <div class="pairs">
      <label>Temperature <input id="temperature" type="number" min="0" max="2" step="0.1" inputmode="decimal" placeholder="by itself" autocomplete="off" aria-describedby="temperature-note"></label>
      <label>Longest answer <input id="longest" type="number" min="1" step="1" inputmode="numeric" placeholder="tokens" autocomplete="off" aria-describedby="temperature-note"></label>
    </div>
    <p id="temperature-note" class="note"></p>
  </div>
  <fieldset class="field">
    <legend>Tools</legend>
    <ul id="tools" class="tools"></ul>
    <div class="python-hosts">
      <label for="python-hosts">Hosts that its Python may reach</label>
      <input id="python-hosts" type="text" spellcheck="false" autocomplete="off" autocapitalize="off" placeholder="none" aria-describedby="python-hosts-note">
      <p id="python-hosts-note" class="note">Such as api.example.org, or the hosts of a package index. Where the agent works in Files, its Python finds them below /toolfs.</p>
    </div>
    <ul class="tools" id="hosted-field" hidden>
      <li><input id="hosted-search" type="checkbox" autocomplete="off"><label for="hosted-search">Search the web
        <span class="tool-about">By the provider, which may charge for each search. Its sources stand under the answer.</span></label></li>
    </ul>
  </fieldset>
  <details class="more">
    <summary>Runs and approval</summary>
    <ul class="tools">
      <li><input id="ask-first" type="checkbox" autocomplete="off"><label for="ask-first">Ask me before a tool is called
        <span class="tool-about">You can change the arguments, or refuse.</span></label></li>
      <li><input id="keep-runs" type="checkbox" autocomplete="off"><label for="keep-runs">Go on after a reload
        <span class="tool-about">Every step of an answer is kept in this browser, so it goes on where it stopped, here or in another tab. A key must be typed again, or kept.</span></label></li>
    </ul>
  </details>
  <details class="more" id="titles">
    <summary>Titles of chats</summary>
    <ul class="tools">
      <li><input id="name-chats" type="checkbox" checked autocomplete="off"><label for="name-chats">Let the model name new chats
        <span class="tool-about">After the first answer, by one more short request to the same model. A title that you wrote stays. The small model in this page names none.</span></label></li>
    </ul>
  </details>
  <details class="more">
    <summary>Limits of an answer</summary>
    <div class="pairs" id="limits">
      <label>Model calls <input id="limit-requests" type="number" min="0" step="1" inputmode="numeric" autocomplete="off"></label>
      <label>Tool calls <input id="limit-tool-calls" type="number" min="0" step="1" inputmode="numeric" autocomplete="off"></label>
      <label>Tokens <input id="limit-tokens" type="number" min="0" step="1" inputmode="numeric" autocomplete="off"></label>
      <label>Seconds <input id="limit-seconds" type="number" min="0" step="any" inputmode="decimal" autocomplete="off"></label>
      <label>US dollars <input id="limit-cost" type="number" min="0" step="any" inputmode="decimal" autocomplete="off" aria-describedby="limit-note"></label>
      <span></span>
      <label>$ per million tokens in <input id="price-input" type="number" min="0" step="any" inputmode="decimal" autocomplete="off" aria-describedby="limit-note"></label>
      <label>$ per million tokens out <input id="price-output" type="number" min="0" step="any" inputmode="decimal" autocomplete="off" aria-describedby="limit-note"></label>
    </div>
    <p id="limit-note" class="note">An answer that passes one of them ends. Some providers tell what they charge (OpenRouter, Perplexity, xAI); for the others, a limit in dollars needs both prices.</p>
  </details>
  <details class="more">
    <summary>Second agent</summary>
    <div class="field">
      <label for="second-mode">What it is for</label>
      <select id="second-mode" autocomplete="off">
        <option value="">There is none</option>
        <option value="tool">The agent can ask it, as a tool</option>
        <option value="handoff">The agent can hand over to it</option>
      </select>
    </div>
    <div class="field">
      <label for="second-name">Name</label>
      <input id="second-name" type="text" value="critic" spellcheck="false" autocomplete="off">
    </div>
    <div class="field">
      <label for="second-preamble">Its instructions</label>
      <textarea id="second-preamble" rows="3" autocomplete="off">You are a strict editor. Say in two sentences what is weak in the text you are given.</textarea>
    </div>
    <p class="note">It uses the same model, and the limits above hold for both.</p>
  </details>
  <details class="more" id="mcp">
    <summary>MCP servers</summary>
    <div class="field">
      <label for="mcp-url">Address</label>
      <input id="mcp-url" type="url" inputmode="url" placeholder="https://example.com/mcp" spellcheck="false" autocapitalize="off" autocomplete="off" aria-describedby="mcp-note">
    </div>
    <div class="field">
      <label for="mcp-token">Token <span class="optional">optional</span></label>
      <input id="mcp-token" type="password" autocomplete="off" spellcheck="false" data-1p-ignore data-lpignore="true">
    </div>
    <div class="row-buttons">
      <button type="button" id="mcp-connect">Connect</button>
      <button type="button" id="mcp-login" hidden>Log in there</button>
    </div>
    <output id="mcp-status" class="kept-status"></output>
    <ul id="mcp-servers" class="servers" aria-label="Connected servers"></ul>
    <p id="mcp-note" class="note">Its tools join the agent's, and ask before they run unless you switch that off. What the agent sends them goes to that server, which must allow this page (CORS). After a reload it is connected again: its address is kept in this browser until you disconnect it; a token or a login stays in memory.</p>
  </details>
  <details class="more">
    <summary>WebMCP</summary>
    <ul class="tools">
      <li><input id="webmcp-publish" type="checkbox" autocomplete="off"><label for="webmcp-publish">Offer the agent's tools to this browser
        <span class="tool-about">Agents of the browser can call those that are switched on above.</span></label></li>
      <li><input id="webmcp-use" type="checkbox" autocomplete="off"><label for="webmcp-use">Use the tools that the page offers
        <span class="tool-about">Those that other scripts of this page registered.</span></label></li>
    </ul>
    <p id="webmcp-note" class="note"></p>
  </details>
  <p class="note">Changes count from the next message on.</p>
  <p id="offline-note" class="note" role="status" hidden>This page is kept in this browser: it opens without a network too.</p>
</form>
`;
