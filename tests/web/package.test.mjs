// The npm package as its users meet it: packed, installed into an empty project, imported, type-checked.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, posix, relative } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { installPackage, lend, output, runtime, web } from "./installed.mjs";
import { startProvider } from "./provider.mjs";

const ts = createRequire(join(web, "package.json"))("typescript");
const { build } = createRequire(join(web, "package.json"))("esbuild");
const here = fileURLToPath(new URL("./", import.meta.url));

/** @type {import("./installed.mjs").Project} */
let project;
let provider;
before(async () => {
  [project, provider] = await Promise.all([installPackage(), startProvider()]);
});
after(async () => {
  provider?.stop();
  await project?.remove();
});

const installed = (path = "") => join(project.folder, "node_modules/staysail", path);
const manifest = async () => JSON.parse(await readFile(installed("package.json"), "utf8"));

/** Every name a user may import: "staysail", "staysail/openai", … */
async function subpaths() {
  const { exports } = await manifest();
  const providers = (await readdir(installed("providers"))).map((name) => `staysail/${name.replace(/\.js$/, "")}`);
  const named = Object.keys(exports).filter((path) => !path.includes("*") && path !== "./package.json");
  return [...named.map((path) => posix.join("staysail", path)), ...providers];
}

/** The modules that a module imports as it loads. */
function statements(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/^(?:import|export)\b[^;"]*"(\.[^"]+)"/gm)].map(([, name]) => name);
}

/** What a module of its own prints, run by Node in the project. */
async function runModule(source, env = {}) {
  const file = join(project.folder, "program.mjs");
  await writeFile(file, source);
  return output(process.execPath, [file], { cwd: project.folder, env: { PATH: process.env.PATH, ...env } });
}

describe("the tarball", () => {
  test("holds modules, declarations, the Python wheel, and nothing else", async () => {
    const wanted =
      /^(package\.json|README\.md|LICENSE|[\w-]+\.js|jsx\.d\.ts|(ag-ui|agent|ai-sdk|assistant-ui|bridge|chat|element|element\/styles|keys|local|mcp-apps|models|providers|runtime|stores|toolfs)\/[\w-]+\.js|plugins\/[\w-]+\.m?js|sandbox\/[\w-]+\.(js|html|py)|mcp-apps\/[\w-]+\.html|vendor\/[\w.]+\.m?js|vendor\/(highlight|idb|noble-hashes|temml|wasi)\/([\w.]+\.m?js|LICENSE)|types\/.+\.d\.ts|wheel\/staysail-cp314\.whl)$/;
    assert.deepEqual(
      project.files.map(({ path }) => path).filter((path) => !path.startsWith("dist/") && !wanted.test(path)),
      [],
    );
    for (const path of [
      "README.md",
      "LICENSE",
      "index.js",
      "runtime/python-worker.js",
      "local/engine-worker.js",
      "wheel/staysail-cp314.whl",
      "dist/staysail.js",
      "dist/staysail-chat.js",
      "types/index.d.ts",
      "types/types.d.ts",
    ]) {
      assert.ok(
        project.files.some((file) => file.path === path),
        `${path} is missing`,
      );
    }
  });

  test("is small enough to be installed without a thought", (t) => {
    t.diagnostic(`${project.packedBytes} bytes packed, ${project.unpackedBytes} unpacked, ${project.files.length} files`);
    assert.ok(project.packedBytes < 3_600_000, `${project.packedBytes} bytes packed`);
  });

  test("holds every file that its modules import, and none imports from Node by name", async () => {
    const paths = new Set(project.files.map(({ path }) => path));
    const modules = [...paths].filter((path) => /^(?!dist\/).*\.m?js$/.test(path));
    for (const path of modules) {
      if (path === "vendor/highlight/highlight.min.js") continue; // its grammars hold such words; it imports nothing
      const source = (await readFile(installed(path), "utf8")).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      const names = [...source.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)"([^"]+)"/gm)].map(([, name]) => name);
      for (const name of names) {
        if (path === `${name}.js`) continue; // the entry of a framework imports it
        assert.match(name, /^\.{1,2}\//, `${path} imports "${name}", which a page without a bundler cannot resolve`);
        assert.ok(paths.has(posix.join(dirname(path), name)), `${path} imports "${name}", which is not in the package`);
      }
      for (const [, name] of source.matchAll(/new URL\("(\.{1,2}\/[^"]*\.\w+)", import\.meta\.url\)/g)) {
        assert.ok(paths.has(posix.join(dirname(path), name)), `${path} points at "${name}", which is not in the package`);
      }
    }
  });

  test("an agent loads no MCP client, no sandbox, no store, and no interpreter of its own thread", async () => {
    const seen = new Set();
    const load = async (path) => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const name of statements(await readFile(installed(path), "utf8"))) await load(posix.join(dirname(path), name));
    };
    await load("providers/openai.js");
    const heavy = [...seen].filter((path) =>
      /^(mcp\.js|(sandbox|plugins|local|toolfs|element)\/|stores\/indexed|runtime\/interpreter)/.test(path),
    );
    assert.deepEqual(heavy, []);
    assert.ok(seen.has("runtime/boot.js") && seen.size < 50, `${seen.size} modules`);
  });

  test("costs a page with an agent alone at most 25 kB of scripts, compressed, those of Python's worker included", async (t) => {
    const entry = join(project.folder, "agent-alone.mjs");
    await writeFile(entry, 'import { Agent } from "staysail/openai";\nglobalThis.agent = new Agent({ model: "m", apiKey: "k" });\n');
    const bundled = {
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      outdir: "out",
      write: false,
      metafile: true,
      logLevel: "error",
    };
    const bytes = async (file, start) => {
      const { metafile, outputFiles } = await build({ ...bundled, absWorkingDir: project.folder, entryPoints: [file] });
      const loaded = new Set();
      const load = (name) => {
        if (loaded.has(name)) return;
        loaded.add(name);
        for (const { path, kind } of metafile.outputs[name].imports) if (kind === "import-statement") load(path);
      };
      load(start);
      const sizes = outputFiles
        .filter(({ path }) => loaded.has(relative(project.folder, path)))
        .map(({ contents }) => gzipSync(contents).length);
      assert.equal(sizes.length, loaded.size);
      return sizes.reduce((sum, size) => sum + size);
    };
    const page = await bytes(entry, "out/agent-alone.js");
    const worker = await bytes(installed("runtime/python-worker.js"), "out/python-worker.js");
    t.diagnostic(`${page} bytes in the page, ${worker} in its worker`);
    assert.ok(page + worker <= 25_000, `${page} bytes in the page, ${worker} in its worker`);
  });

  test("carries the licence of the project", async () => {
    assert.equal(await readFile(installed("LICENSE"), "utf8"), await readFile(join(web, "../LICENSE"), "utf8"));
  });

  test("each subpath has declarations", async () => {
    const { exports } = await manifest();
    const names = new Set(project.files.map(({ path }) => path));
    for (const [path, entry] of Object.entries(exports).filter(([path]) => path !== "./package.json")) {
      assert.equal(Object.keys(entry)[0], "types", `"types" of ${path} must come first to be found`);
    }
    for (const name of await subpaths()) {
      const key = name.replace(/^staysail\/?/, "./").replace(/^\.\/$/, ".");
      const { types, default: module } =
        exports[key] ?? Object.fromEntries(Object.entries(exports["./*"]).map(([k, path]) => [k, path.replace("*", key.slice(2))]));
      for (const file of [types, module]) assert.ok(names.has(posix.normalize(file)), `${name}: ${file} is missing`);
    }
  });
});

