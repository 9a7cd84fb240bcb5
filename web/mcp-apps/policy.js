/**
 * The content security policy of an app: nothing is loaded and nothing is connected to, but for the hosts that its server names. Hosts of the
 * user's own network are left out, as a server elsewhere has no business with them.
 *
 * @typedef {{connectDomains?: unknown, resourceDomains?: unknown, frameDomains?: unknown, baseUriDomains?: unknown}} Declared
 */

const MOST_HOSTS = 50;
const ORIGIN = /^(?:https|wss):\/\/(?:\*\.)?(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z](?:[a-z\d-]*[a-z\d])?(?::\d{1,5})?$/i;
const LOCAL_ORIGIN = /^(?:https?|wss?):\/\/(?:localhost|127\.0\.0\.1)(?::\d{1,5})?$/i;
/** Names that lead to the user's own network. */
const PRIVATE = /\.(?:local|localhost|internal|intranet|lan|home|corp|home\.arpa)(?::\d+)?$/i;

/**
 * Returns a policy, as the content of a header.
 * @param {Declared} [declared] hosts that the server names in `_meta.ui.csp`
 * @param {{isLocal?: boolean}} [page] isLocal: whether the page itself is of this machine, and its apps may reach this machine
 * @returns {string}
 */
export function writePolicy(declared = {}, { isLocal = false } = {}) {
  const hosts = (/** @type {unknown} */ list) => readHosts(list, isLocal);
  const resources = hosts(declared.resourceDomains);
  const [connected, framed, bases] = [declared.connectDomains, declared.frameDomains, declared.baseUriDomains].map(hosts);
  const directives = {
    "default-src": [],
    "script-src": ["'unsafe-inline'", "'wasm-unsafe-eval'", "blob:", ...resources],
    "style-src": ["'unsafe-inline'", ...resources],
    "img-src": ["data:", "blob:", ...resources],
    "font-src": ["data:", ...resources],
    "media-src": ["data:", "blob:", ...resources],
    "connect-src": connected,
    "frame-src": framed,
    "base-uri": bases,
    "object-src": [],
    "form-action": [],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(" ") || "'none'"}`)
    .join("; ");
}

/**
 * Returns the hosts that an app can reach, as people read them.
 * @param {Declared} [declared]
 * @param {{isLocal?: boolean}} [page]
 * @returns {string[]}
 */
export function reachableHosts(declared = {}, { isLocal = false } = {}) {
  const lists = [declared.connectDomains, declared.resourceDomains, declared.frameDomains];
  return [...new Set(lists.flatMap((list) => readHosts(list, isLocal)).map((origin) => origin.replace(/^\w+:\/\//, "")))];
}

/**
 * @param {unknown} list
 * @param {boolean} isLocal
 * @returns {string[]}
 */
function readHosts(list, isLocal) {
  if (!Array.isArray(list)) return [];
  const isAllowed = (/** @type {unknown} */ origin) =>
    typeof origin === "string" && ((ORIGIN.test(origin) && !PRIVATE.test(origin)) || (isLocal && LOCAL_ORIGIN.test(origin)));
  return list.filter(isAllowed).slice(0, MOST_HOSTS);
}
