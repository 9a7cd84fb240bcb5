// Writes web/dist/: the package for pages without a bundler, one minified module a use, its workers beside it, with source maps and
// hashes; and index.html with its modules as page.js and page-later.js, which the npm package leaves out. Run by `make build` and
// `npm pack`; by hand: `cd web && npm run dist`. What was not edited since is not made again.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const web = join(root, "web");
const dist = join(web, "dist");

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
  "mcp-apps.js": `export * from "./mcp-apps/mcp-apps.js";`,
  ...Object.fromEntries(WORKERS.map((path) => [`${basename(path)}.js`, `import "./${path}.js";`])),
};
/** @satisfies {import("../web/node_modules/esbuild/lib/main.js").BuildOptions} */
const OPTIONS = {
  bundle: true,
  external: ["../vendor/highlight/*", "../vendor/temml/*"], // imported when a message needs them, from beside dist/
  format: /** @type {const} */ ("esm"),
  target: "es2022",
  minify: true,
  keepNames: true, // errors are known by their names
  sourcemap: /** @type {const} */ ("linked"),
  sourcesContent: false, // the sources are in the package, where the map says
  legalComments: /** @type {const} */ ("inline"),
  charset: /** @type {const} */ ("utf8"),
  write: /** @type {const} */ (false),
  logLevel: /** @type {const} */ ("error"),
};
const MARK = "integrity.json";
const BUILT_PAGE = "page.html";
/** Files that modules read as text, by addresses beside themselves. */
const TEXTS = ["sandbox/sandbox-worker.js", "sandbox/harness.py", "sandbox/frame.html", "mcp-apps/app-frame.html"];

if (isFresh()) process.exit();
console.log("Bundling the page and the package into web/dist");
const { build, transform } = await import(pathToFileURL(findEsbuild()).href);
const { version } = JSON.parse(readFileSync(join(web, "package.json"), "utf8"));
const bundles = await Promise.all(Object.entries(ENTRIES).map(bundle));
const texts = TEXTS.map((path) => ({ name: basename(path), contents: readFileSync(join(web, path)) }));
const ofPage = await bundlePage();
const files = [...bundles.flat(), ...texts].sort((a, b) => (a.name < b.name ? -1 : 1));
const hashed = files.filter(({ name }) => !name.endsWith(".map"));
const integrity = Object.fromEntries(hashed.map(({ name, contents }) => [name, hash(contents)]));
mkdirSync(dist, { recursive: true });
const written = [...files, { name: MARK, contents: `${JSON.stringify({ version, integrity }, null, 2)}\n` }, ...ofPage];
for (const { name, contents } of written) write(name, contents);
for (const name of readdirSync(dist)) if (!written.some((file) => file.name === name)) rmSync(join(dist, name));

/**
 * Returns page.js, page-later.js and page.html: index.html with its styles and its first script inside, whose hashes its policy names, so that
 * the page is painted when the document is there.
 */
async function bundlePage() {
  const [scripts, styles, first] = await Promise.all([
    bundlePageScripts(),
    build({ entryPoints: [join(root, "page/styles.css")], bundle: true, minify: true, charset: "utf8", write: false, logLevel: "error" }),
    transform(readFileSync(join(root, "page/first-paint.js"), "utf8"), { minify: true }),
  ]);
  const css = styles.outputFiles[0].text.trim();
  const code = first.code.trim();
  const html = [
    ['<link rel="stylesheet" href="page/styles.css">', `<style>${css}</style>`],
    ['<script src="page/first-paint.js"></script>', `<script>${code}</script>`],
    ['src="page/page.js"', 'src="web/dist/page.js"'],
    ["script-src 'self'", `script-src 'self' '${hash(code)}'`],
    ["style-src 'self'", `style-src 'self' '${hash(css)}'`],
  ].reduce(replaceOnce, readFileSync(join(root, "index.html"), "utf8"));
  return [...scripts, { name: BUILT_PAGE, contents: html }];
}

/**
 * Returns the page's modules in two files: page.js with all that page/page.js imports by `import … from`, and page-later.js with whatever any
 * module loads by `import()`.
 *
 * How it works: esbuild makes a file of the modules that two entries share. One entry is page.js; the other imports it, too, and exports each
 * module that is loaded later. So the file that they share is page.js, and every `import()` becomes one of page-later.js.
 */
