/** The login of an MCP server, in a window of its own. */

import { ConfigError } from "../errors.js";

const CHANNEL = "staysail-authorized";
const LONGEST_LOGIN_MS = 600_000;
const LOOK_EVERY_MS = 200;
/** How long the page has had the focus back before a window that seems closed counts as closed. */
const CLOSED_AFTER_MS = 3_000;

/**
 * Returns the `authorize` of a page: it shows an address in a window and returns the one that the person comes back to. What leads to it is
 * to begin with a click, or the browser blocks the window.
 *
 * The window is opened empty and cut off from this page before it shows the address, so that no page in it can navigate this one. Its
 * answer comes from `finishAuthorization()`, or from a look at its address once it is of this page's origin.
 * @param {string} redirectURL an address of the page's own origin, where a page calls `finishAuthorization()`; a page that does nothing
 *   will do where neither this page nor the authorization server isolates itself (COOP)
 * @returns {(url: string) => Promise<string>}
 */
export function authorizeInPopup(redirectURL) {
  return async (url) => {
    const address = new URL(url);
    if (!/^https?:$/.test(address.protocol)) throw new ConfigError(`a login is at an http or https address, not ${address.protocol}`);
    const popup = window.open("", "_blank", "popup,width=520,height=680");
    if (!popup) throw new ConfigError("the browser blocked the window to log in with: connect from a click");
    popup.opener = null;
    popup.location.replace(address.href);
    return answerOf(popup, new URL(redirectURL, location.href), address.searchParams.get("state"));
  };
}

/** For the page at `redirectURL`: hands its address to the page that waits in `authorizeInPopup`, and closes. */
export function finishAuthorization() {
  new BroadcastChannel(CHANNEL).postMessage(location.href);
  window.close();
}

/**
 * The address that the login came back to.
 * @param {Window} popup
 * @param {URL} redirect
 * @param {string | null} state
 * @returns {Promise<string>}
 */
async function answerOf(popup, redirect, state) {
  const channel = new BroadcastChannel(CHANNEL);
  const began = Date.now();
  let closedFor = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      channel.onmessage = ({ data }) => {
        if (isAnswer(data, redirect, state)) resolve(data);
      };
      timer = setInterval(() => {
        const shown = addressOf(popup);
        if (isAnswer(shown, redirect, state)) return resolve(/** @type {string} */ (shown));
        // To an isolated page, or under a server that isolates itself, an open window seems closed too.
        closedFor = popup.closed && !crossOriginIsolated && document.hasFocus() ? closedFor + LOOK_EVERY_MS : 0;
        if (closedFor > CLOSED_AFTER_MS) reject(new ConfigError("the window to log in with was closed"));
        if (Date.now() - began > LONGEST_LOGIN_MS) reject(new ConfigError("nobody logged in within 10 minutes"));
      }, LOOK_EVERY_MS);
    });
  } finally {
    clearInterval(timer);
    channel.close();
    popup.close();
  }
}

/**
 * Whether an address is the page at `redirect`, with the answer to this login.
 * @param {unknown} address
 * @param {URL} redirect
 * @param {string | null} state
 */
function isAnswer(address, redirect, state) {
  if (typeof address !== "string" || !URL.canParse(address)) return false;
  const { origin, pathname, searchParams } = new URL(address);
  return origin === redirect.origin && pathname === redirect.pathname && searchParams.get("state") === state;
}

/** The window's address; nothing while it shows another origin. @param {Window} popup */
function addressOf(popup) {
  try {
    return popup.location.href;
  } catch {
    return undefined;
  }
}
