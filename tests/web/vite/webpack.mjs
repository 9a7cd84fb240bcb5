// Builds the small app of this folder with webpack, from the packed package, into FOLDER/webpack/: `node webpack.mjs FOLDER`. Prints what
// webpack warned of. Its module workers are classic ones in the bundle.

import { cp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { installPackage, web } from "../installed.mjs";

const site = resolve(process.argv[2]);
const project = await installPackage();
try {
  await cp(fileURLToPath(new URL("app", import.meta.url)), project.folder, { recursive: true });
  const webpack = createRequire(join(web, "package.json"))("webpack");
  const stats = await new Promise((done, fail) =>
    webpack(
      {
        mode: "production",
        context: project.folder,
        entry: "./main.js",
        output: { path: join(site, "webpack"), publicPath: "/webpack/", filename: "main.js" },
      },
      (error, result) => (error ? fail(error) : done(result)),
    ),
  );
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  await writeFile(
    join(site, "pages", "webpack.html"),
    '<!doctype html><title>webpack</title><staysail-chat></staysail-chat><script src="/webpack/main.js"></script>\n',
  );
  console.log(JSON.stringify({ errors: errors.map((item) => item.message), warnings: warnings.map((item) => item.message) }));
} finally {
  await project.remove();
}
