// Bundles the app into bench/built/app/ by Vite, with its worker and the wheel: node bench/page/app/build.mjs

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { build } = await import(pathToFileURL(join(dirname(require.resolve("vite/package.json")), "dist/node/index.js")).href);
await build({
  root: fileURLToPath(new URL("../../../", import.meta.url)),
  base: "/bench/built/app/",
  configFile: false,
  logLevel: "error",
  worker: { format: "es" },
  build: {
    outDir: fileURLToPath(new URL("../../built/app/", import.meta.url)),
    emptyOutDir: true,
    modulePreload: false,
    rollupOptions: {
      input: fileURLToPath(new URL("app.js", import.meta.url)),
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "app.js" },
    },
  },
});