async function bundlePageScripts() {
  const start = join(root, "page/page.js");
  const { metafile } = await build({ ...OPTIONS, entryPoints: [start], outdir: dist, metafile: true, absWorkingDir: root });
  const inputs = /** @type {{[path: string]: {imports: {path: string, kind: string, external?: boolean}[]}}} */ (metafile.inputs);
  const dynamic = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, external }) => kind === "dynamic-import" && !external),
  );
  const later = [...new Set(dynamic.map(({ path }) => join(root, path)))].sort();
  const exported = later.map((path, index) => `export * as m${index} from ${JSON.stringify(path)};`).join("\n");
  const plugin = {
    name: "later",
    /** @param {import("../web/node_modules/esbuild/lib/main.js").PluginBuild} builder */
    setup(builder) {
      builder.onResolve({ filter: /^page-later$/ }, ({ path }) => ({ path, namespace: "entry" }));
      builder.onLoad({ filter: /.*/, namespace: "entry" }, () => ({
        contents: `import ${JSON.stringify(start)};\n${exported}`,
        resolveDir: root,
      }));
      builder.onLoad({ filter: /\.m?js$/ }, ({ path }) => ({
        contents: redirect(readFileSync(path, "utf8"), dirname(path)),
        loader: "js",
      }));
    },
  };
  /**
   * @param {string} code
   * @param {string} folder
   */
  const redirect = (code, folder) =>
    code.replaceAll(/\bimport\(\s*"(\.[^"]+)"\s*\)/g, (whole, name) => {
      const index = later.indexOf(join(folder, name));
      return index < 0 ? whole : `import("page-later").then(({ m${index} }) => m${index})`;
    });
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: { start, "page-later": "page-later" },
    outdir: dist,
    splitting: true,
    chunkNames: "page",
    plugins: [plugin],
  });
  const made = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const files = made.filter(({ name }) => !name.startsWith("start.js")); // it imports page.js and does no more
  const names = files.map(({ name }) => name).filter((name) => name.endsWith(".js"));
  if (names.sort().join() !== "page-later.js,page.js") throw new Error(`The page came in ${names.join(", ")}`);
  return files;
}

/**
 * @param {string} text
 * @param {string[]} pair
 */
function replaceOnce(text, [before, after]) {
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`index.html has ${before} ${parts.length - 1} times, where one is replaced`);
  return parts.join(after);
}

/** Returns the module of esbuild: the one of the JavaScript tools, or the one that `make build` installs where those are not. */
function findEsbuild() {
  const places = [web, fileURLToPath(new URL("bundler", import.meta.url))];
  for (const place of places) {
    try {
      return createRequire(join(place, "package.json")).resolve("esbuild");
    } catch {
      // not installed there
    }
  }
  throw new Error(`esbuild is in neither ${places.join(" nor ")}: run make build`);
}

/** @param {[string, string]} entry */
async function bundle([name, contents]) {
  const { outputFiles, warnings } = await build({
    ...OPTIONS,
    stdin: { contents, resolveDir: web, sourcefile: `entry-of-${name}` },
    outfile: join(dist, name),
  });
  if (warnings.length) throw new Error(`esbuild warns of ${name}: ${warnings.map(({ text }) => text).join("; ")}`);
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
}

/** Whether nothing was edited since the last time. The page's document is written last. */
function isFresh() {
  const mark = join(dist, BUILT_PAGE);
  if (!existsSync(mark)) return false;
  const isSource = (/** @type {string} */ path) => /\.(js|mjs|py|html|css)$/.test(path) && !/^(dist|node_modules|types)\b/.test(path);
  const inside = ["web", "page"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map(String)
      .filter(isSource)
      .map((path) => join(folder, path)),
  );
  const times = [...inside, "web/package.json", "index.html", "tools/bundle.mjs"].map((path) => statSync(join(root, path)).mtimeMs);
  return statSync(mark).mtimeMs >= Math.max(...times);
}

/** @param {Uint8Array | string} contents */
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
