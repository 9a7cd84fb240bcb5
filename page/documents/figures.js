/** What the collection is made of and what it takes. */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { store } from "./collection.js";

/** @param {number} files */
export async function showFigures(files) {
  const told = /** @type {any} */ (await store.explain());
  const { rows, codes, signs } = told.memoryBytes;
  const rowsOf = [
    ["Files", files.toLocaleString("en")],
    ["Passages", told.documents.toLocaleString("en")],
    ["Dimensions", `${told.dim}, ${told.metric}, ${told.dtype}`],
    ["Quantisation", told.quantization === "auto" ? `chosen by size: ${told.search}` : told.quantization],
    ["Search", `${told.search}: ${told.reason}`],
    ["Memory", `${size(rows + codes + signs)} of vectors`],
    ["Disk", `${size(told.storedBytes)} by this whole site${told.freeBytes == null ? "" : `, ${size(told.freeBytes)} free`}`],
    ["Kept in", told.storage],
    ["Computed by", told.backend],
    ...(told.damage.length ? [["Damaged", `${told.damage.length} parts: add these files again`]] : []),
  ];
  find("documents-figures", HTMLElement).replaceChildren(...rowsOf.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** @param {number} bytes */
function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toLocaleString("en", { maximumFractionDigits: power ? 1 : 0 })} ${units[power]}`;
}
