// Deno and Bun, where they are installed.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const installed = fileURLToPath(new URL("../edge/node_modules/.bin/", import.meta.url));

/** @returns {{name: string, args: string[], command: string | undefined}[]} */
export function findRuntimes() {
  return [
    { name: "deno", args: ["run", "--allow-all", "--no-lock"] },
    { name: "bun", args: ["run"] },
  ].map((entry) => ({ ...entry, command: find(entry.name) }));
}

/** @param {string} name */
function find(name) {
  const folders = [installed, ...(process.env.PATH ?? "").split(delimiter)];
  const places = [process.env[`${name.toUpperCase()}_BIN`], ...folders.map((folder) => join(folder, name))];
  return places.find((place) => place && existsSync(place));
}
