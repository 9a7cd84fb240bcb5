// Bundles the peers into bench/built/, where the page finds them: node bench/page/build.mjs

import { build } from "esbuild";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("./", import.meta.url));
const built = fileURLToPath(new URL("../built/", import.meta.url));
const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));

/**
 * The modules of a folder, each a bundle of its own.
 * @param {string} folder
 * @param {string} into below built/
 */
const bundles = async (folder, into) =>
  (await readdir(here + folder)).map((name) => ({ in: `${here}${folder}/${name}`, out: into + name.replace(/\.js$/, "") }));

await rm(built, { recursive: true, force: true });
await mkdir(built, { recursive: true });
await build({
  entryPoints: [...(await bundles("peers", "")), ...(await bundles("clients", "clients/"))],
  bundle: true,
  format: "esm",
  target: "esnext",
  outdir: built,
  publicPath: "/bench/built/",
  external: ["/bench/*", "/wheels/*", "/tests/*"],
  loader: { ".wasm": "file" },
  define: { "process.env.NODE_ENV": '"production"', "process.env": "{}" },
  nodePaths: [modules],
  plugins: [
    {
      // One of Orama's file formats is made for Node's streams; it is not used here.
      name: "no-streams",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^stream$/ }, ({ path }) => ({ path, namespace: "no-streams" }));
        onLoad({ filter: /./, namespace: "no-streams" }, () => ({ contents: "export class Transform {}" }));
      },
    },
  ],
  logLevel: "error",
});
// These look for their files beside themselves, or do not say where they are.
await cp(`${modules}sqlite-vec-wasm-demo/sqlite3.wasm`, `${built}sqlite3.wasm`);
for (const [name, folder] of [
  ["@electric-sql/pglite", "pglite"],
  ["@electric-sql/pglite-pgvector", "pgvector"],
  ["hnswlib-wasm", "hnswlib-wasm"],
]) {
  await cp(`${modules}${name}/dist`, `${built}${folder}`, { recursive: true, dereference: true });
}
