// Writes web/types/: the declarations of the npm package, generated from the JSDoc of its modules. Only what can be
// reached from package.json's `exports` stays. Run by `npm pack`; by hand: `cd web && npm run types`.

import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("../web/", import.meta.url));
const types = join(web, "types");
const ts = createRequire(join(web, "package.json"))("typescript");

/** Modules whose types are importable from the package's root too. */
const TYPES = ["./types.js", "./mcp.js"];

/**
 * `Agent` of the package's root, whose constructor asks for the provider in a model's name. In the sources, and in the reference, it is the
 * class itself.
 */
const ROOT_AGENT = `import { Agent as AnyAgent } from "./agent/agent.js";
export type Agent<S extends import("./types.js").Schema | undefined = undefined> = AnyAgent<S>;
/** An agent: a model, tools and settings. It holds no conversation and no resource that must be released. */
export declare const Agent: import("./types.js").RootAgent;
`;

const { options, fileNames, errors } = readSettings();
complain(errors);
if (isFresh()) process.exit();
rmSync(types, { recursive: true, force: true });
const program = ts.createProgram(fileNames, options);
complain(program.emit().diagnostics); // whether the modules themselves are in order is `make check`'s to say
for (const file of fileNames.filter((name) => name.endsWith(".d.ts"))) copyWritten(file);
askForProvider(join(types, "index.d.ts"));
for (const file of filesIn(types)) nameLibraries(file);
const kept = reached();
for (const file of filesIn(types)) if (!kept.has(file)) rmSync(file);

function readSettings() {
  const file = join(web, "tsconfig.types.json");
  return ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, web, undefined, file);
}

/** Whether nothing was edited since the last time. */
function isFresh() {
  const mark = join(types, "index.d.ts");
  if (!existsSync(mark)) return false;
  const sources = [...fileNames, join(web, "package.json"), join(web, "tsconfig.types.json"), fileURLToPath(import.meta.url)];
  const last = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  return statSync(mark).mtimeMs >= last;
}

/** What was written by hand, which tsc only reads. */
function copyWritten(file) {
  const target = join(types, relative(web, file));
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(file, target);
}

function askForProvider(file) {
  const source = readFileSync(file, "utf8");
  const line = 'export { Agent } from "./agent/agent.js";\n';
  if (!source.includes(line)) throw new Error("the root exports Agent in another way: see ROOT_AGENT");
  writeFileSync(file, source.replace(line, ROOT_AGENT));
}

/** Names the library of a symbol that ES2022, which most projects compile for, does not have. */
function nameLibraries(file) {
  const source = readFileSync(file, "utf8");
  if (file === join(types, "index.d.ts")) appendFileSync(file, `${TYPES.map((path) => `export type * from "${path}";`).join("\n")}\n`);
  if (source.includes("Symbol.asyncDispose")) writeFileSync(file, `/// <reference lib="esnext.disposable" />\n${source}`);
}

/** The declarations that a program sees which imports every subpath. @returns {Set<string>} */
function reached() {
  const { exports } = JSON.parse(readFileSync(join(web, "package.json"), "utf8"));
  const entries = Object.values(exports).flatMap((entry) => {
    const path = resolve(web, entry.types ?? "");
    if (!path.startsWith(types)) return []; // written by hand, for a framework that is not installed here
    return path.includes("*") ? filesIn(dirname(path)) : [path];
  });
  const checked = ts.createProgram(entries, { ...options, noEmit: true, skipLibCheck: false, skipDefaultLibCheck: true });
  complain(ts.getPreEmitDiagnostics(checked));
  return new Set(
    checked
      .getSourceFiles()
      .map(({ fileName }) => resolve(fileName))
      .filter((file) => file.startsWith(types)),
  );
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function complain(diagnostics) {
  if (!diagnostics.length) return;
  console.error(
    ts.formatDiagnostics(diagnostics, { getCurrentDirectory: () => web, getCanonicalFileName: (name) => name, getNewLine: () => "\n" }),
  );
  process.exit(1);
}
