/** Figures of the collection: its size, its search, its memory. */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { store } from "./collection.js";

/** @param {number} files */
export async function showFigures(files) {
  const facts = /** @type {any} */ (await store.explain());
  const { rows, codes, signs } = facts.memoryBytes;
  const rowsOf = [
    ["Files", files.toLocaleString("en")],
    ["Passages", facts.documents.toLocaleString("en")],
    ["Dimensions", `${facts.dim}, ${facts.metric}, ${facts.dtype}`],
    ["Quantisation", facts.quantization === "auto" ? `chosen by size: ${facts.search}` : facts.quantization],
    ["Search", `${facts.search}: ${facts.reason}`],
    ["Memory", `${size(rows + codes + signs)} of vectors`],
    ["Disk", `${size(facts.storedBytes)} by this whole site${facts.freeBytes == null ? "" : `, ${size(facts.freeBytes)} free`}`],
    ["Kept in", facts.storage],
    ["Computed by", facts.backend],
    ...(facts.damage.length ? [["Damaged", `${facts.damage.length} parts: add these files again`]] : []),
  ];
  find("documents-figures", HTMLElement).replaceChildren(...rowsOf.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** @param {number} bytes */
function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toLocaleString("en", { maximumFractionDigits: power ? 1 : 0 })} ${units[power]}`;
}
