/** The login at an MCP server, in a window of its own. */

import { ConfigError } from "../errors.js";

const CHANNEL = "staysail-authorized";
const LONGEST_LOGIN_MS = 600_000;
const LOOK_EVERY_MS = 200;
/** Milliseconds that the page has had the focus back before a window that seems closed counts as closed. */
const CLOSED_AFTER_MS = 3_000;

/**
 * Returns the `authorize` function of a page: it shows an address in a window and returns the address that the person comes back to. Start
 * it from a click, or the browser blocks the window.
 *
 * The window opens empty and cut off from this page before it shows the address, so that no page in it can navigate this page. The answer
 * comes from `finishAuthorization()`, or from the window's address once it is of this page's origin.
 * @param {string} redirectURL an address of the page's own origin, where a page calls `finishAuthorization()`; a page that does nothing
 *   suffices where neither this page nor the authorization server isolates itself (COOP)
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

/**
 * Sends the address of the page at `redirectURL` to the page that waits in `authorizeInPopup`, and closes the window. Call it in the page
 * at `redirectURL`.
 */
export function finishAuthorization() {
  new BroadcastChannel(CHANNEL).postMessage(location.href);
  window.close();
}

/**
 * Returns the address that the login came back to.
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

/** Returns the window's address, or nothing while it shows another origin. @param {Window} popup */
function addressOf(popup) {
  try {
    return popup.location.href;
  } catch {
    return undefined;
  }
}
