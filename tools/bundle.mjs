// Writes web/dist/: the package for pages without a bundler, one minified module a use, its workers beside it, with source maps and
// hashes. Run by `npm pack`; by hand: `cd web && npm run dist`.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = fileURLToPath(new URL("../web/", import.meta.url));
const dist = join(web, "dist");
const require = createRequire(join(web, "package.json"));

/** Subpaths that dist/staysail.js exports, in one module, so that a page has one interpreter. */
const SUBPATHS = ["index", "toolfs", "vector-store", "qdrant"];
const everything = `${SUBPATHS.map((name) => `export * from "./${name}.js";`).join("\n")}
export { localEngine } from "./models/local-engines.js";`;

const WORKERS = [
  "runtime/python-worker",
  "runtime/shared-worker",
  "runtime/snapshot-worker",
  "element/highlight-worker",
  "local/engine-worker",
  "plugins/plugin-worker",
  "sandbox/for-workers",
];
const ENTRIES = {
  "staysail.js": everything,
  "staysail-chat.js": `export * from "./element/staysail-chat.js";\n${everything}`,
  ...Object.fromEntries(WORKERS.map((path) => [`${basename(path)}.js`, `import "./${path}.js";`])),
};
/** Files that modules read as text, by addresses beside themselves. */
const TEXTS = ["sandbox/sandbox-worker.js", "sandbox/harness.py", "sandbox/frame.html"];

if (isFresh()) process.exit();
const { build } = await import(pathToFileURL(require.resolve("esbuild")).href);
const { version } = JSON.parse(readFileSync(join(web, "package.json"), "utf8"));
const bundles = await Promise.all(Object.entries(ENTRIES).map(bundle));
const texts = TEXTS.map((path) => ({ name: basename(path), contents: readFileSync(join(web, path)) }));
const files = [...bundles.flat(), ...texts].sort((a, b) => (a.name < b.name ? -1 : 1));
const hashed = files.filter(({ name }) => !name.endsWith(".map"));
const integrity = Object.fromEntries(hashed.map(({ name, contents }) => [name, hash(contents)]));
mkdirSync(dist, { recursive: true });
for (const { name, contents } of files) write(name, contents);
write("integrity.json", `${JSON.stringify({ version, integrity }, null, 2)}\n`);
for (const name of readdirSync(dist)) if (name !== "integrity.json" && !files.some((file) => file.name === name)) rmSync(join(dist, name));

/** @param {[string, string]} entry */
async function bundle([name, contents]) {
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: web, sourcefile: `entry-of-${name}` },
    outfile: join(dist, name),
    bundle: true,
    external: ["../vendor/highlight/*", "../vendor/temml/*"], // imported when a message needs them, from beside dist/
    format: "esm",
    target: "es2022",
    minify: true,
    keepNames: true, // errors are known by their names
    sourcemap: "linked",
    sourcesContent: false, // the sources are in the package, where the map says
    legalComments: "inline",
    charset: "utf8",
    write: false,
    logLevel: "error",
  });
  if (warnings.length) throw new Error(`esbuild warns of ${name}: ${warnings.map(({ text }) => text).join("; ")}`);
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
}

/** Whether nothing was edited since the last time. */
function isFresh() {
  const mark = join(dist, "integrity.json");
  if (!existsSync(mark)) return false;
  const isSource = (/** @type {string} */ path) => /\.(js|mjs|py|html)$/.test(path) && !/^(dist|node_modules|types)\b/.test(path);
  const sources = readdirSync(web, { recursive: true }).map(String).filter(isSource);
  const last = Math.max(
    ...[...sources, "package.json"].map((path) => statSync(join(web, path)).mtimeMs),
    statSync(fileURLToPath(import.meta.url)).mtimeMs,
  );
  return statSync(mark).mtimeMs >= last;
}

/** @param {Uint8Array} contents */
function hash(contents) {
  return `sha384-${createHash("sha384").update(contents).digest("base64")}`;
}

/**
 * Writes a file in one step, because other processes may be packing.
 * @param {string} name
 * @param {string | Uint8Array} contents
 */
function write(name, contents) {
  const partial = join(dirname(dist), `.${name}.${process.pid}.partial`);
  writeFileSync(partial, contents);
  renameSync(partial, join(dist, name));
}