describe("in Node", () => {
  test("an agent answers, with the runtime where runtimeURL says", async () => {
    const box = await provider.box({ text: "Hello from afar." });
    const told = await runModule(`
      import { boot } from "staysail";
      import { Agent } from "staysail/openai";
      await boot({ runtimeURL: ${JSON.stringify(runtime)} });
      console.log(await new Agent({ apiKey: "k", model: "gpt-4o", baseURL: ${JSON.stringify(box.url)} }).prompt("Hello"));
    `);
    assert.equal(told.trim(), "Hello from afar.");
  });

  test("every subpath is imported, as a server that renders pages does it, and fixes its provider", async () => {
    const names = (await subpaths()).filter((name) => !["staysail/react", "staysail/vue"].includes(name)); // which need their frameworks
    assert.ok(names.length > 25, names.join());
    const told = JSON.parse(
      await runModule(`
      const found = {};
      for (const name of ${JSON.stringify(names)}) found[name] = Object.entries(await import(name)).map(([key, value]) => [key, value?.provider ?? null]);
      console.log(JSON.stringify(found));
    `),
    );
    for (const file of await readdir(installed("providers"))) {
      const name = file.replace(/\.js$/, "");
      const fixed = Object.fromEntries(told[`staysail/${name}`]);
      const classes = Object.entries(fixed).filter(([key]) => /^[A-Z]/.test(key));
      assert.ok(classes.length, `staysail/${name} exports no class`);
      for (const [key, provider] of classes)
        assert.ok(provider?.startsWith(name), `${key} of staysail/${name} has the provider ${provider}`);
    }
  });

  test("without Pyodide, the error says how to get it", async () => {
    const told = await runModule(`
      import { Agent } from "staysail/openai";
      await new Agent({ apiKey: "k", model: "m" }).prompt("Hello").catch((error) => console.log(error.name, error.message));
    `);
    assert.match(told, /^InterpreterError .*npm install pyodide/);
  });

  test("with the package pyodide beside it, nothing has to be said", async () => {
    await lend(project.folder, ["pyodide", "ws"]);
    const box = await provider.box({ text: "Hello again." });
    const told = await runModule(
      `
      import { Agent } from "staysail/openai";
      console.log(await new Agent({ apiKey: "k", model: "gpt-4o" }).prompt("Hello"));
    `,
      { STAYSAIL_OPENAI_BASE_URL: box.url },
    );
    assert.equal(told.trim(), "Hello again.");
  });
});

