// Builds an example with Vite: node build_example.mjs EXAMPLE MODULES FOLDER. Packages are those of MODULES/node_modules.
// React is its development build, so that StrictMode mounts twice.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const [example, modules, folder] = process.argv.slice(2);
const root = fileURLToPath(new URL("../../", import.meta.url));
const { build } = await import(createRequire(`${root}web/package.json`).resolve("vite").replace("index.cjs", "dist/node/index.js"));
const ours = (/** @type {string} */ path) => `${root}web/${path}`;

await build({
  root: `${root}examples/frameworks/${example}`,
  configFile: false,
  logLevel: "error",
  mode: "development",
  define: { "process.env.NODE_ENV": '"development"' },
  esbuild: { jsx: "automatic", jsxDev: false },
  worker: { format: "es" },
  plugins: [
    {
      name: "packages-of-the-example",
      enforce: "pre",
      resolveId(id, importer) {
        if (!/^[@\w]/.test(id) || !importer?.includes("/examples/frameworks/")) return undefined;
        return this.resolve(id, `${root}${modules}/package.json`, { skipSelf: true });
      },
    },
  ],
  resolve: {
    alias: [
      { find: /^staysail$/, replacement: ours("index.js") },
      { find: /^staysail\/(ai-sdk|ag-ui|assistant-ui|react|vue|svelte|chat)$/, replacement: ours("$1.js") },
      { find: /^staysail\/(\w+)$/, replacement: ours("providers/$1.js") },
      { find: /^(ai|react|react-dom|vue|svelte|@ai-sdk\/react)(\/.*)?$/, replacement: `${root}${modules}/node_modules/$1$2` },
    ],
  },
  build: { outDir: folder, emptyOutDir: true, minify: false, target: "esnext" },
});
