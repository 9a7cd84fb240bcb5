/**
 * The settings of the interpreter that a page shares. Setting them starts nothing.
 * @import { Addresses, BootProgress } from "./types.js"
 *
 * @typedef {object} Settings
 * @property {"worker" | "main" | "shared"} [mode] where Python runs: a module worker (the default in a page), the calling thread (the
 *   default in Node), or one worker for all tabs of the origin that choose "shared", which starts with the options of the first tab
 * @property {string | URL} [runtimeURL] folder that holds Pyodide; by default the package `staysail-runtime` on jsDelivr, or Pyodide's
 *   own folder there where that is not reached; in Node the npm package `pyodide`. In Node a path from a site's root ("/pyodide/") that is
 *   no folder of the disk counts as a page's, and the default is used
 * @property {string | URL} [assetsURL] folder that holds the files of this npm package, for bundlers that emit no workers
 * @property {string | URL} [workerURL] script of Python's worker, where it has an address of its own
 * @property {string | URL} [wheelURL] staysail's Python package; by default the wheel that comes with this module
 * @property {false | string | URL} [snapshot] manifest of the memory that Python starts from. By default the manifest in the folder at
 *   runtimeURL, else of a snapshot that the page takes in the background after a first start. Snapshots are kept in the Cache API (17
 *   MB). false: start without
 */

import { ConfigError } from "../errors.js";
import { baseURL, inNode, isOnDisk } from "./environment.js";
import { PYODIDE_URL, RUNTIME_URL, SNAPSHOT_MANIFEST, canKeep, keptManifestURL, wheelURL } from "./locations.js";
import { setPlaces } from "./package-files.js";

export const MODES = ["worker", "main", "shared"];
const ADDRESSES = /** @type {const} */ (["runtimeURL", "assetsURL", "workerURL", "wheelURL"]);
const NAMES = /** @type {const} */ (["mode", ...ADDRESSES, "snapshot"]);

/** What was set so far, addresses as text. @type {{[N in typeof NAMES[number]]?: any}} */
let settings = {};

/**
 * Checks options and returns those of them that are settings with another value than now. Throws a ConfigError for a name or a value that
 * is not known.
 * @param {string} caller name of the function whose options they are
 * @param {Record<string, unknown>} options
 * @param {Record<string, (value: any) => string | undefined>} others checks of the caller's own options: they return what is wrong
 * @returns {Settings}
 */
export function readSettings(caller, options, others) {
  if (options === null || typeof options !== "object") throw new ConfigError(`${caller} takes an object of options`);
  const known = [...NAMES, ...Object.keys(others)];
  /** @type {Record<string, unknown>} */
  const changed = {};
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw new ConfigError(`${caller} has no option "${name}"; there are: ${known.join(", ")}`);
    if (value == null) continue;
    const wrong = (others[name] ?? CHECKS[/** @type {keyof typeof CHECKS} */ (name)])(value);
    if (wrong) throw new ConfigError(`${caller}: ${name} is ${wrong}, got ${shown(value)}`);
    const plain = value instanceof URL ? value.href : value;
    if (!(name in others) && plain !== settings[/** @type {keyof typeof settings} */ (name)]) changed[name] = plain;
  }
  return changed;
}

/** Keeps settings for the next start. @param {Settings} changed */
export function keepSettings(changed) {
  settings = { ...settings, ...changed };
  const placed = (/** @type {"assetsURL" | "workerURL"} */ name) => settings[name] && new URL(settings[name], baseURL()).href;
  setPlaces({ assetsURL: asFolder(placed("assetsURL")), workerURL: placed("workerURL") });
}

/** Where Python runs, as far as it was chosen. @returns {Settings["mode"]} */
export const chosenMode = () => settings.mode;

/** The addresses that settings name. @returns {(keyof Addresses)[]} */
export function statedAddresses() {
  const names = /** @type {const} */ ({ runtimeURL: "runtimeURL", wheelURL: "wheelURL", snapshot: "snapshotURL" });
  return Object.entries(names).flatMap(([setting, name]) =>
    settings[/** @type {keyof typeof names} */ (setting)] === undefined ? [] : [name],
  );
}

/** Returns the addresses of Python's files for the next start. @returns {Addresses} */
export function addresses() {
  const { runtimeURL: named, snapshot: chosen, assetsURL } = settings;
  const ofPage = inNode && named?.startsWith("/") && !isOnDisk(new URL(named, baseURL()).href);
  const given = named && !ofPage ? asFolder(new URL(named, baseURL()).href) : undefined;
  const runtimeURL = given ?? (inNode ? undefined : RUNTIME_URL);
  const snapshot = chosen ?? (runtimeURL && new URL(SNAPSHOT_MANIFEST, runtimeURL));
  return {
    runtimeURL,
    fallbackURL: runtimeURL === RUNTIME_URL ? PYODIDE_URL : undefined,
    wheelURL: new URL(settings.wheelURL ?? wheelURL(), baseURL()).href,
    snapshotURL: snapshot ? new URL(snapshot, baseURL()).href : undefined,
    keptURL: canKeep && chosen === undefined && runtimeURL ? keptManifestURL(runtimeURL) : undefined,
    assetsURL: asFolder(assetsURL && new URL(assetsURL, baseURL()).href),
  };
}

const CHECKS = {
  mode: (/** @type {unknown} */ value) => (MODES.includes(/** @type {any} */ (value)) ? undefined : orOf(MODES)),
  ...Object.fromEntries(ADDRESSES.map((name) => [name, checkAddress])),
  snapshot: (/** @type {unknown} */ value) => (value === false ? undefined : checkAddress(value) && "false or an address"),
};

/** @param {unknown} value */
function checkAddress(value) {
  if (value instanceof URL) return undefined;
  return typeof value === "string" && value !== "" && URL.canParse(value, baseURL() ?? "http://page.invalid/") ? undefined : "an address";
}

/** Writes names as one of several: "a", "b" or "c". @param {readonly string[]} names */
export function orOf(names) {
  const quoted = names.map((name) => `"${name}"`);
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "string" ? JSON.stringify(value) : typeof value === "object" ? "an object" : String(value);
}

/** @type {<T extends string | undefined>(url: T) => T} */
const asFolder = (url) => /** @type {any} */ (url?.replace(/\/?$/, "/"));
