/**
 * Names of language models: one of the catalogue, an address, or a file on the hub (`hf:owner/repo/file.gguf`). Of a model in several
 * files (`-00001-of-00003.gguf`) any one of them names the whole. What reads pictures or sound for a model, its projector, stands behind it
 * with a plus: `hf:owner/repo/model.gguf+mmproj-model.gguf`.
 *
 * @import { ModelFile } from "./types.js"
 */

import { BUILT_IN, LOCAL_MODELS } from "./catalogue.js";
import { LocalModelError } from "./errors.js";

export const HUB = "https://huggingface.co/";
/** More names of the model that comes with staysail. */
const DEFAULTS = ["", "smollm2-135m", "smollm2", "default"];
const HUB_NAME = /^([\w.-]+\/[\w.-]+)(?:@([^/@]+))?\/(.+)$/;
const PART = /-(\d{5})-of-(\d{5})(\.gguf)(?=$|[?#])/i;
const MOST_PARTS = 100;
const PLUS = /(?<=\.gguf)\+/i;
/** How files of projectors are named. */
const PROJECTOR = /mmproj/i;

/**
 * Returns a name in the one form that all its spellings share: a name of the catalogue, or an absolute address.
 * @param {string} model as the caller writes it, without "local:"
 * @param {{hubURL?: string}} [options] hubURL: the hub's address, for a mirror
 * @returns {string}
 * @throws {LocalModelError} "bad_request" for a name that names nothing
 */
export function canonicalName(model, { hubURL = HUB } = {}) {
  const name = model.trim();
  if (DEFAULTS.includes(name.toLowerCase())) return BUILT_IN.name;
  const known = LOCAL_MODELS.find((entry) => entry.name === name.toLowerCase());
  if (known) return known.name;
  const [weights, projector, ...more] = name.split(PLUS);
  if (more.length) throw bad(`"${name}" names more than a model and its projector.`);
  const address = addressOf(weights, hubURL);
  if (projector === undefined) return address;
  return `${address}+${projector.startsWith("hf:") ? hubAddress(projector, hubURL) : addressOf(new URL(projector, address).href, hubURL)}`;
}

/**
 * Returns the absolute address of a file, of the first part where it has several.
 * @param {string} name
 * @param {string} hubURL
 */
function addressOf(name, hubURL) {
  if (name.startsWith("hf:")) return hubAddress(name, hubURL);
  if (!/[/.]/.test(name)) throw unknown(name);
  const url = absolute(name);
  if (!url || !/^(https?|blob):$/.test(url.protocol)) {
    throw bad(`"${name}" is no address of a model. Give one that begins with https://, or "hf:owner/repo/file.gguf".`);
  }
  return firstPart(url.href);
}

/**
 * Returns the files of a model, in the order of its parts.
 * @param {string} name as `canonicalName` returns it
 * @param {{localURL: string, hubURL?: string}} options localURL: the folder of staysail's own model
 * @returns {ModelFile[]} `address` is absolute; without a size and a hash where they are not known
 */
export function filesOf(name, { localURL, hubURL = HUB }) {
  const known = LOCAL_MODELS.find((entry) => entry.name === name);
  if (known) {
    return known.files.map((file) => ({ ...file, address: placeOf(file.address, { localURL, hubURL }) }));
  }
  return name
    .split(PLUS)
    .flatMap(partsOf)
    .map((address) => ({ address }));
}

/**
 * Returns the absolute address of a catalogue's file.
 * @param {string} address absolute, "hf:owner/repo/file", or relative to the folder of staysail's own models
 * @param {{localURL: string, hubURL: string}} places
 */
export function placeOf(address, { localURL, hubURL }) {
  return address.startsWith("hf:") ? hubAddress(address, hubURL) : new URL(address, localURL).href;
}

/**
 * @param {string} name "hf:owner/repo/file.gguf", or with a revision "hf:owner/repo@revision/file.gguf"
 * @param {string} hubURL
 */
function hubAddress(name, hubURL) {
  const found = HUB_NAME.exec(name.slice("hf:".length));
  if (
    !found ||
    !/\.(gguf|onnx|safetensors|json)$/i.test(found[3]) ||
    found[3].split("/").some((step) => !step || step === "." || step === "..")
  ) {
    throw bad(`"${name}" names no file on the hub. Write "hf:owner/repo/file.gguf": the repository's page lists its files.`);
  }
  const [, repo, revision = "main", path] = found;
  const steps = [...repo.split("/"), "resolve", revision, ...path.split("/")];
  return firstPart(new URL(steps.map(encodeURIComponent).join("/"), hubURL).href);
}

/** @param {string} address */
function firstPart(address) {
  return partsOf(address)[0];
}

/** @param {string} address */
function partsOf(address) {
  const found = PART.exec(address);
  if (!found) return [address];
  const [number, count] = [Number(found[1]), Number(found[2])];
  if (number < 1 || number > count || count > MOST_PARTS) {
    throw bad(`"${address}" is part ${number} of ${count}: a model has 1 to ${MOST_PARTS} parts, counted from 1.`);
  }
  return Array.from({ length: count }, (_, at) =>
    address.replace(PART, (_whole, _number, total, end) => `-${String(at + 1).padStart(5, "0")}-of-${total}${end}`),
  );
}

/**
 * Returns files in the order of their parts, a projector last. Raises "bad_request" where a part is missing.
 * @param {Blob[]} files
 * @returns {Blob[]}
 */
export function inOrder(files) {
  const isProjector = (/** @type {Blob} */ file) => file instanceof File && PROJECTOR.test(file.name);
  const projectors = files.filter(isProjector);
  if (projectors.length === 1 && files.length > 1) return [...inOrder(files.filter((file) => !isProjector(file))), ...projectors];
  if (files.length === 1) return files;
  const parts = files.map((file) => ({ file, found: PART.exec(file instanceof File ? file.name : "") }));
  parts.sort((a, b) => Number(a.found?.[1] ?? 0) - Number(b.found?.[1] ?? 0));
  const count = Number(parts[0]?.found?.[2] ?? 0);
  if (files.length !== count || parts.some(({ found }, at) => Number(found?.[1]) !== at + 1 || Number(found?.[2]) !== count)) {
    throw bad(
      `Those ${files.length} files are not one model: choose one .gguf file, or all parts of one ("…-00001-of-00003.gguf" and so on), and its projector ("mmproj-….gguf") where it reads pictures or sound.`,
    );
  }
  return parts.map(({ file }) => file);
}

/** @param {string} address */
function absolute(address) {
  try {
    return new URL(address, globalThis.location?.href);
  } catch {
    return undefined;
  }
}

/** @param {string} name */
function unknown(name) {
  const names = LOCAL_MODELS.map((entry) => entry.name).join(", ");
  return bad(
    `There is no local model "${name}". Use one of ${names}; "hf:owner/repo/file.gguf"; the address of a .gguf file; or the file itself.`,
  );
}

/** @param {string} message */
function bad(message) {
  return new LocalModelError("bad_request", message);
}