describe("in TypeScript", () => {
  before(async () => {
    await lend(project.folder, ["zod", "valibot", "@types/node", "undici-types"]);
    await cp(join(here, "types"), project.folder, { recursive: true });
    await mkdir(join(project.folder, "seeds"), { recursive: true });
    await cp(join(here, "seeds"), join(project.folder, "seeds"), { recursive: true });
  });

  // What TypeScript, zod and valibot declare is theirs to be in order, and takes longer than all of ours.
  const libraries = new Map();

  /** Checks a project's own files and, if so told, our declarations as they are installed. */
  function check(config, more = {}, declarations = true) {
    const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(join(project.folder, config), more, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: assert.fail,
    });
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile;
    host.getSourceFile = (name, ...rest) => {
      if (!name.startsWith(ts.getDirectoryPath(ts.getDefaultLibFilePath(options)))) return read(name, ...rest);
      if (!libraries.has(name)) libraries.set(name, read(name, ...rest));
      return libraries.get(name);
    };
    const program = ts.createProgram(fileNames, options, host);
    const [declared, own] = ["node_modules/staysail/", ""].map((path) =>
      program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(join(project.folder, path))),
    );
    assert.ok(declared.length > 10 && own.length > declared.length, `${own.length} files, ${declared.length} of them ours`);
    const checked = declarations ? own : own.filter((file) => !declared.includes(file));
    const found = [
      ...errors,
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ];
    assert.equal(
      ts.formatDiagnostics(found, {
        getCurrentDirectory: () => project.folder,
        getCanonicalFileName: (name) => name,
        getNewLine: () => "\n",
      }),
      "",
    );
  }

  test("the sample project is clean as bundlers resolve modules", () => check("tsconfig.json"));

  test("and as Node does", () =>
    check("tsconfig.json", { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }));

  test("the programs written for rig-wasm are clean as they stand", () => check("tsconfig.seeds.json", {}, false));
});

describe("dist/", () => {
  test("has every file that its modules point at, and their hashes", async () => {
    const names = new Set((await readdir(installed("dist"))).map((name) => name));
    const { version, integrity } = JSON.parse(await readFile(installed("dist/integrity.json"), "utf8"));
    assert.equal(version, (await manifest()).version);
    for (const name of [...names].filter((name) => name.endsWith(".js"))) {
      const source = await readFile(installed(`dist/${name}`), "utf8");
      for (const [, path] of source.matchAll(/new URL\("\.\/([\w.-]+)",\s*import\.meta\.url\)/g))
        assert.ok(names.has(path), `${name} points at ${path}`);
      assert.ok(name === "sandbox-worker.js" || names.has(`${name}.map`), `${name} has no map`);
      assert.equal(integrity[name], `sha384-${createHash("sha384").update(source).digest("base64")}`);
    }
  });
});
