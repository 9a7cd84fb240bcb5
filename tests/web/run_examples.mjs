// Runs examples one after another in one Python: node run_examples.mjs FILE ADDRESS [FILE ADDRESS]... Of each prints what it printed, NUL,
// what it threw, NUL.

import { boot, pythonTools } from "../../web/index.js";

await boot({ runtimeURL: new URL("../../wheels/", import.meta.url) });
const [point] = await pythonTools(`
import os
def point(url: str) -> None:
    os.environ["STAYSAIL_OPENAI_BASE_URL"] = url
`);

const told = process.argv.slice(2);
for (let at = 0; at < told.length; at += 2) {
  await point.execute({ url: told[at + 1] });
  process.env.SERVER_URL = told[at + 1];
  const error = await import(told[at]).then(
    () => "",
    (error) => error?.stack ?? String(error),
  );
  process.stdout.write(`\0${error}\0`);
}
