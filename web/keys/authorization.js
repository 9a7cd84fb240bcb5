/** The login of an MCP server, in a window of its own. */

import { ConfigError } from "../errors.js";

const AUTHORIZED = "staysail-authorized";

/**
 * The `authorize` of a page: shows the address in a window of its own, and gives the one that it comes back to. Call what leads to it from a
 * click, or the browser blocks the window. redirectURL: an address of the page's own origin, where a page calls `finishAuthorization()`; one
 * that does nothing will do where this page is not cross-origin isolated.
 * @param {string} redirectURL
 * @returns {(url: string) => Promise<string>}
 */
export function authorizeInPopup(redirectURL) {
  return async (url) => {
    const channel = new BroadcastChannel(AUTHORIZED);
    const state = new URL(url).searchParams.get("state");
    const popup = window.open(url, "_blank", "popup,width=520,height=680");
    /** @type {ReturnType<typeof setInterval> | undefined} */
    let timer;
    try {
      if (!popup) throw new ConfigError("the browser blocked the window to log in with: connect from a click");
      return await new Promise((resolve, reject) => {
        channel.onmessage = ({ data }) => {
          if (String(data).startsWith(redirectURL) && new URL(data).searchParams.get("state") === state) resolve(data);
        };
        timer = setInterval(() => {
          const address = addressOf(popup);
          if (address?.startsWith(redirectURL)) resolve(address);
          // To an isolated page, a window with another origin seems closed from the start.
          else if (popup.closed && !crossOriginIsolated) reject(new ConfigError("the window to log in with was closed"));
        }, 200);
      });
    } finally {
      clearInterval(timer);
      channel.close();
      popup?.close();
    }
  };
}

/** For the page at `redirectURL`: tells the one that waits in `authorizeInPopup`, and closes. */
export function finishAuthorization() {
  new BroadcastChannel(AUTHORIZED).postMessage(location.href);
  window.close();
}

/** Nothing while it shows another origin. @param {Window} popup */
function addressOf(popup) {
  try {
    return popup.location.href;
  } catch {
    return undefined;
  }
}
