// Makes a site of the packed package: `node tests/web/vite/build.mjs FOLDER`. In it are the small app of this folder,
// built by Vite, with its assets/; staysail/, the package as it is; pages/, which use it without a bundler; and wheels/,
// the runtime with its snapshot. Prints what Vite warned of.

import { cp, mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { installPackage, runtime, web } from "../installed.mjs";

const RUNTIME_FILES = [
  "pyodide.mjs",
  "pyodide.asm.mjs",
  "pyodide.asm.wasm",
  "python_stdlib.zip",
  "pyodide-lock.json",
  "staysail-snapshot.json",
];

const site = resolve(process.argv[2]);
const project = await installPackage();
try {
  await cp(fileURLToPath(new URL("app", import.meta.url)), project.folder, { recursive: true });
  const require = createRequire(join(web, "package.json"));
  const { build, createLogger } = await import(pathToFileURL(join(require.resolve("vite/package.json"), "../dist/node/index.js")).href);
  const warnings = [];
  const logger = { ...createLogger("silent"), warn: (text) => warnings.push(text), warnOnce: (text) => warnings.push(text) };
  await build({
    root: project.folder,
    configFile: false,
    customLogger: logger,
    build: { outDir: site, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
  await cp(join(project.folder, "node_modules/staysail"), join(site, "staysail"), { recursive: true });
  await cp(fileURLToPath(new URL("pages", import.meta.url)), join(site, "pages"), { recursive: true });
  await cp(fileURLToPath(new URL("app/main.js", import.meta.url)), join(site, "pages/main.js"));
  await mkdir(join(site, "wheels"));
  const snapshot = JSON.parse(await readFile(new URL("staysail-snapshot.json", runtime), "utf8")).file;
  for (const name of [...RUNTIME_FILES, snapshot]) await cp(new URL(name, runtime), join(site, "wheels", name));
  console.log(JSON.stringify({ warnings }));
} finally {
  await project.remove();
}
