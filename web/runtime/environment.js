/** What this code runs in. A document alone tells nothing: tests of components give Node one (jsdom, happy-dom). */

const { process, document, location } = /** @type {any} */ (globalThis);

/** Node, Deno or Bun. Electron's windows have Node's version, and are pages. */
export const inNode = typeof process?.versions?.node === "string" && process.type !== "renderer";

/** A page, or a worker of a page. */
export const inPage =
  !inNode && typeof Worker === "function" && (typeof document === "object" || "DedicatedWorkerGlobalScope" in globalThis);

/** A browser's service worker, which has neither workers nor import(). */
export const inServiceWorker = !inNode && "ServiceWorkerGlobalScope" in globalThis;

/** The address that relative addresses are resolved against. @returns {string | undefined} */
export const baseURL = () => (inNode ? new URL(`file://${process.cwd()}/`).href : location?.href);

/**
 * Returns a module of Node, by a way that no bundler follows. Nothing where Node is older than 20.16.
 * @param {string} name
 * @returns {any}
 */
export const nodeModule = (name) => process?.getBuiltinModule?.(name);

/** Whether an address leads to something on the disk, in Node; true where Node is too old to say. @param {string} url */
export function isOnDisk(url) {
  const fs = nodeModule("node:fs");
  return !fs || (url.startsWith("file:") && fs.existsSync(new URL(url)));
}

/** Environment variables with keys and addresses, which Python reads as it does on a server. */
export function environmentVariables() {
  const passed = Object.entries(process.env).filter(([name, value]) => value && /^STAYSAIL_|_(API_KEY|TOKEN|BASE_URL)$/.test(name));
  return { HOME: "/home/pyodide", .../** @type {Record<string, string>} */ (Object.fromEntries(passed)) };
}
