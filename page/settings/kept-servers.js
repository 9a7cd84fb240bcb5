/**
 * The MCP servers that this browser connects again: their addresses, without secrets.
 *
 * @typedef {"nothing" | "token" | "login"} Access what a server requires of a client
 * prefix: of its tools' names. off: tools that are switched off. asks: whether its tools are called only after the user's approval
 * @typedef {{url: string, access: Access, prefix: string, off: string[], asks: boolean}} KeptServer
 */

const KEPT = "staysail-mcp-servers";

/** @returns {KeptServer[]} */
export function keptServers() {
  try {
    /** @type {KeptServer[]} */
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return kept
      .filter(({ url }) => /^https?:/.test(url))
      .map(({ url, access = "nothing", prefix = "", off = [], asks = true }) => ({ url, access, prefix, off, asks: asks !== false }));
  } catch {
    return []; // of another version, or of a window that keeps nothing
  }
}

/**
 * Stores a server in place of an earlier entry with its address.
 * @param {KeptServer} server
 * @returns {boolean} whether it is kept: not where the address may hold a secret
 */
export function keepServer(server) {
  const { username, password, search } = new URL(server.url);
  if (username || password || search) return false;
  save([...keptServers().filter(({ url }) => url !== server.url), server]);
  return true;
}

/** @param {string} url */
export function dropServer(url) {
  save(keptServers().filter((server) => server.url !== url));
}

/** @param {KeptServer[]} servers */
function save(servers) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(servers));
  } catch {
    // the window keeps nothing: they stay for as long as the page does
  }
}
